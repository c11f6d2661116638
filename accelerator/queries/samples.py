"""The sample that a phase begins with, and how a panel scored it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from accelerator.models import Application, Assignment, Criterion, ReviewPhase, Sample, SampleReview, SampleScore
from accelerator.queries.review import blind
from accelerator.rules.review import weighted_total


def sample_of(phase: ReviewPhase) -> Sample | None:
    """The sample of a phase, where it has one."""
    return Sample.objects.filter(phase=phase).first()


def must_score_first(user: Any, phase: ReviewPhase) -> bool:
    """Whether this reviewer scores the sample before their first application: it is there, they have not, and they have
    not read anything of this phase before it came."""
    sample = sample_of(phase)
    if sample is None or SampleReview.objects.filter(sample=sample, reviewer=user).exists():
        return False
    return not Assignment.objects.filter(phase=phase, reviewer=user, opened_at__isnull=False).exists()


def scored_by(user: Any) -> list[tuple[Any, str]]:
    """The samples that this reviewer has scored in steps that have not ended, with the name of the wave: to look again once
    others have. One query."""
    rows = SampleReview.objects.filter(reviewer=user, sample__phase__ends__gt=timezone.now())
    return list(rows.order_by("sample__phase__ends", "id").values_list("sample_id", "sample__phase__wave__name"))


@dataclass(frozen=True)
class Line:
    """One criterion of the sample: what I gave (None: could not judge), and what everybody gave, lowest first."""

    criterion: Criterion
    mine: int | None
    given: list[int]
    abstained: int

    @property
    def often(self) -> list[tuple[int, int]]:
        """Score → how many gave it, lowest first."""
        return sorted(Counter(self.given).items())


@dataclass(frozen=True)
class Compared:
    """How a panel scored the sample: nobody's name, only what was given and how often."""

    lines: list[Line]
    panel: int  # how many have scored it
    mine: bool  # whether the reader has
    my_total: float | None
    totals: list[float]  # lowest first

    @property
    def highest(self) -> float | None:
        return max(self.totals, default=None)


def compared(sample: Sample, user: Any = None) -> Compared:
    """How the panel scored the sample, beside what `user` gave. Three queries."""
    reviews = dict(SampleReview.objects.filter(sample=sample).values_list("pk", "reviewer_id"))
    assert sample.phase.rubric is not None  # a scoring phase has one
    criteria = list(sample.phase.rubric.criteria.all())
    given: dict[Any, dict[Any, int | None]] = {pk: {} for pk in reviews}
    for review, criterion, score in SampleScore.objects.filter(review__in=reviews).values_list(
        "review_id", "criterion_id", "score"
    ):
        given[review][criterion] = score
    mine = next((given[pk] for pk, reviewer in reviews.items() if user and reviewer == user.pk), {})
    totals = [_total(criteria, scores) for scores in given.values()]
    lines = []
    for criterion in criteria:
        scores = [of_one[criterion.pk] for of_one in given.values() if criterion.pk in of_one]
        known = sorted(score for score in scores if score is not None)
        lines.append(Line(criterion, mine.get(criterion.pk), known, len(scores) - len(known)))
    return Compared(lines, len(reviews), bool(mine), _total(criteria, mine), sorted(t for t in totals if t is not None))


def _total(criteria: Sequence[Criterion], scores: dict[Any, int | None]) -> float | None:
    return weighted_total([(one.weight, scores.get(one.pk)) for one in criteria])


def text_of(application: Application, phase: ReviewPhase) -> str:
    """An application as reviewers of the phase read it, to begin a sample with."""
    answers = blind(application, phase, named=False).answers
    return "\n\n".join("\n".join([one.question, *one.lines]) for one in answers)
