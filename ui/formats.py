"""How numbers and dates are said on a page: "1 h 30", "Tue 3 Feb"."""

import datetime as dt

from django.utils import timezone


def hours(minutes: int | None) -> str:
    """Minutes as hours: 90 -> "1 h 30", 60 -> "1 h", 20 -> "20 min", -90 -> "−1 h 30" (a true minus)."""
    if minutes is None:
        return ""
    sign = "\u2212" if minutes < 0 else ""
    whole, rest = divmod(abs(minutes), 60)
    if whole and rest:
        return f"{sign}{whole} h {rest:02d}"
    if whole:
        return f"{sign}{whole} h"
    return f"{sign}{rest} min" if rest else "0 h"


def pounds(pence: int | None) -> str:
    """Whole pence as money: 1250 -> "£12.50", 120000 -> "£1,200", -50 -> "−£0.50" (a true minus)."""
    if pence is None:
        return ""
    whole, rest = divmod(abs(pence), 100)
    return f"{'−' if pence < 0 else ''}£{whole:,}{f'.{rest:02d}' if rest else ''}"


def day(value: dt.date | dt.datetime | None) -> str:
    """A date as "Tue 3 Feb", with the year where it is not this one."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        value = timezone.localtime(value).date()
    text = f"{value:%a} {value.day} {value:%b}"
    return text if value.year == timezone.localdate().year else f"{text} {value.year}"


def full_day(value: dt.date | dt.datetime | None) -> str:
    """A date as "3 February 2026", for documents that are read years later."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        value = timezone.localtime(value).date()
    return f"{value.day} {value:%B %Y}"


def moment(value: dt.datetime | None, *, zone: bool = False) -> str:
    """A time as "Tue 3 Feb, 14:05"; with `zone` the abbreviation that a deadline needs ("GMT" or "BST")."""
    if value is None:
        return ""
    local = timezone.localtime(value)
    return f"{day(value)}, {local:%H:%M}" + (f" {local:%Z}" if zone else "")
