"""Changing the steps of a wave's review. What people have taken on in a step stays as they took it on."""

from collections.abc import Collection, Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

import audit.actions
from accelerator.models import ReviewPhase, Versioned, Wave
from accelerator.queries.phases import reviewers_of, with_use
from accelerator.rules import access
from accelerator.rules import phases as rules
from people.rules import has_role
from ui.errors import DomainError, Invalid, Missing, NotAllowed

FIELDS = ("kind", "internal_label", "public_label", "starts", "ends", "names", "other_reviews", "reviewer_names",
          "question_keys", "rubric", "minimum_reviews", "readers")  # fmt: skip
OUT_OF_THE_WAY = 10_000  # positions are unique at every moment


def _wave(by: Any, wave_id: Any) -> Wave:
    """The wave, locked, for those who run it."""
    wave = Wave.objects.select_for_update().get(pk=wave_id)
    if not (access.runs(by, wave) or has_role(by, "administrator")):
        raise NotAllowed(_("Only those who run this wave can change it."))
    return wave


def _steps(wave: Wave) -> list[Any]:
    """The wave's phases in order, each with `used`. The lock on the wave keeps others from changing them."""
    return list(with_use(wave).select_related("rubric"))


def _one(steps: Iterable[Any], phase: ReviewPhase) -> Any:
    found = next((step for step in steps if step.pk == phase.pk), None)
    if found is None:
        raise Missing(_("There is no such step. Look at the list again."))
    return found


@transaction.atomic
def add_phase(*, by: Any, wave: Wave, chosen: Collection[Any] = (), **fields: Any) -> ReviewPhase:
    """One more step. `fields` are those of `FIELDS`; `chosen` are the people who read where not the whole panel does.
    Steps that come after it move on where they must. Raises NotAllowed, Invalid (the field)."""
    wave = _wave(by, wave.pk)
    steps = _steps(wave)
    made: Any = ReviewPhase(wave=wave, position=OUT_OF_THE_WAY - 1, **fields)
    chosen = chosen if made.readers == ReviewPhase.Readers.SOME else ()
    again = [step for step in steps if (step.internal_label, step.starts) == (made.internal_label, made.starts)]
    if again:
        raise Invalid(_("There is a step of this name that begins then."), field="internal_label")
    _check(wave, made, chosen, steps, asked=set())
    rules.check_start([*steps, made], made)
    moved = rules.make_room([*steps, made], made, _used(steps))
    rules.check_within(wave, [made, *moved])
    made.save()
    made.chosen.set(chosen)
    _save([*steps, made])
    audit.actions.record(by=by, verb="accelerator.phase.added", obj=made, kind=made.kind)
    return made


@transaction.atomic
def change_phase(*, by: Any, phase: ReviewPhase, chosen: Collection[Any] = (), **fields: Any) -> ReviewPhase:
    """Changes a step. Once somebody has been given something in it, only its end may come later and more people may
    read: they took it on as it was. Raises NotAllowed, Missing, Invalid (the field)."""
    wave = _wave(by, phase.wave_id)
    steps = _steps(wave)
    step = _one(steps, phase)
    changed = {name for name in FIELDS if name in fields and fields[name] != getattr(step, name)}
    if step.used:
        _check_used(step, changed, chosen, fields)
    for name in changed:
        setattr(step, name, fields[name])
    chosen = chosen if step.readers == ReviewPhase.Readers.SOME else ()
    _check(wave, step, chosen, steps, asked=set(step.chosen.values_list("pk", flat=True)))
    if "starts" in changed:
        rules.check_start(steps, step)
    moved = rules.make_room(steps, step, _used(steps))
    rules.check_within(wave, [step, *moved])
    step.save(update_fields=list(FIELDS))
    step.chosen.set(chosen)
    _save(steps)
    audit.actions.record(
        by=by, verb="accelerator.phase.changed", obj=step, fields=sorted(changed), moved=[str(one.pk) for one in moved]
    )
    return step


def _check_used(step: Any, changed: set[str], chosen: Collection[Any], fields: dict[str, Any]) -> None:
    if fixed := sorted(changed & rules.SETTLED_ONCE_USED):
        raise Invalid(_("People have taken this step on as it is, so this stays."), field=fixed[0])
    if fields.get("ends", step.ends) < step.ends:
        raise Invalid(_("People plan by this date: it can come later, and not earlier."), field="ends")
    if set(step.chosen.values_list("pk", flat=True)) - {user.pk for user in chosen}:
        raise Invalid(_("You can add people. Those who are asked already stay."), field="chosen")


def _check(wave: Wave, step: Any, chosen: Collection[Any], steps: list[Any], *, asked: set[Any]) -> None:
    """Raises Invalid where a step does not make sense by itself. `asked` were chosen before, reviewers still or not."""
    kinds, readers = ReviewPhase.Kind, ReviewPhase.Readers
    for name in ("internal_label", "public_label"):
        if not 0 < len(getattr(step, name)) <= 60:
            raise Invalid(_("Give it a name of up to 60 characters."), field=name)
    if step.kind == kinds.TRIAGE and any(one.kind == kinds.TRIAGE and one is not step for one in steps):
        raise Invalid(_("There is a first look already, and one is enough."), field="kind")
    if step.kind == kinds.SCORE and step.rubric is None:
        raise Invalid(_("Choose what they score on."), field="rubric")
    if step.kind != kinds.SCORE:
        step.rubric = None
    elif step.rubric.state == Versioned.State.DRAFT:
        raise Invalid(_("Publish the rubric first."), field="rubric")
    if step.kind == kinds.SCORE and step.readers == readers.MANAGERS:
        raise Invalid(_("Scores come from the panel. Choose who of it reads."), field="readers")
    if not 1 <= step.minimum_reviews <= rules.MOST_REVIEWS:
        raise Invalid(_("Give a number from 1 to %(most)d.") % {"most": rules.MOST_REVIEWS}, field="minimum_reviews")
    known = set(wave.question_set.questions.filter(reviewers_see=True).values_list("key", flat=True))
    if not set(step.question_keys) <= known:
        raise Invalid(_("Choose from the answers that reviewers may see."), field="question_keys")
    if step.readers == readers.SOME and not chosen:
        raise Invalid(_("Choose at least one person."), field="chosen")
    if {user.pk for user in chosen} - asked - {user.pk for user in reviewers_of(wave)}:
        raise Invalid(_("Choose from the reviewers of this wave."), field="chosen")


def _used(steps: Iterable[Any]) -> frozenset[Any]:
    return frozenset(step.pk for step in steps if step.used)


def _save(steps: list[Any]) -> None:
    """Writes the dates of all steps, and their positions in the order in which they begin."""
    ReviewPhase.objects.bulk_update(
        [_placed(step, OUT_OF_THE_WAY + n) for n, step in enumerate(steps)], ["position", "starts", "ends"]
    )
    ReviewPhase.objects.bulk_update(
        [_placed(step, n) for n, step in enumerate(rules.in_turn(steps), start=1)], ["position"]
    )


def _placed(step: Any, position: int) -> Any:
    step.position = position
    return step


@transaction.atomic
def move_phase(*, by: Any, phase: ReviewPhase, up: bool) -> ReviewPhase:
    """A step changes places with the one before or after it, dates and all: what is active follows from the dates. At
    the end nothing happens. Raises NotAllowed, Missing, DomainError where one of the two is in use."""
    wave = _wave(by, phase.wave_id)
    steps = _steps(wave)
    step = _one(steps, phase)
    at = steps.index(step)
    to = at - 1 if up else at + 1
    if not 0 <= to < len(steps):
        return step
    first, second = steps[min(at, to)], steps[max(at, to)]
    if first.used or second.used:
        raise DomainError(_("People work in one of these steps already, so they stay in this order."))
    rules.exchanged(first, second)
    _save(steps)
    audit.actions.record(by=by, verb="accelerator.phase.moved", obj=step, up=up)
    return step


@transaction.atomic
def remove_phase(*, by: Any, phase: ReviewPhase) -> None:
    """Takes a step out of a wave's review. Raises NotAllowed, Missing, DomainError where somebody works in it."""
    wave = _wave(by, phase.wave_id)
    steps = _steps(wave)
    step = _one(steps, phase)
    if step.used:
        raise DomainError(_("People work in this step already, so it stays."))
    audit.actions.record(by=by, verb="accelerator.phase.removed", obj=step, kind=step.kind)
    step.chosen.clear()
    ReviewPhase.objects.filter(pk=step.pk).delete()
    _save([one for one in steps if one is not step])
