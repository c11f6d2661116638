"""Taking away what identifies a patient in the evidence of a milestone: as for answers, but its team shows it again."""

from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accelerator.actions.quarantine import LONGEST_NOTE, to_state
from accelerator.actions.roadmap import change_state
from accelerator.models import EvidenceFile, EvidenceFlag, Milestone, Submission
from accelerator.queries import quarantine as queries
from accelerator.rules import innovations as who
from accelerator.rules import quarantine as rules
from accelerator.rules.quoting import without
from audit.actions import record
from notifications.actions import SHORTEST_QUOTE, notify, notify_each, withdraw_copies
from people.actions import safety
from ui.errors import DomainError, Invalid, Missing, NotAllowed
from ui.stored_files import forget

State = EvidenceFlag.State
WORDS = ("account", "cycle_prediction", "cycle_happened", "cycle_next")


@transaction.atomic
def flag(*, by: Any, submission: Submission, file: EvidenceFile | None = None, note: str = "") -> EvidenceFlag:
    """Says that what a team wrote for a milestone, or one of its files, may identify a patient; the wave's managers and the
    safeguarding leads are told. Whoever sees the innovation may say so. A second click, or another reader, finds the
    first. Raises Missing, Invalid (note)."""
    fresh = _locked(submission.pk)
    innovation = fresh.milestone.innovation
    who.check_sees(by, innovation)
    if file is not None and (file.submission_id != fresh.pk or file.removed_at is not None):
        raise Missing(_("We cannot find that file."))
    if len(note) > LONGEST_NOTE:
        raise Invalid(_("Use at most %(n)d characters.") % {"n": LONGEST_NOTE}, field="note")
    standing = EvidenceFlag.objects.filter(submission=fresh, file=file, state=State.OPEN).first()
    if standing is not None:
        return standing
    made = EvidenceFlag.objects.create(submission=fresh, file=file, flagged_by=by, note=note.strip())
    made.refresh_from_db()
    record(by=by, verb="accelerator.patient.evidence_flagged", obj=fresh, file=str(file.pk) if file else "")
    notify_each(
        people=queries.keepers(innovation.application, of_evidence=True),
        kind="patient_flag",
        key=f"evidence_flag:{made.pk}",
        subject=_("Somebody may be named in the evidence of a milestone"),
        template="accelerator/letters/evidence_flag",
        context={"title": fresh.milestone.title},
        url=reverse("accelerator:patient_flags"),
    )
    return made


def _locked(submission_id: Any) -> Submission:
    """The evidence, locked after its milestone, with the innovation and its application; also where that has ended."""
    milestones = Milestone.objects.select_for_update(of=("self",)).select_related("innovation__application__wave")
    milestone = milestones.get(submissions=submission_id)
    fresh = Submission.objects.select_for_update(of=("self",)).get(pk=submission_id)
    fresh.milestone = milestone
    return fresh


def _decided(by: Any, flagged: EvidenceFlag) -> tuple[Submission, EvidenceFlag]:
    """The evidence and the flag, locked, for somebody who may decide. Raises NotAllowed."""
    submission = _locked(flagged.submission_id)
    fresh = EvidenceFlag.objects.select_for_update(of=("self",)).select_related("file").get(pk=flagged.pk)
    if not queries.may_decide_evidence(by, submission.milestone.innovation.application):
        raise NotAllowed(_("Only a portfolio manager of this wave or a safeguarding lead can decide this."))
    return submission, fresh


@transaction.atomic
def dismiss(*, by: Any, flagged: EvidenceFlag) -> EvidenceFlag:
    """Says that it identifies nobody: it stays. A second click changes nothing. Raises NotAllowed, DomainError."""
    submission, fresh = _decided(by, flagged)
    if fresh.state == State.FINE:
        return fresh
    if fresh.state != State.OPEN:
        raise DomainError(_("This has been taken away already."))
    fresh.note = ""
    to_state(fresh, State.FINE, by)
    record(by=by, verb="accelerator.patient.evidence_dismissed", obj=submission)
    return fresh


@transaction.atomic
def quarantine(*, by: Any, flagged: EvidenceFlag) -> EvidenceFlag:
    """Takes a file, or all words and links, out of the evidence, out of the manager's comment where it quotes them, and out
    of messages. It is kept out of reach for 7 days, then deleted. Evidence that waits to be read goes back to the team,
    which is told and shows it again. A second click changes nothing. Raises NotAllowed, DomainError."""
    submission, fresh = _decided(by, flagged)
    if fresh.state == State.TAKEN:
        return fresh
    if fresh.state != State.OPEN:
        raise DomainError(_("This was found to identify nobody. Flag it again if that is wrong."))
    now, waited = timezone.now(), submission.state == Submission.State.SUBMITTED
    fresh.original = {"waited": waited, "comment": submission.comment}
    if fresh.file is not None:
        EvidenceFile.objects.filter(pk=fresh.file.pk).update(removed_at=now)
    else:
        fresh.original |= {name: getattr(submission, name) for name in (*WORDS, "links")}
        words = [text for text in (getattr(submission, name) for name in WORDS) if text]
        for name in WORDS:
            setattr(submission, name, rules.REMOVED if getattr(submission, name) else "")
        fresh.original["concerns"] = _out_of_concerns(by, submission, words)
        submission.links, submission.comment = [], without(submission.comment, words, rules.REMOVED)
        withdraw_copies(quoting=words, about=str(submission.milestone_id), subject=_("A message that was taken back"))
    if waited:
        submission.state, submission.reviewed_by, submission.reviewed_at = Submission.State.RETURNED, by, now
        submission.comment = _("Something in it may identify a patient. Please show it again without that.")
        change_state(milestone=submission.milestone, event="return", by=by)
    submission.save(update_fields=[*WORDS, "links", "comment", "state", "reviewed_by", "reviewed_at"])
    to_state(fresh, State.TAKEN, by)
    record(by=by, verb="accelerator.patient.evidence_quarantined", obj=submission)
    notify(
        to=submission.by,
        kind="patient_taken_away",
        key=f"evidence_taken_away:{fresh.pk}",
        subject=_("Please show some of your evidence again"),
        template="accelerator/letters/evidence_taken_away",
        context={"title": submission.milestone.title, "is_file": fresh.file is not None},
        url=reverse("accelerator:milestone", args=[submission.milestone_id]),
    )
    return fresh


def _out_of_concerns(by: Any, submission: Submission, words: list[str]) -> list[list[str]]:
    """Takes the words of evidence out of what reports and safeguarding cases keep. Returns what is left of each of those
    about the evidence itself, with what it was."""
    changed: list[list[str]] = []

    def take(text: str) -> str:
        left = without(text, words, rules.REMOVED)
        changed.append([left, text])
        return left

    long = [text for text in words if len(text) >= SHORTEST_QUOTE]
    safety.reword(by=by, reword=take, things=[("evidence", submission.pk)], quoting=long)
    return changed


@transaction.atomic
def restore(*, by: Any, flagged: EvidenceFlag) -> EvidenceFlag:
    """Gives back what was taken away by mistake, within 7 days; evidence that waited to be read waits again, unless the team
    has shown it anew. A second click changes nothing. Raises NotAllowed, DomainError where it is deleted."""
    submission, fresh = _decided(by, flagged)
    if fresh.state == State.RESTORED:
        return fresh
    if fresh.original is None or not rules.can_be_undone(fresh.state, fresh.decided_at, timezone.now()):
        raise DomainError(_("It has been deleted, so it cannot be given back."))
    original = fresh.original
    if fresh.file is not None:
        EvidenceFile.objects.filter(pk=fresh.file.pk).update(removed_at=None)
    else:
        for name in (*WORDS, "links"):
            setattr(submission, name, original[name])
        kept = dict(original.get("concerns", []))
        safety.reword(by=by, reword=lambda text: kept.get(text, text), things=[("evidence", submission.pk)])
    milestone = submission.milestone
    latest = not milestone.submissions.filter(number__gt=submission.number).exists()
    if original["waited"] and latest and milestone.state == Milestone.State.RETURNED:
        submission.state, submission.reviewed_by, submission.reviewed_at = Submission.State.SUBMITTED, None, None
        change_state(milestone=milestone, event="submit", by=by)
    if submission.state == Submission.State.SUBMITTED or original["comment"]:
        submission.comment = original["comment"]
    submission.save(update_fields=[*WORDS, "links", "comment", "state", "reviewed_by", "reviewed_at"])
    fresh.original, fresh.note = None, ""
    to_state(fresh, State.RESTORED, by)
    record(by=by, verb="accelerator.patient.evidence_restored", obj=submission)
    notify(
        to=submission.by,
        kind="patient_taken_away",
        key=f"evidence_given_back:{fresh.pk}",
        subject=_("Your evidence is back"),
        template="accelerator/letters/evidence_given_back",
        context={"title": submission.milestone.title},
        url=reverse("accelerator:milestone", args=[submission.milestone_id]),
    )
    return fresh


def purge_taken() -> int:
    """Deletes for good what was taken away more than 7 days ago. Returns how many."""
    over = EvidenceFlag.objects.past_undoing(timezone.now()).order_by("id")
    return sum(_purge(flagged.pk) for flagged in over)


@transaction.atomic
def _purge(flag_id: Any) -> int:
    rows = EvidenceFlag.objects.select_for_update(of=("self",)).select_related("file")
    flagged = rows.filter(pk=flag_id, original__isnull=False).first()
    if flagged is None:
        return 0
    flagged.original, flagged.note = None, ""
    flagged.save(update_fields=["original", "note"])
    if (file := flagged.file) is not None:
        file.name = rules.REMOVED
        forget(file, "file")
        file.save(update_fields=["name", "file"])
    return 1
