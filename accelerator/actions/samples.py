"""Calibration: one sample that everybody scores first, and that counts for nothing."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import audit.actions
from accelerator.actions.review import ABSTAIN, check_promised
from accelerator.models import ReviewPhase, Sample, SampleReview, SampleScore
from accelerator.queries.phases import reads_in
from accelerator.rules import access
from ui.errors import DomainError, Invalid, Missing, NotAllowed

LONGEST_SAMPLE = 20_000  # characters


@transaction.atomic
def set_sample(*, by: Any, phase: ReviewPhase, text: str, agreed: bool) -> Sample:
    """The sample that a scoring phase begins with, until somebody has scored it. `agreed` says that it is made up, or that
    whoever wrote it said yes. Raises NotAllowed, Invalid (text, agreed), DomainError (scored already, not a scoring
    phase)."""
    phase = ReviewPhase.objects.select_for_update(of=("self",)).select_related("wave").get(pk=phase.pk)
    _check_runs(by, phase)
    text = text.replace("\r\n", "\n").strip()
    if phase.kind != ReviewPhase.Kind.SCORE:
        raise DomainError(_("A sample belongs to a scoring phase."))
    if not text:
        raise Invalid(_("Write the sample."), field="text")
    if len(text) > LONGEST_SAMPLE:
        raise Invalid(_("Shorten the text to %(limit)d characters.") % {"limit": LONGEST_SAMPLE}, field="text")
    if not agreed:
        raise Invalid(_("Use only what is made up, or what its writer agreed to."), field="agreed")
    _check_unscored(phase)
    said = {"text": text, "changed_by": by, "changed_at": timezone.now()}
    sample, _made = Sample.objects.update_or_create(phase=phase, defaults=said)
    audit.actions.record(by=by, verb="accelerator.sample.set", obj=phase)
    return sample


@transaction.atomic
def drop_sample(*, by: Any, phase: ReviewPhase) -> None:
    """Takes the sample away, until somebody has scored it. A second click changes nothing. Raises NotAllowed, DomainError."""
    phase = ReviewPhase.objects.select_for_update(of=("self",)).select_related("wave").get(pk=phase.pk)
    _check_runs(by, phase)
    _check_unscored(phase)
    if Sample.objects.filter(phase=phase).delete()[0]:
        audit.actions.record(by=by, verb="accelerator.sample.dropped", obj=phase)


def _check_runs(by: Any, phase: ReviewPhase) -> None:
    if not access.runs(by, phase.wave):
        raise NotAllowed(_("Only a portfolio manager of this wave can choose the sample."))


def _check_unscored(phase: ReviewPhase) -> None:
    if SampleReview.objects.filter(sample__phase=phase).exists():
        raise DomainError(_("Somebody has scored the sample, so it stays as it is: everybody reads the same."))


@transaction.atomic
def score_sample(*, by: Any, sample: Sample, scores: Mapping[str, int | str]) -> SampleReview:
    """A reviewer's scores on the sample, all at once: criterion key → 0–5 or "abstain". A second click finds the first.
    Raises Missing for who does not read in the phase, NotAllowed before the promise, Invalid where a criterion has
    neither a score nor an abstention."""
    sample = (
        Sample.objects.select_for_update(of=("self",)).select_related("phase__wave", "phase__rubric").get(pk=sample.pk)
    )
    if not reads_in(by, sample.phase):
        raise Missing(_("There is no such sample."))
    check_promised(by=by, wave=sample.phase.wave)
    if first := SampleReview.objects.filter(sample=sample, reviewer=by).first():
        return first
    assert sample.phase.rubric is not None  # a scoring phase has one
    criteria = list(sample.phase.rubric.criteria.all())
    for criterion in criteria:
        given = scores.get(criterion.key)
        if not (given == ABSTAIN or given in range(6)):
            raise Invalid(
                _("Choose a score for “%(name)s”, or say that you cannot judge.") % {"name": criterion.name},
                field=f"score_{criterion.key}",
            )
    made = SampleReview.objects.create(sample=sample, reviewer=by)
    SampleScore.objects.bulk_create(
        SampleScore(
            review=made,
            criterion=criterion,
            score=None if scores[criterion.key] == ABSTAIN else int(scores[criterion.key]),
        )
        for criterion in criteria
    )
    audit.actions.record(by=by, verb="accelerator.sample.scored", obj=sample)
    return made
