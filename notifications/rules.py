"""When a message may leave, and at what pace. Pure functions."""

import datetime as dt

from notifications import calendar, kinds
from notifications.models import OutboxMessage, Preference

MAX_ATTEMPTS = 6
SENDING_LIMIT = dt.timedelta(minutes=10)
BODY_KEPT = dt.timedelta(days=90)
DEADLINE_NEAR = dt.timedelta(hours=72)  # from here on a reminder of it waits for nothing
STALE_AFTER = dt.timedelta(minutes=15)  # a reminder that is older is asked again before it leaves
REMINDER_GAP = dt.timedelta(hours=84)  # half a week: never more than two in any seven days
DIGEST_CLOCK = dt.time(8, 0)
DIGEST_WEEKDAY = 0  # Monday

How = Preference.How
Pace = OutboxMessage.Pace


def pace(kind: kinds.Kind, how: str, *, is_reminder: bool) -> str | None:
    """How soon a message leaves: a value of `OutboxMessage.Pace`, or None for no e-mail at all.

    A kind that cannot be switched off goes at once whatever was chosen; so does what is urgent, unless it is off.
    """
    if kind.why_not_off:
        return Pace.AT_ONCE
    if how == How.OFF:
        return None
    if kind.urgent:
        return Pace.AT_ONCE
    if how in {How.DAILY, How.WEEKLY}:
        return Pace(how)
    return Pace.REMINDER if is_reminder else Pace.AT_ONCE


def release_at(
    message_pace: str, first_waiting: dt.datetime, last_release: dt.datetime | None, now: dt.datetime
) -> dt.datetime:
    """When the messages that wait at one pace for one person may leave together."""
    if message_pace == Pace.DAILY:
        return calendar.next_clock(first_waiting, DIGEST_CLOCK)
    if message_pace == Pace.WEEKLY:
        return calendar.next_clock(first_waiting, DIGEST_CLOCK, weekday=DIGEST_WEEKDAY)
    return now if last_release is None else max(first_waiting, last_release + REMINDER_GAP)


def comes_too_late(message_pace: str | None, deadline: dt.datetime | None, now: dt.datetime) -> bool:
    """Whether what waits at this pace could leave too near its deadline, or after it, so that it goes at once. Two reminders
    a week are no rule within 72 hours of the date; a digest that comes after it is of no use."""
    if deadline is None or deadline <= now or message_pace in (None, Pace.AT_ONCE):
        return False
    if message_pace == Pace.REMINDER:
        return deadline - now <= DEADLINE_NEAR
    return release_at(str(message_pace), now, None, now) >= deadline


def retry_delay(attempts: int) -> dt.timedelta:
    """How long to wait after the nth failure: 1, 4, 16, 64, 256 minutes."""
    return dt.timedelta(minutes=4 ** max(attempts - 1, 0))


def may_see_outbox(user) -> bool:
    """Administrators see the outbox. Roles live above this room, so the user is asked (`User.has_role`)."""
    return bool(user.is_authenticated and user.has_role("administrator"))
