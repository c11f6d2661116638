import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from notifications.models import InboxItem
from people.models import RoleGrant
from tests.timebank.exchanges.test_offline import offline
from tests.timebank.factories import (
    a_broker,
    a_dispute,
    a_member,
    an_agreement,
    credits_of,
    record,
    state_both,
)
from timebank.actions import clock, disputes, hours
from timebank.models import Dispute, Exchange, Hold, Transfer
from timebank.queries import verification
from ui.errors import DomainError, Invalid, Missing, NotAllowed

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)


def in_days(days):
    return time_machine.travel(timezone.now() + days * DAY, tick=False)


def now_in(exchange):
    exchange.refresh_from_db()
    return exchange.state, exchange.settled_minutes


def a_decision(decision="settle", by=None, exchange=None, **fields):
    """2 h and 1 h 30; the undisputed 1 h 30 are paid; a broker has decided about the rest."""
    exchange = exchange or a_dispute(heard=True)
    return disputes.decide(by=by or a_broker(), exchange=exchange, decision=decision, note="The log says so.", **fields)


def an_appeal(exchange, side="receiver"):
    disputes.appeal(by=getattr(exchange, side), exchange=exchange, statement="The log is wrong.")
    state_both(exchange)


# ── the clock of the first decision ──


def test_a_broker_hears_both_sides_or_waits_five_days():
    exchange, broker = a_dispute(), a_broker()
    disputes.add_statement(by=exchange.provider, exchange=exchange, statement="It was two hours.")
    with pytest.raises(DomainError, match="has not said yet"):
        a_decision(by=broker, exchange=exchange)
    assert now_in(exchange) == ("disputed", 90)
    with in_days(5):
        a_decision(by=broker, exchange=exchange)
    assert now_in(exchange) == ("settled", 120)


@pytest.mark.parametrize(("paid_before", "ends_as"), [(True, ("settled", 90)), (False, ("cancelled", None))])
def test_what_nobody_decides_for_30_days_ends_and_gives_back_what_is_held(paid_before, ends_as):
    exchange = a_dispute() if paid_before else an_agreement()
    if not paid_before:
        disputes.dispute(by=exchange.receiver, exchange=exchange, statement="It was not what we agreed.")
    with in_days(29):
        assert clock.sweep()["undecided"] == 0
    with in_days(30):
        assert clock.sweep()["undecided"] == 1
        assert clock.sweep()["undecided"] == 0
    assert now_in(exchange) == ends_as
    assert not Hold.objects.filter(state="active").exists()
    assert Dispute.objects.get().decision == "lapsed"
    assert InboxItem.objects.filter(subject__startswith="Ended without a decision").count() == 2


def test_two_records_that_differ_inside_a_dispute_pay_what_is_undisputed_and_it_stays():
    exchange = an_agreement()
    disputes.dispute(by=exchange.receiver, exchange=exchange, statement="It was short.")
    record(exchange, exchange.provider, 120)
    record(exchange, exchange.receiver, 60)
    assert now_in(exchange) == ("disputed", 60)
    state_both(exchange)
    a_decision("cancel", exchange=exchange)
    assert now_in(exchange) == ("settled", 60)
    assert credits_of(exchange.provider) == (60, 0)


# ── appeals ──


@pytest.mark.parametrize(
    ("first", "second", "paid", "kinds"),
    [
        ({"decision": "settle"}, {"decision": "cancel"}, 90, ["exchange", "adjustment", "reversal"]),
        ({"decision": "settle"}, {"decision": "split", "minutes": 100}, 100, ["exchange", "adjustment", "reversal", "adjustment"]),
        ({"decision": "settle"}, {"decision": "settle"}, 120, ["exchange", "adjustment"]),
        ({"decision": "cancel"}, {"decision": "settle"}, 120, ["exchange", "adjustment"]),
        ({"decision": "split", "minutes": 100}, {"decision": "split", "minutes": 110}, 110, ["exchange", "adjustment", "adjustment"]),
    ],
)  # fmt: skip
def test_an_appeal_raises_or_lowers_what_was_decided_by_whole_entries_and_never_what_both_recorded(
    first, second, paid, kinds
):
    exchange = a_decision(**first)
    an_appeal(exchange)
    done = a_decision(exchange=exchange, **second)
    assert now_in(done) == ("settled", paid)
    assert credits_of(exchange.provider) == (paid, 0)
    assert credits_of(exchange.receiver) == (-paid, 0)
    moved = Transfer.objects.filter(exchange=exchange).order_by("id").values_list("kind", flat=True)
    assert list(moved) == kinds
    assert not verification.findings()


def test_where_nothing_was_undisputed_an_appeal_may_take_everything_back_or_pay_what_the_first_did_not():
    for first, second, ends_as, paid in [
        ("settle", "cancel", ("cancelled", None), 0),
        ("cancel", "settle", ("settled", 120), 120),
    ]:
        exchange = an_agreement()
        disputes.dispute(by=exchange.receiver, exchange=exchange, statement="It was not what we agreed.")
        state_both(exchange)
        a_decision(first, exchange=exchange)
        an_appeal(exchange, "provider")
        a_decision(second, exchange=exchange)
        assert now_in(exchange) == ends_as
        assert credits_of(exchange.provider) == (paid, 0)
        assert credits_of(exchange.receiver) == (-paid, 0)
    assert not verification.findings()


def test_an_appeal_is_decided_by_somebody_else_and_never_by_a_party():
    first, other = a_broker(), a_broker("Bo Broker")
    administrator, party = a_member("Ari"), a_broker("Pat")
    RoleGrant.objects.create(user=administrator, role="administrator", reason="For this test")
    for decider in (other, administrator):
        exchange = a_decision(by=first, exchange=a_dispute(provider=party, heard=True))
        an_appeal(exchange)
        with pytest.raises(NotAllowed, match="decided or recorded this before"):
            a_decision("cancel", by=first, exchange=exchange)
        with pytest.raises(NotAllowed, match="party"):
            a_decision("settle", by=party, exchange=exchange)
        with pytest.raises(Missing):
            a_decision("settle", by=a_member(), exchange=exchange)
        assert now_in(exchange) == ("disputed", 120)
        assert now_in(a_decision("cancel", by=decider, exchange=exchange)) == ("settled", 90)


def test_there_is_one_appeal_within_14_days_against_a_brokers_decision():
    exchange, late, agreed = a_decision(), a_decision(), a_dispute()
    record(agreed, agreed.receiver, 120)
    with pytest.raises(DomainError, match="no longer be appealed"):
        disputes.appeal(by=agreed.receiver, exchange=agreed, statement="I changed my mind.")
    with in_days(14), pytest.raises(DomainError, match="no longer be appealed"):
        disputes.appeal(by=late.receiver, exchange=late, statement="Too late.")
    with pytest.raises(Invalid):
        disputes.appeal(by=exchange.receiver, exchange=exchange, statement="  ")
    with pytest.raises(Missing):
        disputes.appeal(by=a_member(), exchange=exchange, statement="Let me in.")
    for _click in range(2):
        disputes.appeal(by=exchange.receiver, exchange=exchange, statement="The log is wrong.")
    assert Dispute.objects.filter(exchange=exchange).count() == 2
    assert InboxItem.objects.filter(user=exchange.provider, subject__startswith="A second look").count() == 1
    state_both(exchange)
    a_decision("cancel", exchange=exchange)
    with pytest.raises(DomainError, match="no longer be appealed"):
        disputes.appeal(by=exchange.provider, exchange=exchange, statement="Once more.")


def test_during_an_appeal_of_what_was_paid_hours_are_not_recorded_and_undecided_the_first_decision_stands():
    exchange = a_decision()
    an_appeal(exchange)
    with pytest.raises(DomainError, match="a broker decides now"):
        record(exchange, exchange.receiver, 100)
    with in_days(31):
        assert clock.sweep()["undecided"] == 1
    assert now_in(exchange) == ("settled", 120)
    assert credits_of(exchange.provider) == (120, 0)


def test_after_an_appeal_a_broker_may_still_reverse_the_whole():
    exchange = a_decision()
    an_appeal(exchange)
    a_decision("split", exchange=exchange, minutes=100)
    disputes.reverse(by=a_broker(), exchange=exchange, reason="It was another Ada.")
    assert credits_of(exchange.provider) == credits_of(exchange.receiver) == (0, 0)
    assert not verification.findings()


# ── what a broker recorded for two people ──


def test_what_a_broker_recorded_may_be_disputed_for_30_days_and_another_broker_decides():
    recorder, other = a_broker(), a_broker("Bo Broker")
    exchange, late = offline(recorder), offline(recorder)
    with in_days(30), pytest.raises(DomainError):
        disputes.dispute(by=late.receiver, exchange=late, statement="Too late.")
    disputes.dispute(by=exchange.receiver, exchange=exchange, statement="It was an hour at most.")
    state_both(exchange)
    with pytest.raises(NotAllowed, match="recorded this before"):
        a_decision(by=recorder, exchange=exchange)
    assert credits_of(exchange.provider) == (100, 0)
    a_decision("split", by=other, exchange=exchange, minutes=60)
    assert now_in(exchange) == ("settled", 60)
    assert credits_of(exchange.provider) == (60, 0)
    assert credits_of(exchange.receiver) == (-60, 0)
    assert not verification.findings()


def test_settled_hours_that_both_confirmed_are_not_disputed():
    exchange = an_agreement()
    for person in (exchange.provider, exchange.receiver):
        hours.record_hours(by=person, exchange=exchange, minutes=120, key=f"form of {person.pk}")
    with pytest.raises(DomainError):
        disputes.dispute(by=exchange.receiver, exchange=exchange, statement="I changed my mind.")
    assert Exchange.objects.get(pk=exchange.pk).state == "settled"
