import datetime as dt

import pytest
from django.utils import timezone

from tests.timebank.factories import a_proposal, an_agreement, record
from timebank import reminders, tasks
from timebank.actions import calling_off, exchanges
from timebank.models import LedgerCheck

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)


def due(reminder, days):
    """(user, key without the exchange's id) of all that is due so many days from now."""
    return [(row.user, row.key.split(":", 1)[1]) for row in reminder(timezone.now() + days * DAY)]


def test_who_was_asked_is_reminded_after_3_and_10_days_until_it_expires():
    proposal = a_proposal()
    asked = proposal.provider
    assert due(reminders.unanswered, 2) == []
    assert due(reminders.unanswered, 4) == [(asked, "unanswered:3")]
    assert due(reminders.unanswered, 11) == [(asked, "unanswered:10")]
    assert due(reminders.unanswered, 15) == []
    exchanges.decline(by=asked, exchange=proposal)
    assert due(reminders.unanswered, 4) == []


def test_the_silent_side_is_asked_to_confirm_hours_after_3_7_and_12_days():
    exchange = an_agreement()
    record(exchange, exchange.provider, 60)
    silent = exchange.receiver
    assert [due(reminders.confirm_hours, days) for days in (2, 3.1, 7.1, 12.1)] == [
        [],
        [(silent, "confirm:3")],
        [(silent, "confirm:7")],
        [(silent, "confirm:12")],
    ]
    (row,) = reminders.confirm_hours(timezone.now() + 4 * DAY)
    assert "recorded 1 h. Record your hours too" in row.context["words"]
    exchange.refresh_from_db()
    assert row.deadline == exchange.delivered_at + 14 * DAY, "then silence settles it"
    record(exchange, silent, 60)
    assert due(reminders.confirm_hours, 4) == []


def test_both_are_told_of_a_meeting_within_a_day_and_asked_for_the_hours_after_it():
    exchange = an_agreement(starts_at=timezone.now() + 5 * DAY)
    both = {exchange.provider, exchange.receiver}
    assert due(reminders.tomorrow, 3) == []
    assert {user for user, _key in due(reminders.tomorrow, 4.5)} == both
    assert due(reminders.tomorrow, 5.5) == []
    assert due(reminders.record_hours, 5.5) == []
    assert {user for user, _key in due(reminders.record_hours, 6.5)} == both
    calling_off.cancel(by=exchange.provider, exchange=exchange)
    assert due(reminders.tomorrow, 4.5) == due(reminders.record_hours, 6.5) == []


def test_every_reminder_is_written_as_mail_with_its_words():
    from notifications.reminders import sweep

    exchange = an_agreement(starts_at=timezone.now() + DAY / 2)
    noon = timezone.now().replace(hour=12, minute=0)
    noon = noon if noon < exchange.starts_at else noon - DAY
    assert sweep(now=noon) >= 0
    for reminder in reminders.REMINDERS:
        for row in reminder.due(timezone.now()):
            assert row.context["words"] and row.url.endswith(f"{exchange.pk}/")
            assert str(reminder.subject) % row.context


def test_the_tasks_sweep_and_check_the_books():
    proposal = a_proposal()
    type(proposal).objects.filter(pk=proposal.pk).update(answer_by=timezone.now())
    assert tasks.sweep_exchanges()["unanswered"] == 1
    assert tasks.check_ledger() is True
    assert LedgerCheck.objects.get().passed
