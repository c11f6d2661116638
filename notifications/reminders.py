"""Reminders are data: a room registers a `Reminder`; one beat task sweeps them all.

`due(now)` yields a `Due` for everybody whose occasion has come and has not passed; the key names the occasion, and is
given to a person once. What makes a reminder stop is that `due` no longer yields it. Hours that were missed are caught
up because `due` looks at what is due by now, not at what became due in this minute.
"""

import datetime as dt
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from notifications import actions, calendar, kinds
from notifications.models import OutboxMessage, QuietHours, ReminderSent

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Due:
    """One person to remind of one occasion. `key` is the occasion ("milestone 12, 3 days before"); `subject`, where
    given, takes the place of the reminder's own; `nation` decides bank holidays; `deadline`, where there is one, is the moment
    after which the reminder is of no use: within 72 hours of it, it waits for no other."""

    user: Any
    key: str
    context: Mapping[str, Any] = field(default_factory=dict)
    url: str = ""
    subject: Any = ""
    nation: str = "ENG"
    deadline: dt.datetime | None = None


@dataclass(frozen=True)
class Reminder:
    """What one room reminds people of. `kind` is a registered kind, which decides preferences and urgency;
    `working_days` keeps it to Monday to Friday without bank holidays; `day_and_night` sends it in quiet hours too (somebody
    may be in danger). `subject` may hold %(name)s of the context."""

    slug: str
    kind: str
    due: Callable[[dt.datetime], Iterable[Any]]
    template: str
    subject: Any  # lazy text
    working_days: bool = False
    day_and_night: bool = False


_reminders: dict[str, Reminder] = {}


def register(*reminders: Reminder) -> None:
    """Adds reminders; the same slug with another meaning is a mistake in the code."""
    for reminder in reminders:
        if _reminders.setdefault(reminder.slug, reminder) != reminder:
            raise ValueError(f"Two different reminders are called {reminder.slug!r}.")


def every() -> list[Reminder]:
    """All reminders, by slug."""
    return sorted(_reminders.values(), key=lambda reminder: reminder.slug)


def offset_in_force(date: dt.date, offsets: Iterable[int], now: dt.datetime) -> int | None:
    """Which of "so many days before" is the one to send now: the smallest that has been reached, None before the first
    and after the date. Days after a date are negative offsets: -1 is the day after; they have no end of their own.

    Missed offsets are not sent one after the other: with (7, 2, 1), two days before only 2 is in force.
    """
    left = (date - calendar.london(now).date()).days
    reached = [offset for offset in offsets if left <= offset]
    if not reached:
        return None
    nearest = min(reached)
    return None if nearest >= 0 and left < 0 else nearest


def weeks_overdue(date: dt.date, now: dt.datetime) -> int | None:
    """For reminders that repeat weekly: 1 from the day after a date, 2 a week later, and so on; None until then."""
    days = (calendar.london(now).date() - date).days
    return None if days < 1 else (days - 1) // 7 + 1


def week_of(now: dt.datetime) -> str:
    """The ISO week in London ("2026-W48"), as the key of a reminder that comes once a week."""
    year, week, _weekday = calendar.london(now).isocalendar()
    return f"{year}-W{week:02d}"


def sweep(*, now: dt.datetime | None = None) -> int:
    """Reminds everybody of what is due by now and has not been said; returns how many reminders were written.

    A reminder whose query fails is logged and does not stop the others.
    """
    now = now or timezone.now()
    written = 0
    for reminder in every():
        try:
            written += _remind(reminder, now)
        except Exception:
            log.exception("reminder %s failed", reminder.slug)
    actions.release_waiting(now=now)
    return written


def _remind(reminder: Reminder, now: dt.datetime) -> int:
    with transaction.atomic():  # a read that fails must not leave the connection in a broken transaction
        rows = [row if isinstance(row, Due) else Due(*row) for row in reminder.due(now)]
    keys = {_key(reminder, row): row for row in rows}
    said = set(ReminderSent.objects.filter(key__in=keys).values_list("key", flat=True))
    fresh = {key: row for key, row in keys.items() if key not in said}
    own = {
        hours.user_id: hours for hours in QuietHours.objects.filter(user__in={row.user.pk for row in fresh.values()})
    }
    today = calendar.london(now).date()
    written = 0
    for key, row in fresh.items():
        if not row.user.is_present:  # a paused person is reminded of nothing, and hears what is still due afterwards
            continue
        hours = own.get(row.user.pk)
        quiet = calendar.in_quiet_hours(now, hours.starts, hours.ends) if hours else calendar.in_quiet_hours(now)
        if (quiet and not reminder.day_and_night) or (
            reminder.working_days and not calendar.is_working_day(today, row.nation)
        ):
            continue
        written += _say(reminder, key, row, now)
    return written


@transaction.atomic
def _say(reminder: Reminder, key: str, row: Due, now: dt.datetime) -> int:
    _row, first = ReminderSent.objects.get_or_create(key=key)
    if not first:
        return 0
    actions.notify(
        to=row.user,
        kind=reminder.kind,
        key=_message_key(reminder, row),
        subject=str(row.subject or reminder.subject) % row.context,
        template=reminder.template,
        context=row.context,
        url=row.url,
        reminder=reminder.slug,
        deadline=row.deadline,
        now=now,
    )
    return 1


class Standing:
    """What reminders yield at one moment, each asked once however many messages wait: one for a whole sweep."""

    def __init__(self, now: dt.datetime):
        self.now = now
        self._asked: dict[str, set[tuple[Any, str]] | None] = {}

    def gone(self, message: OutboxMessage) -> bool:
        """Whether a message is a reminder whose reason has gone: its reminder does not yield that occasion for that person
        any more, or yields a later one in its place. News never goes; a reminder that cannot be asked is taken to hold."""
        if message.reminder not in _reminders:
            return False
        if message.reminder not in self._asked:
            self._asked[message.reminder] = self._ask(_reminders[message.reminder])
        standing = self._asked[message.reminder]
        return standing is not None and (message.user_id, message.key) not in standing

    def _ask(self, reminder: Reminder) -> set[tuple[Any, str]] | None:
        try:
            with transaction.atomic():
                rows = [row if isinstance(row, Due) else Due(*row) for row in reminder.due(self.now)]
        except Exception:
            log.exception("reminder %s could not be asked again", reminder.slug)
            return None
        return {(row.user.pk, _message_key(reminder, row)) for row in rows}


def _message_key(reminder: Reminder, row: Due) -> str:
    return f"reminder:{reminder.slug}:{row.key}"[:200]


def _key(reminder: Reminder, row: Due) -> str:
    return f"{reminder.slug}:{row.user.pk}:{row.key}"


__all__ = ["Due", "Reminder", "kinds", "offset_in_force", "register", "sweep", "week_of", "weeks_overdue"]
