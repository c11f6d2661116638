import datetime as dt

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from notifications.models import InboxItem
from tests.timebank.exchanges.test_appeals import now_in
from tests.timebank.factories import (
    a_broker,
    a_member,
    a_pot,
    a_proposal,
    an_agreement,
    credits_of,
    state_both,
)
from timebank.actions import calling_off, clock, disputes, shares
from timebank.models import Claim, Exchange, Hold, Policy, Transfer
from timebank.queries import verification
from ui.errors import DomainError, Invalid, Missing, NotAllowed

pytestmark = pytest.mark.django_db

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


@pytest.fixture
def charging():
    """The policy charges for late cancellation and for staying away: 30 minutes at most."""
    Policy.objects.update(charge_late=True, charge_no_show=True)


def in_days(days):
    return time_machine.travel(timezone.now() + days * DAY, tick=False)


def meeting_in(hours, **fields):
    return an_agreement(starts_at=timezone.now() + hours * HOUR, **fields)


def after(exchange, days=0.1):
    """Once the time of the exchange has come."""
    return time_machine.travel(exchange.starts_at + days * DAY, tick=False)


@pytest.mark.parametrize(("hours", "late"), [(25, False), (23, True)])
def test_less_notice_than_the_policy_asks_for_is_recorded_as_late_and_costs_nothing(hours, late):
    exchange = meeting_in(hours)
    calling_off.cancel(by=exchange.receiver, exchange=exchange, why="plans")
    assert now_in(exchange) == ("cancelled", None)
    assert (exchange.late, exchange.why, exchange.excused) == (late, "plans", False)
    assert credits_of(exchange.receiver) == (0, 0)
    assert not Claim.objects.exists()


def test_the_policy_says_what_late_means():
    Policy.objects.update(late_notice=120)
    exchange = meeting_in(3)
    calling_off.cancel(by=exchange.receiver, exchange=exchange)
    exchange.refresh_from_db()
    assert not exchange.late


def test_a_late_cancellation_that_is_charged_waits_for_a_broker_and_pays_whoever_kept_the_time_free(charging):
    exchange, broker = meeting_in(2), a_broker()
    calling_off.cancel(by=exchange.receiver, exchange=exchange, why="plans")
    assert credits_of(exchange.receiver) == (0, 30)
    with pytest.raises(Invalid):
        calling_off.decide_claim(by=broker, exchange=exchange, charge=True, note=" ")
    for _click in range(2):
        calling_off.decide_claim(by=broker, exchange=exchange, charge=True, note="An hour before.")
    assert credits_of(exchange.receiver) == (-30, 0)
    assert credits_of(exchange.provider) == (30, 0)
    assert Transfer.objects.get(exchange=exchange).kind == "late_charge"
    with pytest.raises(DomainError):
        calling_off.decide_claim(by=a_broker(), exchange=exchange, charge=False, note="No.")
    assert not verification.findings()


def test_a_share_of_a_charge_flows_on_like_everything_that_is_earned(charging):
    exchange, pot = meeting_in(2), a_pot(a_member(), 0)
    shares.set_share(by=exchange.provider, per_cent=50, pot=pot)
    calling_off.cancel(by=exchange.receiver, exchange=exchange, why="plans")
    calling_off.decide_claim(by=a_broker(), exchange=exchange, charge=True, note="An hour before.")
    assert (credits_of(exchange.provider)[0], credits_of(pot)[0]) == (15, 15)
    assert not verification.findings()


@pytest.mark.parametrize("why", ["duty", "health"])
def test_duty_illness_disability_and_caring_are_never_charged_whenever_they_are_said(charging, why):
    at_once, afterwards = meeting_in(2), meeting_in(2)
    calling_off.cancel(by=at_once.receiver, exchange=at_once, why=why)
    assert not Claim.objects.exists()
    calling_off.cancel(by=afterwards.receiver, exchange=afterwards)
    calling_off.excuse(by=afterwards.receiver, exchange=afterwards, why=why)
    assert Claim.objects.get().decision == "excused"
    for exchange in (at_once, afterwards):
        assert credits_of(exchange.receiver) == (0, 0)
        exchange.refresh_from_db()
        assert exchange.excused
    told = InboxItem.objects.filter(user=afterwards.provider).latest("id")
    assert "always excused" in told.text and why not in told.text


def test_whoever_gives_the_time_is_never_charged_and_may_let_a_charge_go(charging):
    given, let_go = meeting_in(2), meeting_in(2)
    calling_off.cancel(by=given.provider, exchange=given, why="plans")
    assert not Claim.objects.exists()
    calling_off.cancel(by=let_go.receiver, exchange=let_go, why="plans")
    with pytest.raises(DomainError):
        calling_off.waive(by=let_go.receiver, exchange=let_go)
    for _click in range(2):
        calling_off.waive(by=let_go.provider, exchange=let_go)
    assert Claim.objects.get().decision == "waived"
    assert credits_of(let_go.receiver) == (0, 0)


def test_a_claim_that_nobody_decides_for_7_days_is_let_go(charging):
    exchange = meeting_in(2)
    calling_off.cancel(by=exchange.receiver, exchange=exchange)
    with in_days(6):
        assert clock.sweep()["let_go"] == 0
    with in_days(7):
        assert clock.sweep()["let_go"] == 1
        assert clock.sweep()["let_go"] == 0
    assert Claim.objects.get().decision == "lapsed"
    assert credits_of(exchange.receiver) == (0, 0)


@pytest.mark.parametrize(
    ("by", "absent", "held"), [("provider", "receiver", 30), ("receiver", "provider", 0), ("provider", "both", 0)]
)
def test_an_absent_receiver_may_be_charged_an_absent_provider_releases_everything(charging, by, absent, held):
    exchange = meeting_in(30)
    with after(exchange):
        calling_off.no_show(by=getattr(exchange, by), exchange=exchange, reason="Nobody came", absent=absent)
        exchange.refresh_from_db()
        assert (exchange.state, exchange.absent) == ("no_show", absent)
        assert credits_of(exchange.receiver) == (0, held)
        if held:
            calling_off.excuse(by=exchange.receiver, exchange=exchange, why="duty")
    assert credits_of(exchange.receiver) == (0, 0)
    assert not Hold.objects.filter(state="active").exists()


def test_without_charges_whoever_did_not_come_says_why_and_the_other_reads_only_that_it_is_excused():
    exchange = meeting_in(30)
    with after(exchange):
        calling_off.no_show(by=exchange.receiver, exchange=exchange, reason="I waited", absent="provider")
        told = InboxItem.objects.filter(user=exchange.provider).latest("id")
        assert "always excused" in told.text
        with pytest.raises(DomainError):
            calling_off.excuse(by=exchange.receiver, exchange=exchange, why="duty")
        with pytest.raises(Invalid):
            calling_off.excuse(by=exchange.provider, exchange=exchange, why="tea")
        for _click in range(2):
            calling_off.excuse(by=exchange.provider, exchange=exchange, why="health")
    exchange.refresh_from_db()
    assert exchange.excused
    assert InboxItem.objects.filter(user=exchange.receiver, subject__startswith="Excused").count() == 1


def test_whoever_was_there_after_all_asks_a_broker_within_7_days(charging):
    exchange, late = meeting_in(30), meeting_in(30)
    with after(exchange):
        for each in (exchange, late):
            calling_off.no_show(by=each.provider, exchange=each, reason="Nobody came", absent="receiver")
        with pytest.raises(DomainError):
            disputes.dispute(by=exchange.provider, exchange=exchange, statement="It was I who said so.")
        disputes.dispute(by=exchange.receiver, exchange=exchange, statement="I was there.")
        assert (Claim.objects.get(exchange=exchange).decision, credits_of(exchange.receiver)) == ("lapsed", (0, 30))
        state_both(exchange)
        disputes.decide(by=a_broker(), exchange=exchange, decision="split", minutes=60, note="An hour of it.")
    with after(late, 8), pytest.raises(DomainError):
        disputes.dispute(by=late.receiver, exchange=late, statement="I was there.")
    assert now_in(exchange) == ("settled", 60)
    assert credits_of(exchange.provider) == (60, 0)
    assert not verification.findings()


def test_only_a_broker_who_is_no_party_decides_about_a_charge(charging):
    broker = a_broker()
    exchange = meeting_in(2, provider=broker)
    calling_off.cancel(by=exchange.receiver, exchange=exchange)
    for by, error in [(broker, NotAllowed), (exchange.receiver, NotAllowed), (a_member(), Missing)]:
        with pytest.raises(error):
            calling_off.decide_claim(by=by, exchange=exchange, charge=True, note="So be it.")
    assert credits_of(exchange.receiver) == (0, 30)


def test_a_charge_is_never_more_than_was_agreed(charging):
    exchange = meeting_in(2, minutes=15)
    calling_off.cancel(by=exchange.receiver, exchange=exchange)
    assert Claim.objects.get().minutes == 15


def test_suspended_and_closed_people_end_nothing():
    agreed, proposed = an_agreement(), a_proposal()
    for exchange in (agreed, proposed):
        exchange.provider.suspended_at = timezone.now()
        exchange.provider.save()
    for attempt in (
        lambda: calling_off.cancel(by=agreed.provider, exchange=agreed),
        lambda: calling_off.no_show(by=agreed.provider, exchange=agreed, reason="Nobody came"),
        lambda: disputes.dispute(by=agreed.provider, exchange=agreed, statement="It was short."),
    ):
        with pytest.raises(NotAllowed, match="paused"):
            attempt()
    assert Exchange.objects.get(pk=agreed.pk).state == "accepted"
    assert credits_of(agreed.receiver) == (0, 120)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("exchange_why_only_when_called_off", {"why": "duty"}),
        ("exchange_late_only_when_cancelled", {"late": True}),
        ("exchange_absent_only_when_no_show", {"absent": "both"}),
    ],
)
def test_an_agreement_has_no_outcome_yet(name, change):
    exchange = an_agreement()
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Exchange.objects.filter(pk=exchange.pk).update(**change)


def test_outcomes_and_claims_that_cannot_be_are_refused_by_the_database(charging):
    exchange = meeting_in(2)
    calling_off.cancel(by=exchange.receiver, exchange=exchange)
    with pytest.raises(IntegrityError, match="exchange_why_is_known"), transaction.atomic():
        Exchange.objects.filter(pk=exchange.pk).update(why="tea")
    for name, change in [
        ("claim_kind_is_known", {"kind": "tea"}),
        ("claim_is_1_min_to_24_h", {"minutes": 0}),
        ("claim_decision_is_whole", {"decision": "charged"}),
        ("claim_decision_is_whole", {"decision": "charged", "decided_at": timezone.now(), "note": "By nobody"}),
    ]:
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Claim.objects.update(**change)
