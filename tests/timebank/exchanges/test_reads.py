"""What pages read: how an exchange is called, what somebody has received, and queries that do not grow with the rows."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.timebank.browsing import at, text_of
from tests.timebank.factories import (
    a_broker,
    a_dispute,
    a_listing,
    a_member,
    a_pot,
    a_proposal,
    a_settled_exchange,
    a_skill,
    give_credits,
)
from timebank.actions import ledger, purposes
from timebank.models import Exchange, Pot
from timebank.queries import exchanges, home, pots

pytestmark = pytest.mark.django_db


def test_an_exchange_is_called_by_its_listing_else_by_what_it_was_for_else_by_who_helps_whom():
    quinn, grace = a_member("Quinn Hartley"), a_member("Grace Adeyemi")
    pot = a_pot(grace, name="Cup in Reach")
    purpose = purposes.create(kind="milestone", label="Ask five people")
    Pot.objects.filter(pk=pot.pk).update(purpose=None)
    pot.refresh_from_db()
    listing = a_listing(quinn, title="User research")
    titles = [
        a_proposal(quinn, grace, 15, **fields).title
        for fields in ({"listing": listing}, {"purpose": purpose, "pot": pot}, {"pot": pot}, {})
    ]
    assert titles == [
        "User research",
        "Help with Ask five people from Quinn Hartley",
        "Help for Cup in Reach from Quinn Hartley",
        "Quinn Hartley helps Grace Adeyemi",
    ]


def test_help_that_a_pot_paid_for_is_counted_beside_what_its_steward_received(as_):
    grace = a_member()
    pot = a_pot(grace, 600, name="Cup in Reach")
    a_settled_exchange(receiver=grace, minutes=90, pot=pot)
    a_settled_exchange(receiver=grace, minutes=30)
    a_settled_exchange(provider=grace, minutes=15)
    assert exchanges.totals(grace) == exchanges.Totals(given=15, received=30, for_pots=90, people=3)
    page = text_of(as_(grace).get(at("home")))
    assert "received for your pots, and paid by them 1 h 30" in page
    assert "8 h 30 to spend · it has brought in 1 h 30 of help" in page
    assert [(row.pk, row.used) for row in pots.pots_of(grace)] == [(pot.pk, 90)]


@pytest.mark.parametrize(("received", "low"), [(285, False), (300, True)])
def test_from_five_hours_under_somebody_is_told_wherever_they_spend(as_, received, low):
    ben, ada = a_member(), a_member()
    a_settled_exchange(receiver=ben, minutes=received)
    listing, pot, asked = a_listing(ada), a_pot(ada, 0), a_proposal(ada, ben, 15, by=ada)
    assert home.standing(ben)["low"] is low
    for address in (at("home"), at("propose", listing.pk), at("give", pot.pk), at("exchange", asked.pk)):
        assert ("keeps the circle going" in text_of(as_(ben).get(address))) is low, address
    assert "keeps the circle going" not in text_of(as_(ada).get(at("exchange", asked.pk)))


def a_queue(number):
    """`number` disputes in all, as a broker reads them."""
    while Exchange.objects.filter(state="disputed").count() < number:
        a_dispute()


def a_busy_pot(number):
    """A pot with `number` requests, settled exchanges and helpers."""
    steward = a_member()
    pot = a_pot(steward, 0)
    give_credits(ledger.account_for(pot=pot), 6000)
    for _row in range(number):
        a_listing(steward, "request", pot=pot, skills=[a_skill()])
        a_settled_exchange(receiver=steward, minutes=15, pot=pot)
    return pot


def counted(browser, address):
    """How many queries a page asks."""
    browser.get(address)  # the session's own
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(address).status_code == 200
    return len(queries)


def test_the_brokers_queue_costs_the_same_however_long_it_is(as_):
    browser = as_(a_broker())
    a_queue(3)
    few = counted(browser, at("disputes"))
    a_queue(30)
    page = browser.get(at("disputes"))
    assert "30 results" in text_of(page)
    assert counted(browser, at("disputes")) == few


def test_the_page_of_a_pot_costs_the_same_however_busy_it_is(as_):
    browser = as_(a_member())
    few, many = (counted(browser, at("pot", a_busy_pot(number).pk)) for number in (3, 30))
    assert few == many
