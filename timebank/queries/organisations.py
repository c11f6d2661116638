"""Hours between organisations, by where people are today; and the net of it."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from people.models import Organisation
from timebank.models import Exchange
from timebank.rules import State


@dataclass(frozen=True)
class Pair:
    """What one organisation's people gave another's and got back, in minutes; `net` is what it gave more."""

    one: str
    other: str
    gave: int
    got: int

    @property
    def net(self) -> int:
        return self.gave - self.got


@dataclass(frozen=True)
class Standing:
    """One organisation against all others, in minutes; `inside` stayed among its own people."""

    name: str
    gave: int
    got: int
    inside: int

    @property
    def net(self) -> int:
        return self.gave - self.got


def _flows(since: dt.date | None, until: dt.date | None) -> dict[tuple[Any, Any], int]:
    """(giver's organisation, receiver's organisation) -> settled minutes. Where an organisation's pot pays, it receives.
    None stands for people without one; a merged organisation counts as what it was merged into. One query."""
    rows = Exchange.objects.filter(state=State.SETTLED)
    if since:
        rows = rows.filter(settled_at__date__gte=since)
    if until:
        rows = rows.filter(settled_at__date__lte=until)
    grouped = (
        rows.annotate(
            giver=Coalesce("provider__profile__organisation__merged_into_id", "provider__profile__organisation_id"),
            taker=Coalesce(
                "pot__organisation__merged_into_id",
                "pot__organisation_id",
                "receiver__profile__organisation__merged_into_id",
                "receiver__profile__organisation_id",
            ),
        )
        .order_by()
        .values("giver", "taker")
        .annotate(minutes=Sum(F("settled_minutes")))
    )
    return {(row["giver"], row["taker"]): row["minutes"] for row in grouped}


def _names(ids: set[Any]) -> dict[Any, str]:
    names = dict(Organisation.objects.filter(pk__in=ids - {None}).values_list("pk", "name"))
    return names | {None: _("People without an organisation")}


def between(since: dt.date | None = None, until: dt.date | None = None) -> tuple[list[Standing], list[Pair]]:
    """Where each organisation stands, and every pair that exchanged hours; both in the order of how much is owed, then
    by name. Whole days, both included. Two queries."""
    flows = _flows(since, until)
    names = _names({side for pair in flows for side in pair})
    gave: dict[Any, int] = defaultdict(int)
    got: dict[Any, int] = defaultdict(int)
    pairs = []
    for (giver, taker), minutes in flows.items():
        if giver == taker:
            continue
        gave[giver] += minutes
        got[taker] += minutes
        back = flows.get((taker, giver), 0)
        if back < minutes or (back == minutes and names[giver] < names[taker]):  # each pair once, who gave more first
            pairs.append(Pair(names[giver], names[taker], minutes, back))
    standings = [
        Standing(names[one], gave[one], got[one], flows.get((one, one), 0)) for one in names if _met(one, flows)
    ]
    return (
        sorted(standings, key=lambda each: (-abs(each.net), each.name)),
        sorted(pairs, key=lambda each: (-each.net, each.one, each.other)),
    )


def _met(one: Any, flows: dict[tuple[Any, Any], int]) -> bool:
    return any(one in pair for pair in flows)
