"""What reviewers see once letters have gone: how it came out, and how their scores compared. Nobody's name."""

from collections import defaultdict
from dataclasses import dataclass
from statistics import fmean
from typing import Any
from uuid import UUID

from accelerator.models import Assignment, PanelSeat, SampleReview, Wave
from accelerator.queries.agreement import of_phase
from accelerator.queries.review import ideas, totals_of
from accelerator.rules.agreement import strictness_in_words

State = Assignment.State


@dataclass(frozen=True)
class Outcome:
    """One application that I read: what I gave beside the mean of all who read it (me too), and what was decided."""

    assignment_id: UUID
    reference: str
    mine: float | None
    panel: float | None
    readers: int
    decision: str
    idea: str  # in one sentence, without anybody's name


@dataclass(frozen=True)
class Outcomes:
    """How it came out in one wave. `strictness` says in words, for each step, whether I gave more or less than others."""

    rows: list[Outcome]
    strictness: list[tuple[str, str]]  # (name of the phase, words)


def waves_of(user: Any) -> list[Wave]:
    """The waves in which a letter has gone about something that this reviewer read, the latest call first. One query."""
    read = Assignment.objects.filter(reviewer=user, state=State.DONE, application__decision__sent_at__isnull=False)
    return list(Wave.objects.filter(pk__in=read.values("phase__wave")).order_by("-call_opens", "id"))


def outcomes(user: Any, wave: Wave) -> Outcomes:
    """How it came out for a reviewer of a wave, of the applications whose letters have gone."""
    mine = list(
        Assignment.objects.filter(
            reviewer=user, phase__wave=wave, state=State.DONE, application__decision__sent_at__isnull=False
        )
        .select_related("phase", "application__decision")
        .only(
            "id", "state", "phase", "phase__internal_label", "phase__rubric_id", "phase__question_keys", "phase__wave_id",
            "application__reference",
            "application__decision__outcome",
        )
        .order_by("phase__position", "application__reference")
    )  # fmt: skip
    read = Assignment.objects.filter(
        state=State.DONE, phase__wave=wave, application__in=[one.application_id for one in mine]
    ).values_list("pk", "phase_id", "application_id")
    totals = totals_of([pk for pk, _phase, _application in read])
    together: dict[Any, list[float]] = defaultdict(list)
    for pk, phase, application in read:
        total = totals[pk]
        if total is not None:
            together[phase, application].append(total)
    said = ideas(user, mine)
    rows = []
    for one in mine:
        given = together[one.phase_id, one.application_id]
        rows.append(
            Outcome(
                one.pk,
                one.application.reference,
                totals.get(one.pk),
                fmean(given) if given else None,
                len(given),
                one.application.decision.get_outcome_display(),
                said.get(one.application_id, ""),
            )
        )
    phases = {one.phase_id: one.phase for one in mine}
    words = [
        (phase.internal_label, strictness_in_words(of_phase(phase).strictness.get(user.pk)))
        for phase in phases.values()
    ]
    return Outcomes(rows, words)


def export_for(user: Any) -> dict[str, Any]:
    """What somebody did as a reviewer, as plain data, for "download my data"."""
    reviews = (
        Assignment.objects.filter(reviewer=user)
        .select_related("application", "phase__wave")
        .prefetch_related("scores__criterion")
        .order_by("id")
    )
    return {
        "reviews": [
            {
                "application": one.application.reference,
                "wave": one.phase.wave.name,
                "state": one.state,
                "given_out": one.assigned_at.isoformat(),
                "handed_in": one.submitted_at.isoformat() if one.submitted_at else None,
                "scores": {score.criterion.name: score.score for score in one.scores.all()},
                "for_applicant": one.for_applicant,
                "for_panel": one.for_panel,
            }
            for one in reviews
        ],
        "seats": [
            {
                "wave": seat.wave.name,
                "room": seat.room,
                "knows": seat.knows,
                "promised": seat.promised_at.isoformat() if seat.promised_at else None,
                "was_hard": seat.was_hard,
            }
            for seat in PanelSeat.objects.filter(reviewer=user).select_related("wave").order_by("id")
        ],
        "samples": [
            {"wave": one.sample.phase.wave.name, "scores": {s.criterion.name: s.score for s in one.scores.all()}}
            for one in SampleReview.objects.filter(reviewer=user)
            .select_related("sample__phase__wave")
            .prefetch_related("scores__criterion")
            .order_by("id")
        ],
        "cannot_judge": [
            one.email or str(one.organisation or one.person)
            for one in user.declared_conflicts.select_related("organisation", "person").order_by("declared_at", "id")
        ],
    }
