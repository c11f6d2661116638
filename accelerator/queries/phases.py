"""The steps of a wave's review: which there are, which are in use, and who reads in each."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accelerator.models import Assignment, Question, ReviewPhase, TriageAnswer, Wave
from accelerator.rules.review import active_phase
from people.models import RoleGrant
from people.rules import has_role

Kind, Readers = ReviewPhase.Kind, ReviewPhase.Readers


def reviewers_of(wave: Wave) -> list[Any]:
    """Everybody who may review in this wave now, by name."""
    held = RoleGrant.objects.live(timezone.now()).filter(role="reviewer", scope__in=["", str(wave.pk)])
    return list(
        get_user_model()
        .objects.active()
        .filter(pk__in=held.values("user"), suspended_at=None)
        .exclude(conduct_accepted_at=None)
        .order_by("name", "id")
    )


def readers_of(phase: ReviewPhase) -> list[Any]:
    """The reviewers who may be given something in this phase, by name: all of the panel, or those who were chosen. Nobody
    where managers do it by themselves."""
    if phase.readers == Readers.MANAGERS:
        return []
    panel = reviewers_of(phase.wave)
    if phase.readers == Readers.PANEL:
        return panel
    chosen = set(phase.chosen.values_list("pk", flat=True))
    return [reviewer for reviewer in panel if reviewer.pk in chosen]


def reads_in(user: Any, phase: ReviewPhase) -> bool:
    """Whether this reviewer may be given something in this phase."""
    if phase.readers == Readers.MANAGERS or not has_role(user, "reviewer", phase.wave_id):
        return False
    return phase.readers == Readers.PANEL or phase.chosen.filter(pk=user.pk).exists()


def with_use(wave: Wave) -> QuerySet[ReviewPhase]:
    """The wave's phases in order, each with `used`: whether somebody has been given, or has said, something in it."""
    return wave.review_phases.annotate(
        used=Exists(Assignment.objects.filter(phase=OuterRef("pk")))
        | Exists(TriageAnswer.objects.filter(phase=OuterRef("pk")))
    ).order_by("position")


def scoring_now(wave: Wave, now: dt.datetime | None = None) -> ReviewPhase | None:
    """The scoring phase to work with: the one that runs; else the last that has begun; else the first to come."""
    now = now or timezone.now()
    phases = list(wave.review_phases.filter(kind=Kind.SCORE).order_by("position"))
    begun = [phase for phase in phases if phase.starts <= now]
    return active_phase(phases, now) or (begun[-1] if begun else phases[0] if phases else None)


def read_in(phase: ReviewPhase) -> Q:
    """Which answers are read in this phase, as a condition on `Question`: of those that reviewers may ever see, all or
    the ones that the phase names."""
    shown = Q(reviewers_see=True)
    return shown & Q(key__in=phase.question_keys) if phase.question_keys else shown


@dataclass(frozen=True)
class Row:
    """A phase on the managers' page. `questions` are the names of what is read, none where it is everything."""

    phase: Any
    active: bool
    chosen: list[Any]
    questions: list[str]


def page(wave: Wave, now: dt.datetime | None = None) -> list[Row]:
    """The steps of a wave's review as managers see them. Three queries however many there are."""
    now = now or timezone.now()
    phases = list(with_use(wave).select_related("rubric").prefetch_related("chosen"))
    names = dict(Question.objects.filter(question_set=wave.question_set_id).values_list("key", "short"))
    running = active_phase(phases, now)
    return [
        Row(
            phase,
            phase == running,
            sorted(phase.chosen.all(), key=lambda user: (user.name.lower(), str(user.pk))),
            [names.get(key, key) for key in phase.question_keys],
        )
        for phase in phases
    ]
