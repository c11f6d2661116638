"""Saying when one is away, and that one is back."""

import datetime as dt
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from people.rules import check_may_act
from timebank.models import Away
from timebank.queries.away import coming
from ui.errors import Invalid

LONGEST = 366  # days


@transaction.atomic
def go_away(*, by: Any, first_day: dt.date, last_day: dt.date) -> Away:
    """Says that `by` is away from one day to another, both included. It takes the place of what was said about today
    and later; days that are over stay as they were. The same again changes nothing.

    Raises Invalid (first_day, last_day), NotAllowed (may not act).
    """
    check_may_act(by)
    today = timezone.localdate()
    if last_day < first_day:
        raise Invalid(_("The last day must be the first day or later."), field="last_day")
    if last_day < today:
        raise Invalid(_("The last day must be today or later."), field="last_day")
    if (last_day - first_day).days >= LONGEST:
        raise Invalid(_("You can be away for up to a year. Pause or close your listings instead."), field="last_day")
    if first_day > today + dt.timedelta(days=2 * LONGEST):
        raise Invalid(_("The first day must be within the next two years."), field="first_day")
    first_day = max(first_day, today)
    _lock(by)
    now = coming(by)
    if now and now.last_day == last_day and max(now.first_day, today) == first_day:
        return now
    _end(by, today)
    away = Away.objects.create(user=by, first_day=first_day, last_day=last_day)
    record(by=by, verb="timebank.away.set", obj=away, days=(last_day - first_day).days + 1)
    return away


@transaction.atomic
def come_back(*, by: Any) -> None:
    """Ends an absence as of today, and takes back one that is still to come. Harmless twice."""
    _lock(by)
    if _end(by, timezone.localdate()):
        record(by=by, verb="timebank.away.ended", obj=by)


def _lock(user: Any) -> None:
    """Two clicks at the same moment wait for each other here."""
    get_user_model().objects.select_for_update(no_key=True).get(pk=user.pk)


def _end(user: Any, today: dt.date) -> int:
    """Takes away what is to come, and ends what has begun with yesterday. Returns how many periods it changed."""
    taken, _rows = Away.objects.filter(user=user, first_day__gte=today).delete()
    ended = Away.objects.filter(user=user, first_day__lt=today, last_day__gte=today)
    return taken + ended.update(last_day=today - dt.timedelta(days=1))


@transaction.atomic
def forget(*, user: Any) -> None:
    """What closing an account ends here: when somebody was away is deleted."""
    Away.objects.filter(user=user).delete()
