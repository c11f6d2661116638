"""Taking away what identifies a patient: out of the pages, the exports and the mails at once, and for good after a week."""

from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accelerator.actions import copies, quoting
from accelerator.models import (
    Answer,
    AnswerComment,
    Application,
    KeptText,
    PatientFlag,
    Question,
    Upload,
)
from accelerator.models.quarantine import Flag
from accelerator.queries import quarantine as queries
from accelerator.rules import quarantine as rules
from audit.actions import record
from notifications.actions import notify, notify_each, withdraw_copies
from people.actions import safety
from ui.errors import DomainError, Invalid, Missing, NotAllowed

LONGEST_NOTE = 300  # characters
SENTENCE = "sentence"  # the answer that mails and lists quote
State = PatientFlag.State


@transaction.atomic
def flag(*, by: Any, application: Application, question: Question, note: str = "") -> PatientFlag:
    """Says that an answer, or its file, may identify a patient; its wave's managers and the safeguarding leads are told.
    Whoever may read the page may say so: who that is, the caller has asked. A second click, or another reader, finds the
    first. Raises Missing for what can name nobody, Invalid (note)."""
    if not rules.may_be_flagged(question):
        raise Missing(_("There is no such answer."))
    if len(note) > LONGEST_NOTE:
        raise Invalid(_("Use at most %(n)d characters.") % {"n": LONGEST_NOTE}, field="note")
    application = _locked(application.pk)
    standing = PatientFlag.objects.filter(application=application, question=question, state=State.OPEN).first()
    if standing is not None:
        return standing
    made = PatientFlag.objects.create(application=application, question=question, flagged_by=by, note=note.strip())
    made.refresh_from_db()
    record(by=by, verb="accelerator.patient.flagged", obj=application, question=question.key)
    notify_each(
        people=queries.keepers(application),
        kind="patient_flag",
        key=f"patient_flag:{made.pk}",
        subject=_("Somebody may be named in an application"),
        template="accelerator/letters/patient_flag",
        context={"reference": application.reference},
        url=reverse("accelerator:patient_flags"),
    )
    return made


def _locked(application_id: Any) -> Application:
    rows = Application.objects.select_for_update(of=("self",)).select_related("wave", "lead")
    return rows.get(pk=application_id)


def _decided(by: Any, flagged: PatientFlag) -> tuple[Application, PatientFlag]:
    """The application and the flag, locked, for somebody who may decide. Raises NotAllowed."""
    application = _locked(flagged.application_id)
    fresh = PatientFlag.objects.select_for_update(of=("self",)).select_related("question").get(pk=flagged.pk)
    if not queries.may_decide(by, application):
        raise NotAllowed(_("Only a portfolio manager of this wave or a safeguarding lead can decide this."))
    return application, fresh


def to_state(flagged: Flag, state: str, by: Any) -> None:
    """Writes down what was decided about a flag, with what is kept of what was taken away."""
    flagged.state, flagged.decided_by, flagged.decided_at = state, by, timezone.now()
    flagged.save(update_fields=["state", "decided_by", "decided_at", "original", "note"])


@transaction.atomic
def dismiss(*, by: Any, flagged: PatientFlag) -> PatientFlag:
    """Says that the answer identifies nobody: it stays. A second click changes nothing. Raises NotAllowed, DomainError."""
    application, fresh = _decided(by, flagged)
    if fresh.state == State.FINE:
        return fresh
    if fresh.state != State.OPEN:
        raise DomainError(_("This has been taken away already."))
    fresh.note = ""
    to_state(fresh, State.FINE, by)
    record(by=by, verb="accelerator.patient.dismissed", obj=application, question=fresh.question.key)
    return fresh


@transaction.atomic
def quarantine(*, by: Any, flagged: PatientFlag) -> PatientFlag:
    """Takes an answer, or its file, away: from every page and export, from what was kept beside it, from the messages
    and letters that quote it, from what reports keep of these. It is kept out of reach for 7 days, then deleted. The
    writer is told, and may write it again. A second click changes nothing. Raises NotAllowed, DomainError where it was
    found to name nobody."""
    application, fresh = _decided(by, flagged)
    if fresh.state == State.TAKEN:
        return fresh
    if fresh.state != State.OPEN:
        raise DomainError(_("This was found to identify nobody. Flag it again if that is wrong."))
    question = fresh.question
    answer = Answer.objects.select_for_update().filter(application=application, question=question).first()
    uploads = list(
        Upload.objects.select_for_update()
        .filter(application=application, question=question, removed_at=None)
        .order_by("pk")
    )
    kept = KeptText.objects.filter(application=application, question=question)
    fresh.original = {
        "value": answer.value if answer else None,
        "redacted": answer.redacted if answer else None,
        "uploads": [str(upload.pk) for upload in uploads],
    }
    words = [text for text in [answer.value if answer else "", *(one.value for one in kept)] if isinstance(text, str)]
    kept.delete()
    comments = AnswerComment.objects.filter(application=application, question=question)
    safety.reword(by=by, reword=lambda _text: "", things=[("comment", comment.pk) for comment in comments])
    comments.delete()
    for upload in uploads:
        copies.take_away(upload, for_good=False)
    if answer is not None:
        answer.value, answer.redacted, answer.page, answer.version = "", None, "", answer.version + 1
        answer.save(update_fields=["value", "redacted", "page", "version"])
    _flag_where_it_went_along(by, application, fresh)
    fresh.original |= {"copies": _take_copies_away(by, application, question, words)}
    to_state(fresh, State.TAKEN, by)
    record(by=by, verb="accelerator.patient.quarantined", obj=application, question=question.key)
    notify(
        to=application.lead,
        kind="patient_taken_away",
        key=f"patient_taken_away:{fresh.pk}",
        subject=_("Please write one of your answers again"),
        template="accelerator/letters/patient_taken_away",
        context={"question": question.short, "is_file": question.kind == "file", "days": rules.KEPT.days},
        url=reverse("accelerator:question", args=[application.pk, question.key]),
    )
    return fresh


def _flag_where_it_went_along(by: Any, application: Application, flagged: PatientFlag) -> None:
    """An idea that was brought to another call took its answers and files along: where the same stands there, it is flagged
    too, to be looked at in its own right."""
    assert flagged.original is not None  # what is being taken
    others, question = queries.relatives(application), flagged.question
    value = flagged.original["value"]
    alike = Answer.objects.filter(application__in=others, question__key=question.key)
    same = alike.filter(value=value) if value else alike.none()
    files = Upload.objects.filter(pk__in=flagged.original["uploads"]).values("name", "size")
    copied = Upload.objects.filter(application__in=others, question__key=question.key, removed_at=None)
    found: list[Answer | Upload] = list(same.select_related("application", "question"))
    for file in files:
        found += copied.filter(**file).select_related("application", "question")
    for one in {(one.application_id, one.question_id): one for one in found}.values():
        flag(by=by, application=one.application, question=one.question)


def _take_copies_away(by: Any, application: Application, question: Question, words: list[str]) -> list[list[str]]:
    """Out of what quotes the answer: the sentence at the head, what others wrote of it, the innovation it became and its
    pot, the letter, and every message. Returns what is needed to put it back."""
    words = [text.strip() for text in words if text.strip()]
    if question.key == SENTENCE:
        words = [*words, application.sentence] if application.sentence else words
        application.sentence = ""
        application.save(update_fields=["sentence"])
    quotes = quoting.take_out(by=by, application=application, words=words)
    withdraw_copies(
        quoting=words,
        about=str(application.pk),
        all_about=question.key == SENTENCE,
        subject=_("A message that was taken back"),
    )
    return quotes


@transaction.atomic
def restore(*, by: Any, flagged: PatientFlag) -> PatientFlag:
    """Gives back what was taken away by mistake, within 7 days, also where others quoted it; messages that did stay empty.
    A second click changes nothing. Raises NotAllowed, DomainError where it is deleted, or its writer has written again."""
    application, fresh = _decided(by, flagged)
    if fresh.state == State.RESTORED:
        return fresh
    if fresh.original is None or not rules.can_be_undone(fresh.state, fresh.decided_at, timezone.now()):
        raise DomainError(_("It has been deleted, so it cannot be given back."))
    original, question = fresh.original, fresh.question
    answer = Answer.objects.select_for_update().filter(application=application, question=question).first()
    if answer is not None and answer.value:
        raise DomainError(_("The answer has been written again. Theirs stays."))
    if question.kind == Question.Kind.FILE and application.uploads.filter(question=question, removed_at=None).exists():
        raise DomainError(_("They have sent another file. Theirs stays."))
    if answer is not None:
        answer.value, answer.redacted = original["value"], original["redacted"]
        answer.version += 1
        answer.save(update_fields=["value", "redacted", "version"])
        if question.key == SENTENCE:
            application.sentence = str(original["value"])[:300]
            application.save(update_fields=["sentence"])
    for upload in Upload.objects.select_for_update().filter(pk__in=original["uploads"]).order_by("pk"):
        copies.give_back(upload)
    quoting.put_back(by=by, application=application, copies=original["copies"])
    fresh.original, fresh.note = None, ""
    to_state(fresh, State.RESTORED, by)
    record(by=by, verb="accelerator.patient.restored", obj=application, question=question.key)
    notify(
        to=application.lead,
        kind="patient_taken_away",
        key=f"patient_given_back:{fresh.pk}",
        subject=_("Your answer is back"),
        template="accelerator/letters/patient_given_back",
        context={"question": question.short},
        url=reverse("accelerator:application", args=[application.pk]),
    )
    return fresh


def purge_taken() -> int:
    """Deletes for good what was taken away more than 7 days ago, text and files. Returns how many."""
    over = PatientFlag.objects.past_undoing(timezone.now()).order_by("id")
    return sum(_purge(flagged.pk) for flagged in over)


@transaction.atomic
def _purge(flag_id: Any) -> int:
    flagged = PatientFlag.objects.select_for_update(of=("self",)).filter(pk=flag_id, original__isnull=False).first()
    if flagged is None:
        return 0
    assert flagged.original is not None  # by the filter
    uploads = list(Upload.objects.select_for_update().filter(pk__in=flagged.original["uploads"]).order_by("pk"))
    flagged.original, flagged.note = None, ""
    flagged.save(update_fields=["original", "note"])
    for upload in uploads:
        copies.take_away(upload, for_good=True)
    return 1
