"""Who gave hours to something: what rooms above ask before they thank people."""

from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db.models import Sum

from people.rules import blocked_with_any
from timebank.models import Exchange, Purpose
from timebank.rules import State


class Helper(NamedTuple):
    """Somebody who gave `minutes` of settled time."""

    person: Any
    minutes: int


def helpers_of(purpose: Purpose | Any, *, told_about: Any = ()) -> list[Helper]:
    """Everybody who gave settled hours to a purpose (or its id) and may be written to, most hours first.

    Left out: who has left or is suspended, and who has blocked, or is blocked by, one of `told_about`: the people whom a
    letter would be about. Three queries."""
    given = dict(
        Exchange.objects.filter(purpose=purpose, state=State.SETTLED)
        .order_by()
        .values_list("provider")
        .annotate(minutes=Sum("settled_minutes"))
    )
    people = get_user_model().objects.active().filter(pk__in=given)
    apart = blocked_with_any(told_about)
    found = [Helper(person, given[person.pk]) for person in people if person.pk not in apart]
    return sorted(found, key=lambda helper: (-helper.minutes, helper.person.pk))
