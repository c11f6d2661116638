"""Counterparts with their reasons, and requests that nobody has answered."""

import datetime as dt

import pytest
from django.utils import timezone

from people.actions import safety
from people.models import Organisation, User
from tests.timebank.browsing import at, text_of
from tests.timebank.exchanges.test_reads import counted
from tests.timebank.factories import (
    a_broker,
    a_listing,
    a_member,
    a_pot,
    a_proposal,
    a_settled_exchange,
    a_skill,
)
from timebank.actions.away import go_away
from timebank.models import Listing
from timebank.queries.matches import counterparts, suggested_for, unanswered

pytestmark = pytest.mark.django_db


def matched(listing, limit=5):
    """(who, why) of a listing's counterparts, best first."""
    return [(str(match.person), match.reason) for match in counterparts([listing], limit=limit)[listing.pk]]


def test_a_request_is_shown_who_offers_the_skill_and_why():
    ada, ben, eve = a_member("Ada"), a_member("Ben"), a_member("Eve")
    research, coaching = a_skill(), a_skill("Coaching")
    request = a_listing(a_member("Me"), "request", "Help", skills=[research, coaching], days=["tue", "fri"])
    a_listing(ada, title="One", skills=[research], days=["mon"])
    a_listing(ben, title="Two", skills=[research], days=["mon", "tue"])
    a_listing(eve, title="Three", skills=[research, coaching], mode="on_site", place="Leeds")
    a_settled_exchange(ben, minutes=360)
    assert matched(request) == [
        ("Eve", "Offers coaching and user research, in person, Leeds, new here"),
        ("Ben", "Offers user research, free on Tuesdays, has given 6 h"),
        ("Ada", "Offers user research, free on Mondays, new here"),
    ]


def test_who_says_the_skill_on_their_profile_comes_after_who_offers_it():
    ada, zoe = a_member("Ada"), a_member("Zoe")
    zoe.profile.skills.add(a_skill())
    a_listing(ada, skills=[a_skill()])
    request = a_listing(a_member(), "request", skills=[a_skill()])
    assert matched(request) == [
        ("Ada", "Offers user research, new here"),
        ("Zoe", "Is good at user research, new here"),
    ]
    ada.profile.skills.add(a_skill())  # once a person
    assert [name for name, _why in matched(request)] == ["Ada", "Zoe"]


def test_an_offer_is_shown_who_asks_for_it():
    steward = a_member("Sam")
    a_listing(steward, "request", "For the pot", pot=a_pot(steward, 0), skills=[a_skill()])
    a_listing(a_member("Ben"), "request", "For me", skills=[a_skill()])
    offer = a_listing(a_member(), skills=[a_skill()])
    assert matched(offer) == [("Ben", "Asks for user research, new here"), ("None", "Asks for user research")]
    own = a_listing(steward, skills=[a_skill()])  # a steward is not paid from their own pot
    assert [name for name, _why in matched(own)] == ["Ben"]


@pytest.mark.parametrize("gone", ["oneself", "blocks", "blocked", "suspended", "away", "paused", "no conduct"])
def test_nobody_is_suggested_who_cannot_be_asked(gone):
    me, ada = a_member("Me"), a_member("Ada")
    offer = a_listing(ada, skills=[a_skill()])
    request = a_listing(me, "request", skills=[a_skill()])
    if gone == "no conduct":  # known by their profile only
        Listing.objects.filter(pk=offer.pk).update(closed_at=timezone.now())
    ada.profile.skills.add(a_skill())
    assert [name for name, _why in matched(request)] == ["Ada"]
    today = timezone.localdate()
    {
        "oneself": lambda: Listing.objects.filter(pk=request.pk).update(member=ada, posted_by=ada),
        "blocks": lambda: safety.block(by=ada, user=me),
        "blocked": lambda: safety.block(by=me, user=ada),
        "suspended": lambda: User.objects.filter(pk=ada.pk).update(suspended_at=timezone.now()),
        "away": lambda: go_away(by=ada, first_day=today, last_day=today),
        "paused": lambda: (
            Listing.objects.filter(pk=offer.pk).update(paused_at=timezone.now()),
            ada.profile.skills.clear(),
        ),
        "no conduct": lambda: User.objects.filter(pk=ada.pk).update(conduct_accepted_at=None),
    }[gone]()
    assert matched(request) == []


def test_a_listing_without_skills_has_no_counterparts_and_no_listings_cost_nothing(django_assert_num_queries):
    assert matched(a_listing(a_member(), "request")) == []
    with django_assert_num_queries(0):
        assert counterparts([]) == {}


def test_the_page_of_a_listing_and_the_board_say_who_goes_with_it(as_):
    me, ada = a_member("Me"), a_member("Ada Lovelace")
    a_listing(ada, title="Questions and answers", skills=[a_skill()], days=["wed"])
    request = a_listing(me, "request", "Whom should I ask?", skills=[a_skill()])
    page = text_of(as_(me).get(at("listing", request.pk)))
    assert "People who may help Questions and answers – Ada Lovelace Offers user research, free on Wednesdays" in page
    board = text_of(as_(me).get(at("board")))
    assert "These may suit you Questions and answers – Ada Lovelace" in board
    assert "for “Whom should I ask?”" in board
    assert "These may suit you" not in text_of(as_(a_member()).get(at("board")))
    assert "People who may help" not in text_of(as_(a_member()).get(at("listing", request.pk)))
    [(mine, match)] = suggested_for(me)
    assert (mine, match.person) == (request, ada)


# ── requests that nobody has answered ──

TUESDAY = dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)


def asked_on(day, member=None, **fields):
    """A request of a day in November 2026."""
    listing = a_listing(member or a_member(), "request", **fields)
    Listing.objects.filter(pk=listing.pk).update(
        posted_at=dt.datetime(2026, 11, day, 15, tzinfo=dt.UTC), open_until=None
    )
    return listing


def test_a_request_waits_three_working_days_before_a_broker_looks_at_it():
    thursday, _friday = asked_on(19), asked_on(20)
    assert list(unanswered(TUESDAY)) == [thursday]  # Friday, Monday, Tuesday
    assert list(unanswered(TUESDAY - dt.timedelta(days=1))) == []


def test_a_bank_holiday_of_the_members_nation_is_no_working_day():
    scot = a_member()
    scot.profile.organisation = Organisation.objects.create(name="NHS Lothian", nation="scotland")
    scot.profile.save()
    english = a_member()
    listings = [a_listing(person, "request") for person in (scot, english)]
    for listing in listings:  # the Thursday before St Andrew's Day, which is a Monday in 2026
        Listing.objects.filter(pk=listing.pk).update(posted_at=dt.datetime(2026, 11, 26, 15, tzinfo=dt.UTC))
    tuesday = dt.datetime(2026, 12, 1, 9, tzinfo=dt.UTC)
    assert list(unanswered(tuesday)) == [listings[1]]
    assert set(unanswered(tuesday + dt.timedelta(days=1))) == set(listings)


def test_what_was_answered_offers_and_what_is_off_the_board_do_not_wait_for_a_broker():
    answered = asked_on(2)
    helper = a_member()
    a_proposal(helper, answered.member, 15, listing=answered, by=helper)
    paused, offer = asked_on(2), a_listing(a_member())
    Listing.objects.filter(pk=paused.pk).update(paused_at=timezone.now())
    Listing.objects.filter(pk=offer.pk).update(posted_at=dt.datetime(2026, 11, 2, tzinfo=dt.UTC))
    suspended = asked_on(2)
    User.objects.filter(pk=suspended.member_id).update(suspended_at=timezone.now())
    waiting = asked_on(2)
    assert list(unanswered(TUESDAY)) == [waiting]


def test_the_brokers_queue_shows_up_to_five_people_for_each_and_costs_the_same_however_long(as_):
    browser = as_(a_broker())

    def fill(number):
        for _row in range(number):
            a_listing(a_member(), skills=[a_skill()])
            asked_on(2, title="Whom should I ask?", skills=[a_skill()])

    fill(3)
    few = counted(browser, at("unanswered"))
    fill(4)
    page = text_of(browser.get(at("unanswered")))
    assert page.count("Offers user research") == 7 * 5
    assert counted(browser, at("unanswered")) == few
