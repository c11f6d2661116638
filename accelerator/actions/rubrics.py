"""Changing what reviewers score on, in a draft that is published; a wave takes a published one until its reviews begin."""

from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

import audit.actions
from accelerator.actions import versions
from accelerator.models import Assignment, Criterion, Rubric, Versioned, Wave
from accelerator.rules import access
from ui.errors import DomainError, Invalid, NotAllowed

FIELDS = ("name", "asks", "weight", "anchors")
MOST_WEIGHT = 10
MOST_CRITERIA = 12
SCORES = 6  # 0 to 5, each with its words


def new_version(*, by: Any, rubric: Rubric) -> Rubric:
    """A draft of the next version of a rubric, with the criteria of this one. As `versions.new_version`."""
    return versions.new_version(by=by, versioned=rubric, copy=_copy)


def begin(*, by: Any, name: str, like: Rubric | None = None) -> Rubric:
    """A draft of a rubric of another name: with the criteria of `like`, or none yet. As `versions.begin`."""

    def fill(draft: Rubric) -> None:
        if like is not None:
            _copy(like, draft)

    return versions.begin(by=by, model=Rubric, name=name, fill=fill)


def _copy(old: Rubric, draft: Rubric) -> None:
    Criterion.objects.bulk_create(
        Criterion(rubric=draft, key=one.key, position=one.position, **{name: getattr(one, name) for name in FIELDS})
        for one in old.criteria.all()
    )


def _check(criterion: Criterion) -> None:
    """Raises Invalid (the field) where a criterion cannot be scored as it is."""
    for name, longest in (("name", 80), ("asks", 250)):
        if not 0 < len(getattr(criterion, name).strip()) <= longest:
            raise Invalid(_("Write up to %(longest)d characters.") % {"longest": longest}, field=name)
    if not 1 <= criterion.weight <= MOST_WEIGHT:
        raise Invalid(_("Give a weight from 1 to %(most)d.") % {"most": MOST_WEIGHT}, field="weight")
    for score, words in enumerate(criterion.anchors):
        if not 0 < len(words.strip()) <= 200:
            raise Invalid(_("Say what each score means, in up to 200 characters."), field=f"anchor_{score}")
    if len(criterion.anchors) != SCORES:
        raise Invalid(_("Say what each score means, in up to 200 characters."), field="anchor_0")


@transaction.atomic
def add_criterion(*, by: Any, rubric: Rubric, **fields: Any) -> Criterion:
    """Adds a criterion at the end of a draft. `fields` are those of `FIELDS`. Raises NotAllowed, Invalid (the field),
    DomainError once published or where there are enough."""
    draft = versions.draft_of(by, Rubric, rubric.pk)
    if draft.criteria.count() >= MOST_CRITERIA:
        raise DomainError(
            _("Nobody scores more than %(most)d criteria well. Take one out first.") % {"most": MOST_CRITERIA}
        )
    if again := draft.criteria.filter(name=fields["name"]).first():
        raise Invalid(_("“%(name)s” is there already.") % {"name": again.name}, field="name")
    last = draft.criteria.aggregate(last=Max("position"))["last"] or 0
    key = versions.free_key(draft.criteria, fields["name"], "criterion")
    criterion = Criterion(rubric=draft, key=key, position=last + 1, **fields)
    _check(criterion)
    criterion.save()
    return criterion


@transaction.atomic
def save_criterion(*, by: Any, criterion: Criterion, **fields: Any) -> Criterion:
    """Changes a criterion of a draft. Raises NotAllowed, Invalid (the field), DomainError once published."""
    draft = versions.draft_of(by, Rubric, criterion.rubric_id)
    criterion = draft.criteria.get(pk=criterion.pk)
    for name in FIELDS:
        setattr(criterion, name, fields.get(name, getattr(criterion, name)))
    _check(criterion)
    criterion.save()
    return criterion


@transaction.atomic
def move_criterion(*, by: Any, criterion: Criterion, up: bool) -> Criterion:
    """One place up, or down; at the end nothing happens."""
    draft = versions.draft_of(by, Rubric, criterion.rubric_id)
    versions.swap(draft.criteria, criterion, up=up)
    return draft.criteria.get(pk=criterion.pk)


@transaction.atomic
def remove_criterion(*, by: Any, criterion: Criterion) -> None:
    """Takes a criterion out of a draft."""
    draft = versions.draft_of(by, Rubric, criterion.rubric_id)
    draft.criteria.filter(pk=criterion.pk).delete()


def reviews_have_begun(wave: Wave) -> bool:
    """Whether somebody has been given something to score in this wave."""
    return Assignment.objects.filter(phase__wave=wave).exists()


@transaction.atomic
def use_in_wave(*, by: Any, wave: Wave, rubric: Rubric) -> Wave:
    """Has a wave score on this published version, until its reviews begin; the steps that scored on the one before do so
    too. Raises NotAllowed, DomainError."""
    wave = Wave.objects.select_for_update().get(pk=wave.pk)
    if not access.runs(by, wave):
        raise NotAllowed(_("Only those who run this wave can change it."))
    if rubric.state != Versioned.State.PUBLISHED:
        raise DomainError(_("Publish the rubric first."))
    if reviews_have_begun(wave):
        raise DomainError(_("Reviews have begun: every idea is scored on the same, so the rubric stays."))
    if wave.rubric_id == rubric.pk:
        return wave
    wave.review_phases.filter(rubric=wave.rubric_id).update(rubric=rubric)
    wave.rubric = rubric
    wave.save(update_fields=["rubric"])
    audit.actions.record(by=by, verb="accelerator.wave.rubric", obj=wave, version=rubric.version)
    return wave
