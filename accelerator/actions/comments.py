"""What those who work on an application say to one another about its answers."""

from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accelerator.actions.locking import locked
from accelerator.models import AnswerComment, Application, Question
from accelerator.rules import apply as rules
from audit.actions import record
from notifications.actions import notify_each
from people.rules import check_may_act
from ui.errors import DomainError, Invalid, Missing, NotAllowed

LONGEST = 2000  # characters


@transaction.atomic
def say(*, by: Any, application: Application, question: Question, text: str, key: str) -> AnswerComment:
    """Says something about one answer of a draft; the others who work on it are told that there is something, and not what.
    A second click writes nothing. Raises Missing, NotAllowed, Invalid (text), DomainError for what is no draft any more."""
    check_may_act(by)
    application = locked(by, application.pk, edit=False)
    co_applicants = list(application.co_applicants.select_related("user"))
    if not rules.may_comment(by, application, co_applicants):
        raise NotAllowed(_("You can read this application. Ask its lead if you want to say something about it."))
    if application.wave is None or question.question_set_id != application.wave.question_set_id:
        raise Missing(_("This application has no such question."))
    if application.state != Application.State.DRAFT:
        raise DomainError(_("This application is no draft any more, so there is nothing to change in it."))
    text = text.strip()
    if not text:
        raise Invalid(_("Write what you want to say."), field="text")
    if len(text) > LONGEST:
        raise Invalid(_("Shorten it to %(limit)d characters.") % {"limit": LONGEST}, field="text")
    if first := AnswerComment.objects.filter(author=by, key=key).first():
        return first
    comment = AnswerComment.objects.create(application=application, question=question, author=by, text=text, key=key)
    record(by=by, verb="accelerator.answer.commented", obj=application, question=question.key)
    others = [application.lead, *(co.user for co in co_applicants if co.accepted_at)]
    notify_each(
        people=[person for person in others if person.pk != by.pk and person.is_present],
        kind="application_comment",
        key=f"application_comment:{comment.pk}",
        subject=_("%(name)s said something about “%(question)s”") % {"name": by.name, "question": question.short},
        template="accelerator/letters/comment",
        context={"name": by.name, "question": question.short},
        url=reverse("accelerator:comments", args=[application.pk, question.key]),
    )
    return comment


@transaction.atomic
def take_away(*, by: Any, application: Application, comment_id: Any) -> None:
    """Takes a comment away: its author, or the lead who has dealt with it. A second click changes nothing. Raises Missing,
    NotAllowed."""
    check_may_act(by)
    application = locked(by, application.pk, edit=False)
    comment = AnswerComment.objects.filter(application=application, pk=comment_id).first()
    if comment is None:
        return
    if by.pk not in (comment.author_id, application.lead_id):
        raise NotAllowed(_("Only who wrote it, or the lead, can take it away."))
    comment.delete()
