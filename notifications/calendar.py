"""When things are due, as people in the United Kingdom count: London time, working days, month ends. Pure functions."""

import calendar
import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
NATIONS = ("ENG", "NIR", "SCT", "WLS")
QUIET_FROM = dt.time(20, 0)
QUIET_UNTIL = dt.time(8, 0)


def london(now: dt.datetime) -> dt.datetime:
    """An aware moment on a London clock."""
    return now.astimezone(LONDON)


@lru_cache(maxsize=64)
def bank_holidays(year: int, nation: str = "ENG") -> frozenset[dt.date]:
    """The bank holidays of one nation in one year, by the `holidays` package."""
    if nation not in NATIONS:
        raise ValueError(f"{nation!r} is not one of {', '.join(NATIONS)}.")
    import holidays  # a tenth of a second to load, and most processes never ask

    return frozenset(holidays.country_holidays("GB", subdiv=nation, years=year))


def is_working_day(day: dt.date, nation: str = "ENG") -> bool:
    """Whether offices work: Monday to Friday and no bank holiday in that nation."""
    return day.weekday() < 5 and day not in bank_holidays(day.year, nation)


def add_working_days(day: dt.date, days: int, nation: str = "ENG") -> dt.date:
    """The date `days` working days after `day` (before it, where negative). 0 gives `day`, or the next working day."""
    step = dt.timedelta(days=-1 if days < 0 else 1)
    if days == 0:
        while not is_working_day(day, nation):
            day += step
        return day
    left = abs(days)
    while left:
        day += step
        if is_working_day(day, nation):
            left -= 1
    return day


def working_days_between(start: dt.date, end: dt.date, nation: str = "ENG") -> int:
    """How many working days lie after `start`, up to and including `end`; negative where `end` is earlier."""
    if end < start:
        return -working_days_between(end, start, nation)
    return sum(is_working_day(start + dt.timedelta(days=n), nation) for n in range(1, (end - start).days + 1))


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day of another month, or its last day where it has no such day (31 October + 1 -> 30 November)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def next_due(anchor: dt.date, after: dt.date, *, rhythm: str) -> dt.date:
    """The first date after `after` in a `weekly`, `fortnightly`, `monthly` or `quarterly` rhythm that began at `anchor`.

    Counted from the anchor each time, so a month end never drifts: 31 October, 30 November, 31 December.
    """
    if after < anchor:
        return anchor
    if rhythm in {"weekly", "fortnightly"}:
        length = 7 if rhythm == "weekly" else 14
        return anchor + dt.timedelta(days=((after - anchor).days // length + 1) * length)
    if rhythm not in {"monthly", "quarterly"}:
        raise ValueError(f"{rhythm!r} is not a rhythm.")
    step = 1 if rhythm == "monthly" else 3
    turns = ((after.year - anchor.year) * 12 + after.month - anchor.month) // step
    while add_months(anchor, turns * step) <= after:
        turns += 1
    return add_months(anchor, turns * step)


def in_quiet_hours(now: dt.datetime, start: dt.time = QUIET_FROM, end: dt.time = QUIET_UNTIL) -> bool:
    """Whether a London clock stands in the quiet hours, from `start` until before `end`, over midnight where need be."""
    clock = london(now).time()
    if start == end:
        return False
    if start < end:
        return start <= clock < end
    return clock >= start or clock < end


def at_london(day: dt.date, clock: dt.time) -> dt.datetime:
    """A date and a clock time in London as an aware moment."""
    return dt.datetime.combine(day, clock, tzinfo=LONDON)


def next_clock(after: dt.datetime, clock: dt.time, *, weekday: int | None = None) -> dt.datetime:
    """The first moment after `after` at which London clocks show `clock` (on that weekday, Monday 0, where given)."""
    day = london(after).date()
    while True:
        moment = at_london(day, clock)
        if moment > after and (weekday is None or day.weekday() == weekday):
            return moment
        day += dt.timedelta(days=1)
