"""Asking the community for help with one question of an application, paid from the wave's fund."""

import logging
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accelerator.actions.locking import locked
from accelerator.actions.purses import close_purse, open_purse
from accelerator.models import Application, Question, QuestionHelp
from accelerator.queries import helping as queries
from accelerator.rules import apply as apply_rules
from accelerator.rules import helping as rules
from audit.actions import record
from people.rules import check_may_act
from timebank.actions import purposes
from timebank.actions.listings import post_listing
from ui.errors import DomainError, Invalid, Missing, NotAllowed

log = logging.getLogger(__name__)

PURPOSE = "application"  # the kind of purpose that the hours are for
WORKING_DAYS = 2  # without a helper; then a broker looks


@transaction.atomic
def ask(*, by: Any, application: Application, question: Question, skill: Any, minutes: int) -> QuestionHelp:
    """Posts a request for help with one question: it shows the skill and the question, never the answer. `skill` None: by
    the kinds of help that the application needs. `minutes` (30 or 60) go from the wave's fund into a purse that pays for
    it. One open request a question: a second click finds it; once somebody has helped, there may be another.

    Raises NotAllowed (not the lead, may not act), Missing (no such question), Invalid (minutes), DomainError (no draft
    that can be sent, no fund, too little in it, three open requests already)."""
    check_may_act(by)
    application = locked(by, application.pk)
    if not apply_rules.is_lead(by, application):
        raise NotAllowed(_("Only the person who leads this application can ask for help with it."))
    wave = application.wave
    if wave is None or question.question_set_id != wave.question_set_id or not rules.may_be_asked(question):
        raise Missing(_("There is no such question."))
    open_ones = QuestionHelp.objects.filter(application=application, ended_at=None)
    first = open_ones.filter(question=question).select_related("application__wave", "pot").first()
    if first is not None:
        if (
            rules.standing(queries.states_of([first])[first.pk], on_board=True, with_broker=False)
            != rules.Standing.HELPED
        ):
            return first
        _end(first, by, _("Your time helped somebody to say what they mean. Thank you."))
    now = timezone.now()
    if application.state != Application.State.DRAFT or application.closes is None or now >= application.closes:
        raise DomainError(_("This application cannot be changed any more, so help with it would come too late."))
    if minutes not in rules.MINUTES:
        raise Invalid(_("Choose half an hour or an hour."), field="minutes")
    if open_ones.count() >= rules.MOST_OPEN:
        raise DomainError(_("You have three requests open. Take one back, or wait until one is answered."))
    skills = [skill] if skill is not None else queries.branches_for(application)
    pot = open_purse(by=by, wave=wave, name=_("An idea for %(wave)s") % {"wave": wave.name}, minutes=minutes)
    listing = post_listing(
        by=by,
        kind="request",
        title=_("Help with a question: %(question)s") % {"question": question.short},
        description=_(
            "Somebody with an idea would like help to answer one question of their application:\n\n“%(text)s”\n\n%(guidance)s\n\n"
            "Once you have agreed, you read the question and their draft. You see nothing else of it."
        )
        % {"text": question.text, "guidance": question.guidance},
        skills=skills,
        pot=pot,
        purpose=purposes.create(kind=PURPOSE, label=_("One question of an application"), skills=skills),
        minutes=minutes,
        key=f"question-help:{pot.pk}",
    )
    asked = QuestionHelp.objects.create(application=application, question=question, listing=listing, pot=pot)
    record(
        by=by, verb="accelerator.question.help_asked", obj=application, question=question.key, listing=str(listing.pk)
    )
    return asked


@transaction.atomic
def take_back(*, by: Any, asked: QuestionHelp) -> QuestionHelp:
    """Takes a request back: it leaves the board, offers are declined, and the fund has its hours again. A second click
    changes nothing. Raises Missing, NotAllowed, and DomainError while somebody is helping."""
    application = locked(by, asked.application_id)
    if not apply_rules.is_lead(by, application):
        raise NotAllowed(_("Only the person who leads this application can take this back."))
    fresh = QuestionHelp.objects.select_for_update(of=("self",)).get(pk=asked.pk, application=application)
    if fresh.ended_at is None:
        if rules.HELPING & set(queries.states_of([fresh])[fresh.pk]):
            raise DomainError(_("Somebody has agreed to help you. Write to them, or cancel it on its own page."))
        _end(fresh, by, _("The question was answered without help in the end. Thank you for looking."))
        record(by=by, verb="accelerator.question.help_taken_back", obj=application, question=fresh.question.key)
    return fresh


def _end(asked: QuestionHelp, by: Any, words: str) -> None:
    """Closes the request and its purse; what is left goes back to the fund. `by` is the lead, or None for the platform.
    Raises DomainError while hours are promised."""
    wave = asked.application.wave
    assert wave is not None  # it had one when help was asked for, and keeps it
    close_purse(by=by, wave=wave, purse=asked.pot, words=words)
    asked.ended_at = timezone.now()
    asked.save(update_fields=["ended_at"])


def end_all(application: Application, *, by: Any = None) -> None:
    """Ends every open request of an application that is on its way out of its writer's hands (`by` its lead; None is the
    platform). One that somebody is
    helping with goes on, unread, and is ended by the sweep once the hours are settled."""
    for asked in queries.open_requests().filter(application=application):
        if not rules.HELPING & set(queries.states_of([asked])[asked.pk]):
            _end(asked, by, _("The application has been finished. Thank you for looking."))


def sweep() -> int:
    """Ends the requests that have nothing left to wait for: help given, off the board, call closed. Returns how many.
    Harmless to repeat; one that cannot end yet is tried again the next time."""
    ended = 0
    rows = list(queries.open_requests())
    states = queries.states_of(rows)
    for asked in rows:
        on_board, now = asked.listing.state == "open", timezone.now()
        if not rules.is_over(states[asked.pk], asked.application, on_board=on_board, now=now):
            continue
        try:
            with transaction.atomic():
                fresh = queries.open_requests().select_for_update(of=("self",)).filter(pk=asked.pk).first()
                if fresh is not None:
                    _end(fresh, None, _("Your time helped somebody to say what they mean. Thank you."))
                    ended += 1
        except DomainError:
            log.info("help with a question %s cannot be ended yet", asked.pk)
    return ended
