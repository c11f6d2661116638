"""How far a panel agrees, and how strict each reviewer is: made from all scores of a phase once a change, then kept."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.core.cache import cache
from django.db.models import Count, F, FloatField, Max, QuerySet, Sum
from django.db.models.functions import Cast

from accelerator.models import Application, Assignment, ReviewPhase, Score
from accelerator.rules import agreement as rules

KEPT_FOR = 7 * 24 * 60 * 60  # seconds; a change makes another key


@dataclass(frozen=True)
class Agreement:
    """Krippendorff's α (ordinal) of a phase, None where there are too few ratings, and reviewer id → strictness."""

    alpha: float | None
    strictness: dict[Any, float | None]


NOTHING = Agreement(None, {})


def of_phase(phase: ReviewPhase | None, without: Collection[Any] = ()) -> Agreement:
    """The agreement of a phase, over all applications but those `without`. A review that is in never changes, so what was
    made stays true until another comes in or an application is taken back: one short query says so, and only then are all
    scores read again."""
    if phase is None:
        return NOTHING
    in_ = Assignment.objects.filter(
        phase=phase, state=Assignment.State.DONE, application__state=Application.State.SUBMITTED
    ).exclude(application__in=without)
    done = in_.aggregate(count=Count("pk"), latest=Max("submitted_at"))
    if not done["count"]:
        return NOTHING
    key = f"accelerator:agreement:{phase.pk}:{phase.rubric_id}:{done['count']}:{done['latest'].timestamp()}"
    if without:
        key += ":" + hashlib.sha256(repr(sorted(map(str, without))).encode()).hexdigest()[:16]
    if kept := cache.get(key):
        alpha, strictness = kept
        return Agreement(alpha, {UUID(reviewer): points for reviewer, points in strictness})
    agreement = Agreement(_alpha(phase, without), rules.strictness(totals_by_reviewer(phase, without)))
    cache.set(
        key, [agreement.alpha, [(str(reviewer), points) for reviewer, points in agreement.strictness.items()]], KEPT_FOR
    )
    return agreement


def _given(phase: ReviewPhase, without: Collection[Any] = ()) -> QuerySet[Score]:
    """Every score of the reviews that are in, but of those applications."""
    return Score.objects.filter(
        assignment__phase=phase,
        assignment__state=Assignment.State.DONE,
        assignment__application__state=Application.State.SUBMITTED,
        score__isnull=False,
    ).exclude(assignment__application__in=without)


def _alpha(phase: ReviewPhase, without: Collection[Any]) -> float | None:
    """Each criterion of each application is a unit, the 0 to 5 that reviewers gave are its ratings. One query."""
    units = _given(phase, without).values("assignment__application", "criterion").annotate(ratings=ArrayAgg("score"))
    return rules.alpha_of(Counter(tuple(sorted(ratings)) for (ratings,) in units.values_list("ratings")))


def totals_by_reviewer(phase: ReviewPhase, without: Collection[Any] = ()) -> dict[Any, dict[Any, float]]:
    """application id → reviewer id → total (`rules.review.weighted_total`, made by the database), of the reviews that
    are in and judged something. One query."""
    rows = _given(phase, without).values_list("assignment__application", "assignment__reviewer")
    totals = rows.annotate(
        total=Sum(F("criterion__weight") * F("score")) / Cast(Sum("criterion__weight"), FloatField())
    )
    found: dict[Any, dict[Any, float]] = defaultdict(dict)
    for application, reviewer, total in totals:
        found[application][reviewer] = total
    return found
