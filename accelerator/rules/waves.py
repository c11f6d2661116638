"""What a wave's dates say. Pure: no queries."""

import datetime as dt
from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import Any, Protocol, TypeVar

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class Dated(Protocol):
    """The six dates of a wave."""

    call_opens: dt.datetime
    call_closes: dt.datetime
    support_starts: dt.date
    community_starts: dt.date
    evaluation_starts: dt.date
    ends: dt.date


W = TypeVar("W", bound="Dated")


class Phase(StrEnum):
    PLANNED = "planned"
    CALL = "call"
    SELECTION = "selection"
    SUPPORT = "support"
    COMMUNITY = "community"
    EVALUATION = "evaluation"
    ENDED = "ended"


def phase(wave: Dated, now: dt.datetime | None = None) -> Phase:
    """The phase at `now`. A call is open from the second it opens until, not including, the second it
    closes; the later phases begin at midnight, London time."""
    now = now or timezone.now()
    if now < wave.call_opens:
        return Phase.PLANNED
    if now < wave.call_closes:
        return Phase.CALL
    today = timezone.localdate(now)
    later = [
        (wave.ends, Phase.ENDED),
        (wave.evaluation_starts, Phase.EVALUATION),
        (wave.community_starts, Phase.COMMUNITY),
        (wave.support_starts, Phase.SUPPORT),
    ]
    return next((name for starts, name in later if today >= starts), Phase.SELECTION)


def in_order(wave: Dated) -> bool:
    """Whether the six dates follow each other, as the database demands too."""
    return (
        wave.call_opens < wave.call_closes
        and timezone.localdate(wave.call_closes)
        <= wave.support_starts
        < wave.community_starts
        < wave.evaluation_starts
        < wave.ends
    )


DATES = ("call_opens", "call_closes", "support_starts", "community_starts", "evaluation_starts", "ends")


def at_noon(moments: Sequence[dt.datetime], after: dt.datetime) -> list[dt.datetime]:
    """The moments put to noon of their days, London time, so that people can keep them in mind; as they are where two
    would fall together or before `after`."""
    noons = [timezone.make_aware(dt.datetime.combine(timezone.localdate(moment), dt.time(12))) for moment in moments]
    kept = [after, *noons]
    return noons if all(one < next_ for one, next_ in pairwise(kept)) else list(moments)


def passed(wave: Dated, now: dt.datetime | None = None) -> frozenset[str]:
    """Those of a wave's dates that have come: people have acted on them, so they stay."""
    now = now or timezone.now()
    today = timezone.localdate(now)
    return frozenset(
        name
        for name in DATES
        if (
            getattr(wave, name) <= now if isinstance(getattr(wave, name), dt.datetime) else getattr(wave, name) <= today
        )
    )


def shifted(wave: Dated, call_opens: dt.date) -> dict[str, Any]:
    """The six dates of a wave that opens its call on `call_opens` and otherwise takes as many days as `wave` did, its
    call opening and closing at the same London times."""
    days = call_opens - timezone.localdate(wave.call_opens)
    return {name: later(getattr(wave, name), days) for name in DATES}


def later(value: Any, days: dt.timedelta) -> Any:
    """A date, or a moment at the same London time of day, so many days later."""
    if not isinstance(value, dt.datetime):
        return value + days
    return timezone.make_aware(timezone.localtime(value).replace(tzinfo=None) + days)


SHELVES: list[tuple[Any, frozenset[Phase]]] = [
    (gettext_lazy("Open for ideas now"), frozenset({Phase.CALL})),
    (gettext_lazy("Opening next"), frozenset({Phase.PLANNED})),
    (gettext_lazy("Under way"), frozenset({Phase.SELECTION, Phase.SUPPORT, Phase.COMMUNITY, Phase.EVALUATION})),
    (gettext_lazy("Over"), frozenset({Phase.ENDED})),
]


def on_shelves(waves: Iterable[W], now: dt.datetime | None = None) -> list[tuple[Any, list[tuple[W, Phase]]]]:
    """Waves with their phases as the public list has them: (heading, waves), without empty shelves. Open calls and those
    to come stand in the order in which somebody has to act; the rest as given."""
    rows = [(wave, phase(wave, now)) for wave in waves]
    soonest = {Phase.CALL: lambda wave: wave.call_closes, Phase.PLANNED: lambda wave: wave.call_opens}
    found = []
    for heading, phases in SHELVES:
        shelf = [row for row in rows if row[1] in phases]
        if len(phases) == 1 and shelf and shelf[0][1] in soonest:
            shelf.sort(key=lambda row: soonest[row[1]](row[0]))
        if shelf:
            found.append((heading, shelf))
    return found


def stages(wave: Dated) -> list[tuple[str, dt.date, dt.date]]:
    """The calendar as people read it: (name, first day, day on which the next begins), without empty stretches."""
    opens, closes = timezone.localdate(wave.call_opens), timezone.localdate(wave.call_closes)
    rows = [
        (_("Call for ideas"), opens, closes),
        (_("Choosing"), closes, wave.support_starts),
        (_("Support"), wave.support_starts, wave.community_starts),
        (_("Open to the community"), wave.community_starts, wave.evaluation_starts),
        (_("What we learnt"), wave.evaluation_starts, wave.ends),
    ]
    return [row for row in rows if row[1] < row[2]]
