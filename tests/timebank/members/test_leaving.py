"""Leaving: what is open ends, credits go where the member says, debts are written off, and every path is dead after."""

import datetime as dt
import re

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from notifications.models import InboxItem
from people.actions import sign_in
from people.actions.privacy import close_account
from people.models import RoleGrant, User
from tests.timebank.browsing import at, signed_in, text_of
from tests.timebank.factories import (
    a_broker,
    a_dispute,
    a_listing,
    a_member,
    a_pot,
    a_proposal,
    a_settled_exchange,
    an_agreement,
    an_engagement,
    credits_of,
    give_credits,
    key,
    record,
)
from tests.timebank.group_sessions.factories import a_place, a_session, rich
from timebank import rules
from timebank.actions import calling_off, disputes, exchanges, leaving, ledger, pots
from timebank.models import (
    Account,
    Claim,
    Dispute,
    GroupBooking,
    GroupSession,
    LeavingWish,
    Listing,
    Policy,
    Pot,
    PotSteward,
)
from timebank.queries import verification
from timebank.queries.leaving import what_happens
from ui.errors import Invalid, NotAllowed

pytestmark = pytest.mark.django_db


def leaves(person):
    """Closes somebody's account, as they do themselves."""
    return close_account(by=person, user=person)


def state_of(exchange):
    exchange.refresh_from_db()
    return exchange.state


def letter_to(person, exchange):
    """The latest letter that somebody got about an exchange."""
    url = at("exchange", exchange.pk)
    return InboxItem.objects.filter(user=person, url=url).latest("id").text


def community():
    return Account.objects.get(system=Account.COMMUNITY_POT).balance


@pytest.fixture(autouse=True)
def books_are_right(db):
    yield
    assert verification.findings() == []


# ── what is open ──


def test_proposals_and_agreements_end_and_both_sides_are_told_kindly():
    ada, ben = a_member("Ada Lovelace"), a_member("Ben Nevis")
    asked, offered = a_proposal(ada, ben), a_proposal(ben, ada)
    gives, receives = an_agreement(ada, ben, 60), an_agreement(ben, ada, 60)
    leaves(ada)
    assert [state_of(one) for one in (asked, offered, gives, receives)] == [
        "declined", "withdrawn", "cancelled", "cancelled",
    ]  # fmt: skip
    assert credits_of(ben) == (0, 0) == credits_of(ada)
    assert "Ada Lovelace has left the time bank, so this proposal is closed" in letter_to(ben, asked)
    assert "the time that was set aside (1 h) is free again".lower() in letter_to(ben, gives).lower()
    assert "nothing to do with you" in letter_to(ben, gives)


@pytest.mark.parametrize(
    ("giver_leaves", "provider", "receiver", "claimed", "held", "paid", "total"),
    [
        (False, 120, None, None, 120, 0, 120),  # who stays gave, and says so
        (False, 180, None, None, 120, 0, 120),  # never above what is held
        (False, None, 90, None, 120, 0, 90),  # the leaver's own word binds them
        (False, None, None, None, 120, 0, 0),
        (False, None, 0, 120, 120, 0, 120),  # asked a broker for what was agreed
        (False, 120, 90, None, 30, 90, 120),
        (True, 120, None, None, 120, 0, 0),  # nobody confirmed it
        (True, 120, 90, None, 120, 0, 90),
        (True, None, 60, 120, 120, 0, 60),
        (True, 120, 90, None, 30, 90, 90),  # what is paid stays paid
        (True, None, 60, None, 0, 90, 90),
    ],
)
def test_who_leaves_gives_way(giver_leaves, provider, receiver, claimed, held, paid, total):
    assert total == rules.minutes_on_leaving(
        giver_leaves=giver_leaves, provider=provider, receiver=receiver, claimed=claimed, held=held, paid=paid
    )


@pytest.mark.parametrize(
    ("leaver", "records", "state", "giver_has"),
    [
        ("receiver", {"provider": 90}, "settled", 90),
        ("receiver", {"receiver": 90}, "settled", 90),
        ("receiver", {"provider": 200}, "settled", 120),
        ("provider", {"provider": 90}, "cancelled", 0),
        ("provider", {"receiver": 90}, "settled", 90),
    ],
)
def test_hours_that_wait_end_by_the_word_of_who_stays(leaver, records, state, giver_has):
    exchange = an_agreement()
    for side, minutes in records.items():
        record(exchange, getattr(exchange, side), minutes)
    gone = getattr(exchange, leaver)
    foreseen = what_happens(gone)
    leaves(gone)
    assert state_of(exchange) == state
    stays = exchange.receiver if leaver == "provider" else exchange.provider
    assert credits_of(stays) == ((giver_has if leaver == "receiver" else -giver_has), 0)
    assert foreseen.left == (giver_has if leaver == "provider" else -giver_has)
    assert ("settled by what you said" in letter_to(stays, exchange)) == (state == "settled")


@pytest.mark.parametrize(("leaver", "giver_has"), [("receiver", 120), ("provider", 90)])
def test_a_dispute_in_course_ends_when_one_side_leaves(leaver, giver_has):
    exchange = a_dispute()  # 2 h against 1 h 30: that is paid, and half an hour is held
    foreseen = what_happens(getattr(exchange, leaver))
    leaves(getattr(exchange, leaver))
    assert state_of(exchange) == "settled" and exchange.settled_minutes == giver_has
    assert Dispute.objects.get().decision == "agreed"
    stays = exchange.receiver if leaver == "provider" else exchange.provider
    assert credits_of(stays) == ((giver_has if leaver == "receiver" else -giver_has), 0)
    assert foreseen.left == (giver_has if leaver == "provider" else -giver_has)


@pytest.mark.parametrize(
    ("raised_by", "state", "giver_has"), [("provider", "settled", 120), ("receiver", "cancelled", 0)]
)
def test_a_receiver_who_leaves_pays_what_the_giver_asked_a_broker_for(raised_by, state, giver_has):
    exchange = an_agreement()
    disputes.dispute(by=getattr(exchange, raised_by), exchange=exchange, statement="Let me tell you")
    leaves(exchange.receiver)
    assert state_of(exchange) == state and credits_of(exchange.provider) == (giver_has, 0)
    assert not Dispute.objects.filter(decided_at=None).exists()


# ── credits ──


def test_a_positive_balance_goes_to_the_community_pot_unless_the_member_says_where():
    ada, ben, cat = a_member(), a_member(), a_member()
    pot = a_pot(ben, minutes=0)
    for person in (ada, cat):
        a_settled_exchange(person, ben, 60)
    pots.give(by=ada, to_pot=pot, minutes=15, key=key())
    before = community()
    leaving.wish(by=ada, to_pot=pot)
    assert what_happens(ada).to_pot == pot
    leaves(ada)
    leaves(cat)
    assert credits_of(pot) == (60, 0) and community() == before + 60
    assert credits_of(ada) == (0, 0) == credits_of(cat)
    assert not LeavingWish.objects.exists()


def test_a_pot_that_has_closed_meanwhile_inherits_nothing():
    ada, ben = a_member(), a_member()
    pot = a_pot(ben, minutes=0)
    a_settled_exchange(ada, a_member(), 60)
    pots.give(by=ada, to_pot=pot, minutes=15, key=key())
    leaving.wish(by=ada, to_pot=pot)
    pots.close_pot(by=ben, pot=pot, close_out="All is well", key=key())
    before = community()
    assert what_happens(ada).to_pot is None
    leaves(ada)
    assert community() == before + 45


def test_nobody_leaves_credits_to_a_pot_they_never_met():
    with pytest.raises(Invalid, match="Choose one of the pots"):
        leaving.wish(by=a_member(), to_pot=a_pot(a_member()))
    assert not LeavingWish.objects.exists()


def test_a_debt_is_written_off_and_others_keep_what_they_earned():
    give_credits(ledger.system_account(Account.COMMUNITY_POT), 90)
    ada, ben = a_member("Ada Lovelace"), a_member()
    a_settled_exchange(ben, ada, 120)
    leaves(ada)
    assert credits_of(ada) == (0, 0) and credits_of(ben) == (120, 0) and community() == 0
    assert Account.objects.get(member=ada).closed_at is not None


# ── pots, listings, and what was only theirs ──


def test_the_page_before_leaving_names_group_sessions_places_and_engagements(as_):
    ada = rich("Ada Lovelace")
    a_session(ada)
    a_place(a_session(), ada)
    engagement = an_engagement(a_member(), ada, monthly_minutes=60)
    foreseen = what_happens(ada)
    assert (foreseen.sessions, foreseen.places, foreseen.engagements) == (1, 1, 1)
    page = text_of(as_(ada).get(reverse("people:close")))
    assert "1 group session that you host is called off" in page
    assert "1 place of yours in a group session is given up" in page and "1 engagement ends" in page
    leaves(ada)
    engagement.refresh_from_db()
    assert engagement.state == "ended"
    assert not GroupSession.objects.filter(host=ada, state="published").exists()
    assert not GroupBooking.objects.filter(user=ada, state="booked").exists()


def test_a_pot_that_nobody_else_runs_goes_to_a_broker_who_is_told():
    ada, busy, broker = a_member(), a_broker("Busy Broker"), a_broker("Bea Broker")
    a_pot(busy, minutes=0, name="Busy's own")
    pot, shared = a_pot(ada), a_pot(ada, name="Shared")
    pots.add_steward(by=ada, pot=shared, user=a_member())
    running = an_agreement(a_member(), ada, 60, pot=pot)
    assert what_happens(ada).alone == [pot]
    leaves(ada)
    assert list(PotSteward.objects.filter(pot=pot, until=None).values_list("user", flat=True)) == [broker.pk]
    assert state_of(running) == "accepted" and credits_of(pot) == (600, 60) and running.receiver == broker
    assert "what you agreed stands" in letter_to(running.provider, running)
    record(running, running.provider, 60)
    record(running, broker, 60)  # the new steward confirms for the pot
    assert state_of(running) == "settled"
    assert broker.pk not in PotSteward.objects.filter(pot=shared, until=None).values_list("user", flat=True)
    letter = InboxItem.objects.get(user=broker, url=at("pot", pot.pk))
    assert (
        letter.subject == f"You now look after the pot {pot.name}" and not InboxItem.objects.filter(user=busy).exists()
    )


def test_a_pot_never_goes_to_a_broker_who_is_being_paid_by_it():
    ada, broker = a_member(), a_broker()
    admin = a_member("Al Admin")
    RoleGrant.objects.create(user=admin, role="administrator", reason="For this test")
    pot = a_pot(ada)
    an_agreement(broker, ada, 60, pot=pot)
    leaves(ada)
    assert PotSteward.objects.get(pot=pot, until=None).user == admin


def test_a_pot_with_no_broker_at_all_waits_without_a_steward():
    ada = a_member()
    pot = a_pot(ada)
    leaves(ada)
    assert not PotSteward.objects.filter(pot=pot, until=None).exists() and credits_of(pot) == (600, 0)


def test_listings_come_off_the_board_and_stewards_of_a_pot_keep_its_requests():
    ada = a_member()
    pot = a_pot(ada)
    own, of_pot = a_listing(ada), a_listing(ada, "request", pot=pot)
    leaves(ada)
    assert [Listing.objects.get(pk=one.pk).closed_at is None for one in (own, of_pot)] == [False, True]


# ── the page before ──


def test_the_page_says_exactly_what_will_happen_before_anything_does(client):
    ada, ben = a_member("Ada Lovelace"), a_member("Ben Nevis")
    a_settled_exchange(ada, ben, 90)
    waiting = an_agreement(ben, ada, 60)
    record(waiting, ben, 45)
    open_one = an_agreement(ben, ada, 15)
    pot = a_pot(ada, name="Falls on Ward 6")
    a_listing(ada)
    page = text_of(signed_in(client, ada).get(reverse("people:close")))
    assert "2 exchanges are still open, and end:" in page
    assert "It is settled with Ben Nevis now: you pay 45 min, from what is set aside for it." in page
    assert "It is called off, and the 15 min set aside for it are free again. Ben Nevis is told." in page
    assert "You have 45 min left. It goes to the community pot" in page
    assert "Falls on Ward 6" in page and "A time broker looks after them when you leave" in page
    assert "1 listing of yours comes off the board" in page
    assert [state_of(waiting), state_of(open_one)] == ["delivered", "accepted"]

    chosen = signed_in(client, ada).post(at("leaving"), {"to_pot": str(pot.pk)}, follow=True)
    assert "It goes to Falls on Ward 6." in text_of(chosen) and "Nothing has ended yet" in text_of(chosen)
    signed_in(client, ada).post(reverse("people:close"), {"sure": "on"})
    assert User.objects.get(pk=ada.pk).closed_at and credits_of(pot)[0] == 645
    assert [state_of(waiting), state_of(open_one)] == ["settled", "cancelled"]


@pytest.mark.parametrize("typed", ["", "nonsense", "00000000-0000-0000-0000-000000000000"])
def test_a_choice_that_is_none_is_refused(client, typed):
    answer = signed_in(client, a_member()).post(at("leaving"), {"to_pot": typed})
    assert answer.status_code == 422 and "Error: " in text_of(answer)
    assert not LeavingWish.objects.exists()


def test_somebody_below_zero_reads_that_they_owe_nobody(client):
    ada = a_member()
    a_settled_exchange(a_member(), ada, 120)
    assert "You are 2 h below zero. The community pot makes up for it: you owe nobody anything." in text_of(
        signed_in(client, ada).get(at("leaving"))
    )


# ── after ──


def test_after_leaving_every_path_is_dead(client):
    ada, ben = a_member("Ada Lovelace"), a_member("Ben Nevis")
    done, open_one = a_settled_exchange(ada, ben, 60), an_agreement(ada, ben, 60)
    signed_in(client, ada)
    other_device = type(client)()
    signed_in(other_device, ada)
    sign_in.send_code(email=ada.email, ip_key="a test", context={})
    old_link = re.search(r"https?://\S+?(/sign-in/link/\S+)", mail.outbox[-1].body)[1]
    address = ada.email
    leaves(ada)

    for device in (client, other_device):
        for page in (at("home"), at("exchange", done.pk), at("statement"), at("record_pdf"), reverse("people:account")):
            answer = device.get(page)
            assert answer.status_code == 302 and reverse("people:sign_in") in answer.url, page
    anywhere = type(client)()
    for ask in (anywhere.get, anywhere.post):
        ask(old_link)
        assert anywhere.get(at("home")).status_code == 302
    gone = User.objects.get(pk=ada.pk)
    assert not User.objects.filter(email=address).exists() and str(gone) == "Someone who has left"

    for attempt in (
        lambda: exchanges.propose(by=gone, provider=gone, receiver=ben, minutes=60, key=key()),
        lambda: exchanges.propose(by=ben, provider=gone, receiver=ben, minutes=60, key=key()),
        lambda: record(done, gone, 60),
        lambda: exchanges.send_message(by=gone, exchange=done, text="Hello", key=key()),
        lambda: exchanges.send_message(by=ben, exchange=done, text="Hello", key=key()),
        lambda: pots.open_pot(by=gone, kind=Pot.Kind.PROJECT, name="Late"),
        lambda: pots.give(by=gone, to_pot=None, minutes=1, key=key()),
        lambda: a_listing(gone),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    assert state_of(open_one) == "cancelled" and credits_of(gone) == (0, 0)


def test_those_who_stay_keep_their_statement_and_the_exchange_without_a_name(client):
    ada, ben = a_member("Ada Lovelace"), a_member("Ben Nevis")
    done = a_settled_exchange(ada, ben, 60, message="See you there")
    leaves(ada)
    for page in (at("statement"), at("exchange", done.pk), at("past")):
        said = text_of(signed_in(client, ben).get(page))
        assert "Ada" not in said and "Lovelace" not in said
    assert "Someone who has left gave you time" in text_of(signed_in(client, ben).get(at("statement")))
    assert signed_in(client, ben).get(reverse("people:person", args=[ada.pk])).status_code == 404


def test_an_administrator_and_the_platform_close_an_account_in_the_same_way():
    admin = a_member()
    RoleGrant.objects.create(user=admin, role="administrator", reason="For this test")
    for by in (admin, None):
        ada, ben = a_member(), a_member()
        waiting = an_agreement(ben, ada, 60)
        record(waiting, ben, 60)
        close_account(by=by, user=ada)
        assert state_of(waiting) == "settled" and credits_of(ben) == (60, 0) and credits_of(ada) == (0, 0)


def test_leaving_twice_changes_nothing():
    ada = a_member()
    a_settled_exchange(ada, a_member(), 60)
    leaves(ada)
    before = community()
    leaves(User.objects.get(pk=ada.pk))
    assert community() == before


def test_a_charge_that_nobody_decided_goes_when_a_side_leaves():
    Policy.objects.update(charge_late=True)
    for leaver in ("provider", "receiver"):
        exchange = an_agreement(starts_at=timezone.now() + dt.timedelta(hours=1))
        calling_off.cancel(by=exchange.receiver, exchange=exchange, reason="Something else", why="plans")
        stays = exchange.receiver if leaver == "provider" else exchange.provider
        assert Claim.objects.get(exchange=exchange).decided_at is None and credits_of(exchange.receiver)[1] > 0
        leaves(getattr(exchange, leaver))
        assert Claim.objects.get(exchange=exchange).decision == "lapsed" and credits_of(stays) == (0, 0)
