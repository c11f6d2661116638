"""The steps of a review: when each runs, and what may still change in it. Pure: no queries."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Protocol

from django.utils import timezone
from django.utils.translation import gettext as _

from ui.errors import Invalid
from ui.formats import day, moment

MOST_REVIEWS = 10
SETTLED_ONCE_USED = frozenset(
    {"kind", "starts", "readers", "names", "other_reviews", "reviewer_names", "question_keys", "rubric",
     "minimum_reviews", "internal_label", "public_label"}
)  # fmt: skip  # people took it on as it was; its end may still come later, and more people may read


class Step(Protocol):
    """A step with its dates."""

    pk: Any
    internal_label: str
    starts: dt.datetime
    ends: dt.datetime


def in_turn(steps: Sequence[Step]) -> list[Step]:
    """The steps in the order in which they begin."""
    return sorted(steps, key=lambda step: (step.starts, step.ends))


def check_start(steps: Sequence[Step], changed: Step) -> None:
    """Raises Invalid (starts) where `changed` begins before an earlier step has ended."""
    order = in_turn(steps)
    at = order.index(changed)
    if at and order[at - 1].ends > changed.starts:
        raise Invalid(
            _("“%(step)s” runs until %(when)s. Begin after that.")
            % {"step": order[at - 1].internal_label, "when": moment(order[at - 1].ends)},
            field="starts",
        )


def make_room(steps: Sequence[Step], changed: Step, used: frozenset[Any]) -> list[Step]:
    """Moves the steps that come after `changed` so that none begins before the one before it has ended: each keeps its
    end where it can, else its length. Returns those that moved. Raises Invalid (ends) where a step that people work in
    (`used`, by key) would have to."""
    order = in_turn(steps)
    at = order.index(changed)
    moved = []
    for before, step in zip(order[at:], order[at + 1 :], strict=False):
        if step.starts >= before.ends:
            break
        if step.pk in used:
            raise Invalid(
                _("“%(step)s” begins on %(when)s, and people work in it already. End before that.")
                % {"step": step.internal_label, "when": moment(step.starts)},
                field="ends",
            )
        length = step.ends - step.starts
        step.starts = before.ends
        step.ends = step.ends if step.ends > step.starts else step.starts + length
        moved.append(step)
    return moved


def check_within(wave: Any, steps: Sequence[Step]) -> None:
    """Raises Invalid (starts, ends) where a step ends before it begins, or lies outside its wave."""
    for step in steps:
        if step.starts >= step.ends:
            raise Invalid(_("It must end after it begins."), field="ends")
        if step.starts < wave.call_opens:
            raise Invalid(
                _("The call opens on %(when)s. Begin then or later.") % {"when": moment(wave.call_opens)},
                field="starts",
            )
        if timezone.localdate(step.ends) > wave.ends:
            raise Invalid(
                _("“%(step)s” would end after the wave, which ends on %(day)s.")
                % {"step": step.internal_label, "day": day(wave.ends)},
                field="ends",
            )


def exchanged(first: Step, second: Step) -> None:
    """Two neighbours change places: each keeps its length, and together they run from where the first began to where
    the second ended."""
    starts, ends = first.starts, second.ends
    first_length, second_length = first.ends - first.starts, second.ends - second.starts
    second.starts, second.ends = starts, starts + second_length
    first.starts, first.ends = ends - first_length, ends
