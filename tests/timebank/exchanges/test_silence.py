import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from people.actions import safety
from people.models import Block
from tests.timebank.factories import (
    a_broker,
    a_member,
    a_settled_exchange,
    an_agreement,
    credits_of,
    give_credits,
    record,
)
from timebank import tasks
from timebank.actions import clock
from timebank.models import Account, Away, Exchange

pytestmark = pytest.mark.django_db

DAYS = dt.timedelta(days=1)


def day(days):
    """The date in London so many times 24 hours from now: a clock change may lie between."""
    return timezone.localdate(timezone.now() + days * DAYS)


def in_days(days):
    return time_machine.travel(timezone.now() + days * DAYS, tick=False)


def a_silent_side(recorded=60, agreed=60):
    """The provider recorded hours; the receiver, who has two exchanges behind them, says nothing."""
    ada, ben = a_member(), a_member()
    for _time in range(2):
        a_settled_exchange(ben, ada, 60)
    exchange = an_agreement(ben, ada, agreed)
    return record(exchange, ben, recorded)


def state_of(exchange):
    return Exchange.objects.values_list("state", flat=True).get(pk=exchange.pk)


def silence_after(days):
    with in_days(days):
        return clock.sweep()["silent"]


@pytest.mark.parametrize(("recorded", "agreed", "paid"), [(60, 60, 60), (90, 60, 60), (45, 60, 45)])
def test_the_lower_of_recorded_and_agreed_hours_is_paid_never_above_the_hold(recorded, agreed, paid):
    exchange = a_silent_side(recorded, agreed)
    assert silence_after(13) == 0
    assert silence_after(14) == 1
    assert credits_of(exchange.provider)[0] == 120 + paid
    assert credits_of(exchange.receiver) == (-120 - paid, 0)


def test_nothing_is_settled_while_the_silent_side_is_away_nor_for_three_days_after():
    exchange = a_silent_side()
    Away.objects.create(user=exchange.receiver, first_day=day(10), last_day=day(20))
    assert silence_after(14) == silence_after(20) == silence_after(23) == 0
    assert state_of(exchange) == "delivered"
    assert silence_after(24) == 1
    assert state_of(exchange) == "settled"


def test_a_single_day_away_gives_the_silent_side_three_days_too():
    exchange = a_silent_side()
    Away.objects.create(user=exchange.receiver, first_day=day(13), last_day=day(13))
    assert silence_after(14) == silence_after(15) == silence_after(16) == 0
    assert silence_after(17) == 1


def test_that_the_other_side_is_away_does_not_matter():
    exchange = a_silent_side()
    Away.objects.create(user=exchange.provider, first_day=day(0), last_day=day(20))
    assert silence_after(14) == 1
    assert state_of(exchange) == "settled"


def test_however_long_somebody_is_away_a_broker_looks_after_60_days():
    exchange = a_silent_side()
    Away.objects.create(user=exchange.receiver, first_day=day(0), last_day=day(300))
    assert silence_after(59) == 0
    assert silence_after(60) == 1
    assert state_of(exchange) == "disputed"


@pytest.mark.parametrize("between", ["report", "block", "suspension"])
def test_with_a_report_a_block_or_a_suspension_between_the_two_a_broker_looks_instead(between):
    exchange = a_silent_side()
    one, two = exchange.provider, exchange.receiver
    if between == "report":
        safety.report(by=two, about=one, text="He did not come.")
    elif between == "block":
        Block.objects.create(blocker=two, blocked=one)
    else:
        two.suspended_at = timezone.now()
        two.save()
    assert silence_after(14) == 1
    assert state_of(exchange) == "disputed"
    assert credits_of(two) == (-120, 60)


def test_a_report_that_is_closed_stands_in_nobodys_way():
    exchange = a_silent_side()
    about = safety.report(by=exchange.receiver, about=exchange.provider, text="He was late.")
    safety.close_report(by=a_broker(), report=about, outcome="They have talked.")
    assert silence_after(14) == 1
    assert state_of(exchange) == "settled"


def test_what_waits_for_credits_is_tried_again_every_minute_whatever_the_credits_come_from():
    exchange = an_agreement(minutes=600)
    record(exchange, exchange.provider, 660)
    record(exchange, exchange.receiver, 660)
    assert tasks.retry_waiting() == 0
    give_credits(Account.objects.get(member=exchange.receiver), 30)
    assert tasks.retry_waiting() == 0  # half of what is missing
    a_settled_exchange(exchange.receiver, minutes=30)
    assert tasks.retry_waiting() == 1
    assert state_of(exchange) == "settled"
    assert credits_of(exchange.provider) == (660, 0)
