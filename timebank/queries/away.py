"""Who is away, and when."""

import datetime as dt
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from timebank.models import Away


def is_away(user: Any, at: dt.datetime | dt.date | None = None) -> bool:
    """Whether this person is (or was) away on the day of `at`, a moment or a date; today by default. Days are London's."""
    day = _day(at)
    return Away.objects.filter(user=user, first_day__lte=day, last_day__gte=day).exists()


def was_away(user: Any, *, within_days: int, at: dt.datetime | dt.date | None = None) -> bool:
    """Whether this person was away on the day of `at` (today by default) or on one of the `within_days` days before it.
    Days are London's."""
    day = _day(at)
    since = day - dt.timedelta(days=within_days)
    return Away.objects.filter(user=user, first_day__lte=day, last_day__gte=since).exists()


def away_on(at: dt.datetime | dt.date | None = None) -> QuerySet[Away]:
    """Everybody's periods that take in the day of `at`: `.values("user")` for lists that leave them out."""
    day = _day(at)
    return Away.objects.filter(first_day__lte=day, last_day__gte=day)


def coming(user: Any) -> Away | None:
    """The period this person is in, else the next one; None where there is none."""
    return Away.objects.filter(user=user, last_day__gte=timezone.localdate()).order_by("first_day", "id").first()


def export_for(user: Any) -> list[dict[str, str]]:
    """When somebody was away, for "download my data"."""
    rows = Away.objects.filter(user=user).order_by("first_day", "id")
    return [{"first_day": row.first_day.isoformat(), "last_day": row.last_day.isoformat()} for row in rows]


def _day(at: dt.datetime | dt.date | None) -> dt.date:
    if at is None:
        return timezone.localdate()
    return timezone.localtime(at).date() if isinstance(at, dt.datetime) else at
