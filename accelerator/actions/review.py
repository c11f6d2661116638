"""Reviewing: who reads what, and what they say of it."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import audit.actions
from accelerator.actions.judging import judged, tell_of_late
from accelerator.models import (
    Answer,
    Application,
    Assignment,
    Decision,
    DeclaredConflict,
    ReviewPhase,
    Score,
    Upload,
    Wave,
)
from accelerator.queries import triage
from accelerator.queries.conflicts import conflicts
from accelerator.queries.phases import reads_in
from accelerator.queries.review import has_promised
from accelerator.queries.samples import must_score_first
from accelerator.rules import access
from notifications.actions import notify
from people.actions.accounts import clean_email
from people.rules import check_role
from timebank.actions import tariffs
from timebank.models import Tariff
from ui.errors import DomainError, Invalid, Missing, NotAllowed
from ui.formats import day, moment

State = Assignment.State
ABSTAIN = "abstain"
LONGEST_COMMENT = 5000  # characters
LONGEST_REDACTED = 20_000  # characters


@transaction.atomic
def assign(*, by: Any, phase: ReviewPhase, application: Application, reviewer: Any) -> Assignment:
    """Offers an application to a reviewer. Giving it again finds the first one. Raises NotAllowed for anybody but a
    manager of the wave, Invalid where the reviewer is none, and DomainError where a conflict blocks it."""
    if not access.runs(by, phase.wave):
        raise NotAllowed(_("Only a portfolio manager of this wave can give out reviews."))
    application = judged(by, application.pk)
    if application.wave_id != phase.wave_id or application.state != Application.State.SUBMITTED:
        raise DomainError(_("This application is not in this wave's review."))
    if phase.kind != ReviewPhase.Kind.SCORE:
        raise DomainError(_("Reviews are given out in a scoring phase."))
    if triage.is_out(application):
        raise DomainError(_("The first look said “not this time” to this idea, so nobody is asked to read it."))
    found = Assignment.objects.filter(phase=phase, application=application, reviewer=reviewer).first()
    if found is not None and found.state in (State.OFFERED, State.ACCEPTED, State.DONE):
        return found
    if not reads_in(reviewer, phase):
        raise Invalid(_("Choose somebody who is a reviewer in this phase."), field="reviewer")
    for conflict in conflicts(application, [reviewer.pk])[reviewer.pk]:
        if conflict.blocks:
            raise DomainError(str(conflict.reason) + " " + _("Choose another reviewer."))
    if found is not None:  # handed back before, and offered once more
        found.state, found.ended_at = State.OFFERED, None
        found.save(update_fields=["state", "ended_at"])
        assignment = found
    else:
        assignment = Assignment.objects.create(phase=phase, application=application, reviewer=reviewer)
        assignment.refresh_from_db()
    audit.actions.record(by=by, verb="accelerator.review.assigned", obj=assignment, reviewer=str(reviewer.pk))
    notify(
        to=reviewer,
        kind="review_assigned",
        key=f"review_assigned:{assignment.pk}",
        subject=_("An application to review"),
        template="accelerator/letters/review_assigned",
        context={"references": [application.reference], "due": moment(phase.ends, zone=True), "wave": phase.wave.name},
        url="/reviews/",
    )
    return assignment


def _locked(by: Any, assignment_id: Any) -> Assignment:
    """The reviewer's own assignment, locked. Raises Missing for anybody else's."""
    rows = Assignment.objects.select_for_update(of=("self",)).select_related("phase__wave", "application")
    assignment = rows.filter(pk=assignment_id, reviewer=by).first()
    if assignment is None:
        raise Missing(_("There is no such review."))
    return assignment


def check_promised(*, by: Any, wave: Wave) -> None:
    """Raises NotAllowed for a reviewer who has not promised to keep what they read in this wave to themselves."""
    if not has_promised(by, wave):
        raise NotAllowed(_("Before you read anything, promise to keep it to yourself. Open “My reviews” to do that."))


@transaction.atomic
def accept_assignment(*, by: Any, assignment: Assignment) -> Assignment:
    """Takes a review on; also one that was handed back by mistake, until the step ends. A second click finds it taken.
    Raises NotAllowed before the promise to keep it to oneself, DomainError where it is not theirs to read any more."""
    assignment = _locked(by, assignment.pk)
    check_promised(by=by, wave=assignment.phase.wave)
    if assignment.state == State.HANDED_BACK and _still_wanted(assignment):
        assignment.state, assignment.ended_at = State.ACCEPTED, None
        assignment.save(update_fields=["state", "ended_at"])
        audit.actions.record(by=by, verb="accelerator.review.taken_again", obj=assignment)
    elif assignment.state == State.OFFERED:
        assignment.state = State.ACCEPTED
        assignment.save(update_fields=["state"])
        audit.actions.record(by=by, verb="accelerator.review.accepted", obj=assignment)
    elif assignment.state not in (State.ACCEPTED, State.DONE):
        raise DomainError(_("You gave this review back, so somebody else reads it now."))
    return assignment


def _still_wanted(assignment: Assignment) -> bool:
    """Whether a review that was handed back may be taken again: the step has not ended and nobody has decided. Not whether
    the reviewer is too close by now: to be refused would say whose it is. Managers see those (`conflicts.found_since`)."""
    application = assignment.application
    return (
        timezone.now() < assignment.phase.ends
        and application.state == Application.State.SUBMITTED
        and not Decision.objects.filter(application=application).exists()
    )


@transaction.atomic
def hand_back(*, by: Any, assignment: Assignment) -> Assignment:
    """Gives a review back for lack of time. The slot is free again."""
    return _end(by, assignment, State.HANDED_BACK)


@transaction.atomic
def recuse(*, by: Any, assignment: Assignment) -> Assignment:
    """Steps back because the reviewer recognises somebody. The slot is free, and the application is never offered
    to this reviewer again."""
    return _end(by, assignment, State.RECUSED)


def _end(by: Any, assignment: Assignment, state: str) -> Assignment:
    assignment = _locked(by, assignment.pk)
    if assignment.state == state:
        return assignment
    if assignment.state not in (State.OFFERED, State.ACCEPTED):
        raise DomainError(_("This review is finished, so it cannot be given back."))
    assignment.state, assignment.ended_at = state, timezone.now()
    assignment.save(update_fields=["state", "ended_at"])
    audit.actions.record(by=by, verb=f"accelerator.review.{state}", obj=assignment)
    return assignment


@transaction.atomic
def set_aside(*, by: Any, assignment: Assignment) -> Assignment:
    """A manager takes a review out, offered or handed in, whose reviewer should not judge the application: it counts for
    nothing, the slot is free, and the reviewer is told nothing that would say whose it is. Only where a conflict is known,
    so that nobody can drop a score that they dislike. A second click changes nothing. Raises NotAllowed, DomainError."""
    rows = Assignment.objects.select_for_update(of=("self",)).select_related("phase__wave", "application__wave")
    assignment = rows.get(pk=assignment.pk)
    application = judged(by, assignment.application_id)
    if assignment.state in (State.RECUSED, State.HANDED_BACK):
        return assignment
    if Decision.objects.filter(application=application, sent_at__isnull=False).exists():
        raise DomainError(_("The letter has gone, so its reviews stand."))
    found = [c for c in conflicts(application, [assignment.reviewer_id])[assignment.reviewer_id] if c.blocks]
    if not found:
        raise DomainError(_("Nothing stands against this review, so it counts."))
    assignment.state, assignment.submitted_at, assignment.ended_at = State.RECUSED, None, timezone.now()
    assignment.save(update_fields=["state", "submitted_at", "ended_at"])
    reasons = [str(conflict.reason) for conflict in found]
    audit.actions.record(by=by, verb="accelerator.review.set_aside", obj=assignment, reasons=reasons)
    return assignment


def check_calibrated(*, by: Any, phase: ReviewPhase) -> None:
    """Raises NotAllowed for a reviewer who has the phase's sample to score before their first application."""
    if must_score_first(by, phase):
        raise NotAllowed(_("Before your first application, score the sample. Open “My reviews” to do that."))


@transaction.atomic
def opened(*, by: Any, assignment: Assignment) -> Assignment:
    """Notes when the reviewer first opened the page, for "about 14 minutes each"; opening takes it on. Raises NotAllowed
    before the promise, and before the sample where there is one."""
    check_calibrated(by=by, phase=assignment.phase)
    assignment = accept_assignment(by=by, assignment=assignment)
    if assignment.opened_at is None:
        assignment.opened_at = timezone.now()
        assignment.save(update_fields=["opened_at"])
    return assignment


@transaction.atomic
def save_review(
    *, by: Any, assignment: Assignment, scores: Mapping[str, int | str], for_applicant: str = "", for_panel: str = ""
) -> Assignment:
    """Saves a review's draft. `scores` maps criterion key → 0–5 or "abstain"; keys left out have no score yet. Raises
    Missing, Invalid for a score that there is not, DomainError after the review was handed in."""
    assignment = _locked(by, assignment.pk)
    if assignment.state == State.DONE:
        raise DomainError(_("You have handed this review in, so it cannot be changed."))
    if assignment.state in (State.HANDED_BACK, State.RECUSED):
        raise DomainError(_("You gave this review back, so somebody else reads it now."))
    check_calibrated(by=by, phase=assignment.phase)
    if len(for_applicant) > LONGEST_COMMENT or len(for_panel) > LONGEST_COMMENT:
        raise Invalid(_("Shorten your comment to %(limit)d characters.") % {"limit": LONGEST_COMMENT})
    rubric = assignment.phase.rubric
    assert rubric is not None  # a scoring phase has one: review_phase_scores_by_rubric
    criteria = {criterion.key: criterion for criterion in rubric.criteria.all()}
    for key, given in scores.items():
        if key not in criteria or not (given == ABSTAIN or given in range(6)):
            raise Invalid(_("Choose a score from 0 to 5, or say that you cannot judge."), field=f"score_{key}")
        Score.objects.update_or_create(
            assignment=assignment,
            criterion=criteria[key],
            defaults={"score": None, "abstained": True} if given == ABSTAIN else {"score": given, "abstained": False},
        )
    assignment.for_applicant, assignment.for_panel = for_applicant.strip(), for_panel.strip()
    assignment.state = State.ACCEPTED
    assignment.save(update_fields=["for_applicant", "for_panel", "state"])
    return assignment


@transaction.atomic
def submit_review(*, by: Any, assignment: Assignment) -> Assignment:
    """Hands a review in. A second click finds it handed in. Raises Invalid where a criterion has neither a score nor
    an abstention, or the applicant would get no word; DomainError outside the phase's dates."""
    assignment = _locked(by, assignment.pk)
    if assignment.state == State.DONE:
        return assignment
    if assignment.state not in (State.OFFERED, State.ACCEPTED):
        raise DomainError(_("You gave this review back, so somebody else reads it now."))
    now, phase = timezone.now(), assignment.phase
    if now < phase.starts:
        raise DomainError(_("Scoring opens on %(day)s. Your draft is saved.") % {"day": day(phase.starts)})
    if now >= phase.ends:
        raise DomainError(
            _("Scoring closed on %(when)s. Your draft is saved; talk to the portfolio manager.")
            % {"when": moment(phase.ends, zone=True)}
        )
    assert phase.rubric is not None  # a scoring phase has one
    scored = set(assignment.scores.values_list("criterion_id", flat=True))
    for criterion in phase.rubric.criteria.all():
        if criterion.pk not in scored:
            raise Invalid(
                _("Choose a score for “%(name)s”, or say that you cannot judge.") % {"name": criterion.name},
                field=f"score_{criterion.key}",
            )
    if not assignment.for_applicant:
        raise Invalid(_("Write a few kind and useful words to the applicant."), field="for_applicant")
    assignment.state, assignment.submitted_at = State.DONE, now
    assignment.save(update_fields=["state", "submitted_at"])
    audit.actions.record(by=by, verb="accelerator.review.submitted", obj=assignment)
    if phase.wave.fund is not None:  # the same sum whatever was scored, where the fund pays for reviews at all
        tariffs.pay(by=by, pot=phase.wave.fund, work=Tariff.Work.REVIEW, to=by, key=f"review:{assignment.pk}")
    return assignment


@transaction.atomic
def declare_conflict(*, by: Any, person: Any = None, organisation: Any = None, email: str = "") -> DeclaredConflict:
    """A reviewer or manager says whom, or which organisation, they cannot judge: exactly one of the three. Whoever is
    named by e-mail address may or may not be here. The answer, and what they have before them in waves that they have
    looked at (`FirstSight`), is the same whoever it is; another manager hears of it where it comes too late. Saying it
    twice is saying it once."""
    check_role(by, "reviewer", "portfolio_manager")
    email = clean_email(email) if email else ""
    if [person is not None, organisation is not None, bool(email)].count(True) != 1:
        raise Invalid(_("Choose a person or an organisation."))
    declared, made = DeclaredConflict.objects.get_or_create(
        reviewer=by, person=person, organisation=organisation, email=email, taken_back_at=None,
        defaults={"declared_at": timezone.now()},
    )  # fmt: skip
    if made:
        tell_of_late(by=by)
    return declared


@transaction.atomic
def clear_upload(*, by: Any, upload: Upload) -> Upload:
    """A manager has looked at the copy of a file and found nothing in it that names anybody: reviewers may open that copy.
    A second click changes nothing. Raises NotAllowed, and DomainError where there is no copy."""
    upload = Upload.objects.select_for_update(of=("self",)).select_related("application__wave").get(pk=upload.pk)
    judged(by, upload.application_id)
    if upload.cleared_at is None:
        if upload.safety == Upload.Safety.WAITING:
            raise DomainError(_("The copy for reviewers is still being made. Wait a minute, then read it first."))
        if upload.safety == Upload.Safety.REFUSED:
            raise DomainError(
                _("This file could not be made safe to show. Ask for another, such as a PDF or a picture.")
            )
        upload.cleared_at, upload.cleared_by = timezone.now(), by
        upload.save(update_fields=["cleared_at", "cleared_by"])
        audit.actions.record(by=by, verb="accelerator.upload.cleared", obj=upload)
    return upload


@transaction.atomic
def hide_upload(*, by: Any, upload: Upload) -> Upload:
    """A manager takes a file back from reviewers, who may have opened it already. A second click changes nothing. Raises
    NotAllowed."""
    upload = Upload.objects.select_for_update(of=("self",)).select_related("application__wave").get(pk=upload.pk)
    judged(by, upload.application_id)
    if upload.cleared_at is not None:
        upload.cleared_at = upload.cleared_by = None
        upload.save(update_fields=["cleared_at", "cleared_by"])
        audit.actions.record(by=by, verb="accelerator.upload.hidden", obj=upload)
    return upload


@transaction.atomic
def redact(*, by: Any, application: Application, key: str, text: str | None) -> Answer:
    """What reviewers read in place of the answer to question `key`, where it would give somebody away: "" leaves them
    nothing, None shows the answer again. The original stays. Raises NotAllowed, Missing, Invalid (text)."""
    application = judged(by, application.pk)
    answer = (
        application.answers.select_related("question").filter(question__key=key, question__reviewers_see=True).first()
    )
    if answer is None or not answer.question.is_free_text:
        raise Missing(_("There is no such answer."))
    if text is not None and len(text) > LONGEST_REDACTED:
        raise Invalid(_("Shorten the text to %(limit)d characters.") % {"limit": LONGEST_REDACTED}, field="text")
    if answer.redacted == text:
        return answer
    answer.redacted = text
    answer.save(update_fields=["redacted"])
    audit.actions.record(by=by, verb="accelerator.answer.redacted", obj=application, question=key, shown=text is None)
    return answer
