"""What the timebank reminds people of. Rows are (user, key, context, address); what stops one is that it is no longer due."""

import datetime as dt
from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications import calendar
from notifications.reminders import Due, Reminder, offset_in_force
from timebank.letters import EXCHANGES, LISTINGS, PROPOSALS
from timebank.models import Exchange, Listing, Policy
from timebank.rules import State
from ui.formats import day, hours, moment

DAY = dt.timedelta(days=1)
UNANSWERED_AFTER = (3, 10)  # days
ENDING_FROM = (7, 1, -1)  # days before the last day; the day after it


def _row(exchange: Exchange, user, key: str, words: str, deadline: dt.datetime | None = None) -> Due:
    return Due(
        user=user,
        key=f"{exchange.pk}:{key}",
        context={
            "words": words,
            "title": exchange.title,
            "when": moment(exchange.starts_at, zone=True),
            "where": exchange.place,
            "link": exchange.online_link,
        },
        url=reverse("timebank:exchange", args=[exchange.pk]),
        deadline=deadline,
    )


def _rows(**filters) -> Iterator[Exchange]:
    return (
        Exchange.objects.filter(**filters)
        .select_related(*Exchange.NAMED_BY)
        .order_by("state_at", "pk")
        .iterator(chunk_size=500)
    )


def unanswered(now: dt.datetime) -> Iterator[Due]:
    """Who was asked and has not answered: after 3 and 10 days, until the proposal expires."""
    for exchange in _rows(state=State.PROPOSED, proposed_at__lte=now - UNANSWERED_AFTER[0] * DAY, answer_by__gt=now):
        waited = (now - exchange.proposed_at).days
        mark = max(days for days in UNANSWERED_AFTER if days <= waited)
        asked = exchange.receiver if exchange.proposed_by_id == exchange.provider_id else exchange.provider
        asker = exchange.provider if asked is exchange.receiver else exchange.receiver
        words = _("%(name)s proposed an exchange of %(hours)s and waits for your answer. It expires %(when)s.") % {
            "name": asker,
            "hours": hours(exchange.minutes),
            "when": moment(exchange.answer_by),
        }
        yield _row(exchange, asked, f"unanswered:{mark}", words, exchange.answer_by)


def confirm_hours(now: dt.datetime) -> Iterator[Due]:
    """Who has not recorded hours though the other side has: after 3, 7 and 12 days (the policy's numbers), in time before
    silence settles it."""
    policy = Policy.objects.in_force()
    days = sorted(policy.reminder_days)
    if not days:
        return
    rows = (
        Exchange.objects.filter(state=State.DELIVERED, waiting_since=None, delivered_at__lte=now - days[0] * DAY)
        .select_related(*Exchange.NAMED_BY)
        .prefetch_related("records")
        .order_by("delivered_at", "pk")
    )
    for exchange in rows.iterator(chunk_size=500):
        recorded = {record.side: record for record in exchange.records.all()}
        if len(recorded) != 1:
            continue
        (side, record), *_rest = recorded.items()
        silent, other = (
            (exchange.receiver, exchange.provider) if side == "provider" else (exchange.provider, exchange.receiver)
        )
        assert exchange.delivered_at is not None  # by its state
        mark = max(d for d in days if d <= (now - exchange.delivered_at).days)
        words = _("%(name)s recorded %(hours)s. Record your hours too, and it is settled.") % {
            "name": other,
            "hours": hours(record.minutes),
        }
        yield _row(exchange, silent, f"confirm:{mark}", words, exchange.delivered_at + policy.silence_days * DAY)


def record_hours(now: dt.datetime) -> Iterator[Due]:
    """Both sides, the day after an exchange that had a date, while nobody has recorded hours."""
    for exchange in _rows(state=State.ACCEPTED, starts_at__lte=now - DAY, starts_at__gt=now - 8 * DAY):
        for person in (exchange.provider, exchange.receiver):
            yield _row(
                exchange, person, "record", _("How long did it take? Record the hours, so that they can be settled.")
            )


def tomorrow(now: dt.datetime) -> Iterator[Due]:
    """Both sides, in the 24 hours before an agreed exchange."""
    for exchange in _rows(state=State.ACCEPTED, starts_at__gt=now, starts_at__lte=now + DAY):
        assert exchange.starts_at is not None  # by the filter
        for person, other in ((exchange.provider, exchange.receiver), (exchange.receiver, exchange.provider)):
            words = _("You meet %(name)s soon.") % {"name": other}
            yield _row(exchange, person, f"soon:{exchange.starts_at.isoformat()}", words, exchange.starts_at)


def leaving_the_board(now: dt.datetime) -> Iterator[Due]:
    """Who posted something whose last day on the board is near: a week before, the day before, and the day after."""
    today = calendar.london(now).date()
    rows = Listing.objects.filter(
        closed_at=None,
        paused_at=None,
        open_until__gte=today - DAY,
        open_until__lte=today + ENDING_FROM[0] * DAY,
        posted_by__closed_at=None,
    )
    for listing in rows.select_related("posted_by").order_by("open_until", "pk").iterator(chunk_size=500):
        assert listing.open_until is not None  # by the filter
        offset = offset_in_force(listing.open_until, ENDING_FROM, now)
        if offset is None:
            continue
        over = _("It left the board after %(day)s. If it still holds, put it back with one click.")
        soon = _("Its last day on the board is %(day)s. If it still holds, keep it there with one click.")
        yield Due(
            user=listing.posted_by,
            key=f"{listing.pk}:{listing.open_until.isoformat()}:{offset}",
            context={
                "words": (over if offset < 0 else soon) % {"day": day(listing.open_until)},
                "title": listing.title,
            },
            url=reverse("timebank:renew_listing", args=[listing.pk]),
        )


REMINDERS = (
    Reminder(
        "timebank.leaving_the_board",
        LISTINGS,
        leaving_the_board,
        "timebank/mail/reminder",
        gettext_lazy("Does it still hold? %(title)s"),
    ),
    Reminder(
        "timebank.unanswered",
        PROPOSALS,
        unanswered,
        "timebank/mail/reminder",
        gettext_lazy("Waiting for your answer: %(title)s"),
    ),
    Reminder(
        "timebank.confirm_hours",
        EXCHANGES,
        confirm_hours,
        "timebank/mail/reminder",
        gettext_lazy("Confirm the hours: %(title)s"),
    ),
    Reminder(
        "timebank.record_hours",
        EXCHANGES,
        record_hours,
        "timebank/mail/reminder",
        gettext_lazy("Record the hours: %(title)s"),
    ),
    Reminder(
        "timebank.tomorrow",
        EXCHANGES,
        tomorrow,
        "timebank/mail/reminder",
        gettext_lazy("Soon: %(title)s, %(when)s"),
    ),
)
