"""What flows of the hours earned, to the minute, and back."""

import pytest
from django.db import IntegrityError, transaction

from people.models import User
from tests.timebank.browsing import at, text_of
from tests.timebank.factories import (
    a_broker,
    a_dispute,
    a_listing,
    a_member,
    a_pot,
    a_settled_exchange,
    credits_of,
    key,
)
from timebank.actions import disputes, pots
from timebank.actions.shares import end_share, set_share, share_of_earnings
from timebank.models import Account, StandingShare, Transfer
from timebank.queries.shares import live_share
from timebank.queries.verification import findings
from ui.errors import Invalid, NotAllowed

pytestmark = pytest.mark.django_db


def community_pot():
    """Minutes in the community pot."""
    return Account.objects.get(system=Account.COMMUNITY_POT).balance


def test_a_share_of_what_is_earned_flows_to_the_pot_rounded_down_to_the_minute():
    ada, steward = a_member(), a_member()
    pot = a_pot(steward, 0)
    set_share(by=ada, per_cent=33, pot=pot)
    a_settled_exchange(ada, minutes=15)  # 4.95 minutes
    assert (credits_of(ada), credits_of(pot)) == ((11, 0), (4, 0))
    a_settled_exchange(ada, minutes=60)  # 19.8
    assert (credits_of(ada), credits_of(pot)) == ((52, 0), (23, 0))
    gift = Transfer.objects.filter(kind="donation").latest("created_at")
    assert (gift.actor, gift.on_behalf_of, gift.exchange) == (None, ada, None)
    assert "33%" in gift.memo
    assert findings() == []


def test_all_of_it_may_go_to_people_who_cannot_earn():
    ada = a_member()
    before = community_pot()
    set_share(by=ada, per_cent=100, pot=None)
    a_settled_exchange(ada, minutes=60)
    assert (credits_of(ada), community_pot() - before) == ((0, 0), 60)


def test_only_what_is_above_zero_flows():
    ada = a_member()
    a_settled_exchange(receiver=ada, minutes=90)
    set_share(by=ada, per_cent=50, pot=a_pot(a_member(), 0))
    a_settled_exchange(ada, minutes=60)
    assert credits_of(ada) == (-30, 0)
    a_settled_exchange(ada, minutes=45)  # 22 would flow; 15 are above zero
    assert credits_of(ada) == (0, 0)


@pytest.mark.parametrize("stopped", ["ended", "closed pot", "less than a minute"])
def test_nothing_flows(stopped):
    ada, steward = a_member(), a_member()
    pot = a_pot(steward, 0)
    set_share(by=ada, per_cent=1 if stopped == "less than a minute" else 50, pot=pot)
    if stopped == "ended":
        end_share(by=ada)
    if stopped == "closed pot":
        pots.close_pot(by=steward, pot=pot, close_out="It is done", key=key())
    a_settled_exchange(ada, minutes=60 if stopped != "less than a minute" else 90)
    assert Transfer.objects.filter(kind="donation").exists() is False
    assert credits_of(ada)[0] in {60, 90}


def test_reversing_the_exchange_takes_the_share_back_too():
    ada, steward, broker = a_member(), a_member(), a_broker()
    pot = a_pot(steward, 0)
    set_share(by=ada, per_cent=50, pot=pot)
    exchange = a_settled_exchange(ada, minutes=120)
    assert (credits_of(ada), credits_of(pot)) == ((60, 0), (60, 0))
    for _click in range(2):
        disputes.reverse(by=broker, exchange=exchange, reason="The wrong person")
    assert (credits_of(ada), credits_of(pot), credits_of(exchange.receiver)) == ((0, 0), (0, 0), (0, 0))
    assert findings() == []


def test_what_a_pot_has_closed_with_stays_given_when_the_exchange_is_reversed():
    ada, steward, broker = a_member(), a_member(), a_broker()
    pot = a_pot(steward, 0)
    set_share(by=ada, per_cent=50, pot=pot)
    exchange = a_settled_exchange(ada, minutes=120)
    pots.close_pot(by=steward, pot=pot, close_out="It is done", key=key())
    disputes.reverse(by=broker, exchange=exchange, reason="The wrong person")
    assert (credits_of(ada), credits_of(pot), credits_of(exchange.receiver)) == ((-60, 0), (0, 0), (0, 0))


def test_each_part_of_a_disputed_exchange_sends_its_own_share():
    ada, pot = a_member(), a_pot(a_member(), 0)
    set_share(by=ada, per_cent=10, pot=pot)
    exchange = a_dispute(ada, heard=True)  # 1 h 30 are paid at once
    assert credits_of(pot) == (9, 0)
    disputes.decide(by=a_broker(), exchange=exchange, decision="settle", note="So be it")
    assert credits_of(pot) == (12, 0)


def test_the_same_transfer_sends_its_share_once():
    ada, pot = a_member(), a_pot(a_member(), 0)
    set_share(by=ada, per_cent=50, pot=pot)
    exchange = a_settled_exchange(ada, minutes=60)
    paid = Transfer.objects.get(exchange=exchange)
    assert share_of_earnings(member=ada, minutes=60, transfer=paid).replayed
    assert credits_of(pot) == (30, 0)


def test_a_new_share_takes_the_place_of_the_old_and_the_same_again_changes_nothing():
    ada, pot = a_member(), a_pot(a_member(), 0)
    first = set_share(by=ada, per_cent=50, pot=pot)
    assert set_share(by=ada, per_cent=50, pot=pot) == first
    second = set_share(by=ada, per_cent=20, pot=None)
    first.refresh_from_db()
    assert first.ended_at is not None
    assert live_share(ada.pk) == second


@pytest.mark.parametrize("per_cent", [0, -5, 101, True, 2.5, "10"])
def test_a_share_that_cannot_be_is_refused(per_cent):
    with pytest.raises(Invalid) as refused:
        set_share(by=a_member(), per_cent=per_cent, pot=None)
    assert refused.value.field == "per_cent"
    assert not StandingShare.objects.exists()


def test_a_share_flows_to_no_closed_or_private_pot_and_from_nobody_who_may_not_act():
    ada, steward = a_member(), a_member()
    closed = a_pot(steward, 0)
    closed = pots.close_pot(by=steward, pot=closed, close_out="Done", key=key())
    for pot in (closed, a_pot(steward, 0, kind="innovation")):
        with pytest.raises(Invalid) as refused:
            set_share(by=ada, per_cent=10, pot=pot)
        assert refused.value.field == "pot"
    User.objects.filter(pk=ada.pk).update(conduct_accepted_at=None)
    with pytest.raises(NotAllowed):
        set_share(by=User.objects.get(pk=ada.pk), per_cent=10, pot=None)


@pytest.mark.parametrize("row", [{"per_cent": 0}, {"per_cent": 101}])
def test_the_database_refuses_a_share_that_cannot_be(row):
    with pytest.raises(IntegrityError, match="share_is_1_to_100_per_cent"), transaction.atomic():
        StandingShare.objects.create(member=a_member(), **row)


def test_the_database_keeps_one_share_each():
    ada = a_member()
    set_share(by=ada, per_cent=5, pot=None)
    with pytest.raises(IntegrityError, match="share_one_each"), transaction.atomic():
        StandingShare.objects.create(member=ada, per_cent=5)


# ── the page ──


def test_posting_an_offer_ends_with_what_happens_to_the_hours(as_):
    ada = a_member()
    pot = a_pot(ada, 0, name="Quieter nights")
    browser = as_(ada)
    posted = browser.post(
        at("post_listing", "offer"), {"key": key(), "title": "Run charts", "mode": "remote"}, follow=True
    )
    assert "What happens with the hours you earn" in text_of(posted)
    address = posted.redirect_chain[-1][0]
    done = browser.post(address, {"what": "pot", "pot": pot.pk, "per_cent": "25"}, follow=True)
    assert "Of every hour you earn, 25% goes to Quieter nights." in text_of(done)
    assert "Run charts" in text_of(done)
    share = live_share(ada.pk)
    assert (share.pot, share.per_cent) == (pot, 25)
    browser.post(at("earnings"), {"what": "spend"})
    assert live_share(ada.pk) is None


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({}, "Choose what to do with the hours you earn"),
        ({"what": "give", "per_cent": ""}, "Enter a number"),
        ({"what": "give", "per_cent": "0"}, "1 or more"),
        ({"what": "give", "per_cent": "200"}, "100 or less"),
        ({"what": "pot", "per_cent": "10"}, "Choose a pot"),
    ],
)
def test_a_page_about_shares_that_cannot_be_is_sent_back(as_, sent, says):
    ada = a_member()
    a_pot(ada, 0)
    answer = as_(ada).post(at("earnings"), sent)
    assert answer.status_code == 422
    assert says in text_of(answer)
    assert live_share(ada.pk) is None


def test_somebody_elses_pot_is_offered_only_where_its_page_sent_one_here(as_):
    pot = a_pot(a_member(), 0, name="Quieter nights")
    hidden = a_pot(a_member(), 0, name="An allowance", kind="innovation")
    ada = a_member()
    a_listing(ada)
    assert "Quieter nights" not in text_of(as_(ada).get(at("earnings")))
    assert "Quieter nights" in text_of(as_(ada).get(at("earnings"), {"pot": pot.pk}))
    assert "An allowance" not in text_of(as_(ada).get(at("earnings"), {"pot": hidden.pk}))
    assert as_(ada).get(at("earnings"), {"pot": "nonsense"}).status_code == 200
