import datetime as dt

import pytest
from django.utils import timezone

from people.models import RoleGrant
from tests.timebank.factories import a_broker, a_dispute, a_member, a_settled_exchange, an_agreement, state_both
from timebank import dispute_reminders as reminders
from timebank.actions import calling_off, disputes
from timebank.models import Claim, Policy

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)


def an_administrator():
    person = a_member("Ari")
    RoleGrant.objects.create(user=person, role="administrator", reason="For this test")
    return person


def due(reminder, days):
    """(user, key without the id of the case) of all that is due so many days from now."""
    return [(row.user, row.key.split(":", 1)[1]) for row in reminder(timezone.now() + days * DAY)]


def test_whoever_has_not_said_what_happened_is_reminded_after_2_and_4_days_until_it_is_too_late():
    case = a_dispute()
    disputes.add_statement(by=case.provider, exchange=case, statement="It was two hours.")
    said = [due(reminders.say_what_happened, days) for days in (1, 2.1, 4.1, 5.1)]
    assert said == [[], [(case.receiver, "say:2")], [(case.receiver, "say:4")], []]


def test_brokers_who_are_no_party_are_asked_once_both_were_heard_and_administrators_when_it_is_late():
    broker, party, administrator = a_broker(), a_broker("Pat"), an_administrator()
    case = a_dispute(provider=party)
    assert due(reminders.decide_disputes, 4.9) == []
    assert due(reminders.decide_disputes, 5.1) == [(broker, "decide:0")]
    assert {user for user, _key in due(reminders.decide_disputes, 10.1)} == {broker, administrator}
    state_both(case)
    assert due(reminders.decide_disputes, 0.1) == [(broker, "decide:0")]
    assert due(reminders.decide_disputes, 3.1) == [(broker, "decide:3")]
    disputes.decide(by=broker, exchange=case, decision="settle", note="So be it.")
    assert due(reminders.decide_disputes, 5.1) == []


def test_an_appeal_waits_for_anybody_but_who_decided_before():
    first, other, administrator = a_broker(), a_broker("Bo"), an_administrator()
    case = a_dispute(heard=True)
    disputes.decide(by=first, exchange=case, decision="settle", note="So be it.")
    disputes.appeal(by=case.receiver, exchange=case, statement="No.")
    state_both(case)
    assert {user for user, _key in due(reminders.decide_disputes, 0.1)} == {other, administrator}


def test_brokers_are_asked_about_charges_until_they_are_let_go():
    broker = a_broker()
    Policy.objects.update(charge_late=True)
    exchange = an_agreement(starts_at=timezone.now() + DAY / 8)
    calling_off.cancel(by=exchange.receiver, exchange=exchange)
    said = [due(reminders.decide_claims, days) for days in (0.5, 1.1, 4.1, 6.1)]
    assert said == [[], [(broker, "charge:1")], [(broker, "charge:4")], [(broker, "charge:6")]]
    (row,) = reminders.decide_claims(timezone.now() + 1.1 * DAY)
    assert row.deadline == Claim.objects.get().raised_at + 7 * DAY, "then it is let go"
    calling_off.waive(by=exchange.provider, exchange=exchange)
    assert due(reminders.decide_claims, 1.1) == []


def test_what_brokers_are_asked_takes_the_same_number_of_queries_however_much_waits(django_assert_num_queries):
    a_broker()
    a_settled_exchange()
    for _time in range(2):
        a_dispute(heard=True)
        with django_assert_num_queries(2):
            assert list(reminders.decide_disputes(timezone.now()))
