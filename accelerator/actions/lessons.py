"""The learning log: writing down what was learnt, answering it, and taking it off the page."""

from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

import audit.actions
from accelerator.models import Lesson, Programme, Wave
from accelerator.queries import lessons as queries
from accelerator.rules import lessons as rules
from notifications.actions import notify, withdraw_copies
from people.rules import check_may_act
from ui.errors import DomainError, Invalid, Missing, NotAllowed

State = Lesson.Answer


@transaction.atomic
def add(*, by: Any, text: str, key: str, programme: Programme | None = None, wave: Wave | None = None) -> Lesson:
    """Adds an item to the log, for a wave, a programme or all. The same key again finds the first one. Raises NotAllowed,
    Invalid (text)."""
    check_may_act(by)
    if first := Lesson.objects.filter(by=by, key=key).first():
        return first
    text = text.strip()
    if not 0 < len(text) <= rules.LONGEST:
        raise Invalid(_("Say what you learnt, in up to %(most)d characters.") % {"most": rules.LONGEST}, field="text")
    if Lesson.objects.filter(by=by, answer=State.WAITING).count() >= rules.MOST_WAITING:
        raise Invalid(
            _("%(most)d items of yours wait for an answer. Let us answer those first.") % {"most": rules.MOST_WAITING},
            field="text",
        )
    made = Lesson.objects.create(by=by, key=key, text=text, wave=wave, programme=wave.programme if wave else programme)
    audit.actions.record(by=by, verb="accelerator.lesson.added", obj=made)
    return made


def _locked(lesson: Lesson) -> Lesson:
    found = Lesson.objects.select_for_update(of=("self",)).select_related("by").filter(pk=lesson.pk).first()
    if found is None:
        raise Missing(_("There is no such item in the log."))
    return found


def _answerable(by: Any, lesson: Lesson) -> Lesson:
    """An item, locked, for those who may answer it. Raises NotAllowed."""
    found = _locked(lesson)
    if not queries.may_answer(by, found):
        raise NotAllowed(_("Only those who run this programme can answer."))
    return found


@transaction.atomic
def answer(*, by: Any, lesson: Lesson, answer: str, reason: str) -> Lesson:
    """Answers an item: adopted (what changes), tried (what happened) or declined, always with a reason, which everybody
    reads; the writer is told. It can be answered anew, as when something was tried and is adopted then. The same answer
    again changes nothing. Raises NotAllowed, Invalid (answer, reason), DomainError for what was taken off the page."""
    found = _answerable(by, lesson)
    if found.answer == State.REMOVED:
        raise DomainError(_("This was taken off the page, so there is nothing to answer."))
    if answer not in rules.ANSWERS:
        raise Invalid(_("Choose an answer."), field="answer")
    reason = reason.strip()
    if not 0 < len(reason) <= rules.LONGEST_REASON:
        raise Invalid(
            _("%(ask)s, in up to %(most)d characters. Everybody reads it.")
            % {"ask": rules.ASKS[answer], "most": rules.LONGEST_REASON},
            field="reason",
        )
    if (found.answer, found.reason) == (answer, reason):
        return found
    before, found.answer, found.reason = found.answer, answer, reason
    found.answered_by, found.answered_at = by, timezone.now()
    found.save(update_fields=["answer", "reason", "answered_by", "answered_at"])
    audit.actions.record(by=by, verb="accelerator.lesson.answered", obj=found, answer=answer, before=before)
    _tell(by, found, _("Your learning: %(answer)s") % {"answer": found.get_answer_display().lower()})
    return found


@transaction.atomic
def take_back(*, by: Any, lesson: Lesson) -> Lesson:
    """Takes one's own item back while nobody has answered it. A second click changes nothing. Raises Missing for anybody
    else's, DomainError once it is answered."""
    found = _locked(lesson)
    if found.by_id != by.pk:
        raise Missing(_("There is no such item in the log."))
    if found.answer == State.REMOVED:
        return found
    if found.answer != State.WAITING:
        raise DomainError(_("This has been answered, so it stays in the log."))
    _off_the_page(by, found)
    return found


@transaction.atomic
def remove(*, by: Any, lesson: Lesson, reason: str) -> Lesson:
    """Takes an item off the page, words and all, as where it identifies a patient; the writer is told why. A second click
    changes nothing. Raises NotAllowed, Invalid (reason)."""
    found = _answerable(by, lesson)
    if found.answer == State.REMOVED:
        return found
    reason = reason.strip()
    if not 0 < len(reason) <= rules.LONGEST_REASON:
        raise Invalid(
            _("Say why, in up to %(most)d characters. The writer reads it.") % {"most": rules.LONGEST_REASON},
            field="reason",
        )
    words = found.text
    _off_the_page(by, found, reason)
    withdraw_copies(quoting=[words], about=str(found.pk), subject=_("A message that was taken back"))
    _tell(by, found, _("Your learning was taken off the page"))
    return found


def _off_the_page(by: Any, found: Lesson, reason: str = "") -> None:
    found.text, found.answer, found.reason = "", State.REMOVED, reason
    found.answered_by, found.answered_at = by, timezone.now()
    found.save(update_fields=["text", "answer", "reason", "answered_by", "answered_at"])
    audit.actions.record(by=by, verb="accelerator.lesson.removed", obj=found, own=found.by_id == by.pk)


def _tell(by: Any, found: Lesson, subject: str) -> None:
    if found.by_id == by.pk:
        return
    assert found.answered_at is not None  # it has just been answered
    shown = found.answer != State.REMOVED
    notify(
        to=found.by,
        kind="lesson_answered",
        key=f"lesson_answered:{found.pk}:{found.answered_at.isoformat()}",
        subject=subject,
        template="accelerator/mail/lesson_answered",
        context={"text": found.text, "answer": found.answer, "reason": found.reason},
        url=reverse("accelerator:lesson", args=[found.pk]) if shown else reverse("accelerator:learning"),
    )
