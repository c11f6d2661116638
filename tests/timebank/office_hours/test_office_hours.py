"""Publishing slots, booking, moving and skipping them."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.utils import timezone

from notifications.models import InboxItem
from people.models import Block
from tests.timebank.factories import (
    a_booking,
    a_listing,
    a_member,
    a_pot,
    a_skill,
    credits_of,
    key,
    record,
    slots_of,
    some_office_hours,
)
from timebank.actions import calling_off, exchanges, listings, office_hours
from timebank.actions.away import go_away
from timebank.models import BookedTime, Exchange, Hold, Listing, OfficeHours, Slot
from timebank.queries import office_hours as queries
from timebank.queries import verification
from ui.errors import DomainError, Invalid, Missing, NotAllowed

pytestmark = pytest.mark.django_db
LONDON = ZoneInfo("Europe/London")
NEXT_WEEK = dt.timedelta(days=7)


@pytest.fixture
def ada(db):
    return a_member("Ada Lovelace")


@pytest.fixture
def ben(db):
    return a_member("Ben Nevis")


# Publishing


def test_slots_follow_each_other_on_every_day_of_the_rhythm(ada):
    first = timezone.localdate() + NEXT_WEEK
    published = some_office_hours(ada, last_day=first + dt.timedelta(weeks=4), rhythm="fortnightly", each_day=2)
    starts = [timezone.localtime(slot.starts_at) for slot in slots_of(published)]
    assert [start.date() for start in starts] == [first + dt.timedelta(weeks=week) for week in (0, 0, 2, 2, 4, 4)]
    assert {f"{start:%H:%M}" for start in starts} == {"14:00", "14:30"}
    offer = published.listing
    assert (offer.kind, offer.member, offer.minutes, offer.mode) == ("offer", ada, 30, "remote")


def test_once_is_one_day_and_no_last_day_means_twelve_weeks(ada):
    assert len(slots_of(some_office_hours(ada, rhythm="once", last_day=None))) == 3
    assert len(slots_of(some_office_hours(ada, at=dt.time(9), each_day=1))) == 13


@pytest.mark.parametrize(("year", "month"), [(2027, 3), (2026, 10), (2027, 10)])
def test_the_clock_of_london_holds_when_it_changes(ada, year, month, monkeypatch):
    first = dt.date(year, month, 15)
    before = dt.datetime(year, month, 1, tzinfo=LONDON)
    monkeypatch.setattr(timezone, "now", lambda: before)
    published = some_office_hours(ada, first_day=first, last_day=first + dt.timedelta(weeks=3), each_day=1)
    utc = {slot.starts_at.astimezone(dt.UTC).hour for slot in slots_of(published)}
    assert utc == {13, 14}  # summer and winter time are both among them
    assert {slot.starts_at.astimezone(LONDON).hour for slot in slots_of(published)} == {14}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"minutes": 20}, "minutes"),
        ({"minutes": 0}, "minutes"),
        ({"minutes": 255}, "minutes"),
        ({"each_day": 0}, "each_day"),
        ({"each_day": 13}, "each_day"),
        ({"at": dt.time(23), "each_day": 3}, "each_day"),
        ({"notice_hours": -1}, "notice_hours"),
        ({"notice_hours": 400}, "notice_hours"),
        ({"rhythm": "daily"}, "rhythm"),
        ({"first_day": dt.date(2020, 1, 1)}, "first_day"),
        ({"first_day": dt.date(2090, 1, 1)}, "first_day"),
        ({"last_day": dt.date(2020, 1, 1)}, "last_day"),
        ({"last_day": dt.date(2090, 1, 1)}, "last_day"),
        ({"online_link": ""}, "online_link"),
        ({"online_link": "javascript:alert(1)"}, "online_link"),
        ({"title": " "}, "title"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field_and_publishes_nothing(ada, wrong, field):
    with pytest.raises(Invalid) as refused, transaction.atomic():
        some_office_hours(ada, **wrong)
    assert refused.value.field == field
    assert not Slot.objects.exists()
    assert not Listing.objects.exists()


def test_a_second_click_publishes_nothing_more_and_overlapping_hours_are_refused(ada, ben):
    form = key()
    assert some_office_hours(ada, key=form) == some_office_hours(ada, key=form)
    with pytest.raises(Invalid) as refused:
        some_office_hours(ada, at=dt.time(15), each_day=1)
    assert refused.value.field == "at"
    some_office_hours(ada, at=dt.time(15, 30), each_day=1)  # right after the last
    some_office_hours(ben)
    assert OfficeHours.objects.count() == 3


def test_only_ones_own_open_offer_can_be_booked_out(ada, ben):
    request, theirs, closed = a_listing(ada, kind="request"), a_listing(ben), a_listing(ada)
    listings.close_listing(by=ada, listing=closed)
    closed.refresh_from_db()
    for listing in (request, theirs):
        with pytest.raises(Missing):
            some_office_hours(ada, listing=listing)
    with pytest.raises(DomainError, match="not open"):
        some_office_hours(ada, listing=closed)
    ada.suspended_at = timezone.now()
    with pytest.raises(NotAllowed):
        some_office_hours(ada)


# Booking


def test_a_booking_is_an_accepted_exchange_whose_credits_are_held(ada, ben):
    slot = slots_of(some_office_hours(ada))[1]
    exchange = a_booking(ben, slot, message="My chart has too many lines")
    assert (exchange.state, exchange.provider, exchange.receiver) == ("accepted", ada, ben)
    assert (exchange.starts_at, exchange.online_link) == (slot.starts_at, "https://meet.example.org/ada")
    assert credits_of(ben) == (0, 30)
    assert exchange.title == "Your first run chart"
    told = InboxItem.objects.get(user=ada)
    assert "Ben Nevis booked" in told.subject
    assert "too many lines" in told.text
    assert "You booked" in InboxItem.objects.get(user=ben).subject
    record(exchange, ada, 30)
    record(exchange, ben, 30)
    assert (credits_of(ada), credits_of(ben)) == ((30, 0), (-30, 0))
    assert not verification.findings()


def test_booking_the_same_slot_again_gives_it_back_and_others_hear_that_it_is_gone(ada, ben):
    slot = slots_of(some_office_hours(ada))[0]
    assert a_booking(ben, slot) == a_booking(ben, slot)
    with pytest.raises(DomainError, match="just booked"):
        a_booking(a_member(), slot)
    assert Exchange.objects.count() == 1


def test_too_few_credits_are_said_with_what_is_missing_and_leave_the_slot_free(ada, ben):
    slots = slots_of(some_office_hours(ada, minutes=240, each_day=1))
    a_booking(ben, slots[0])
    a_booking(ben, slots[1])
    with pytest.raises(Invalid, match="2 h short"), transaction.atomic():
        a_booking(ben, slots[2])
    assert credits_of(ben) == (0, 480)
    assert slots[2] in queries.free_slots(ben)


def test_nobody_is_in_two_bookings_at_once_on_whichever_side(ada, ben):
    cat = a_member("Cat")
    of_ada, of_cat = slots_of(some_office_hours(ada)), slots_of(some_office_hours(cat, at=dt.time(14, 15)))
    a_booking(ben, of_ada[0])
    with pytest.raises(DomainError, match="another booking at that time"):
        a_booking(ben, of_cat[0])
    with pytest.raises(DomainError, match="another booking"):
        a_booking(ada, of_cat[0])  # as a helper she is with Ben
    a_booking(ada, of_cat[2])
    with pytest.raises(DomainError, match="Ada Lovelace is taken"):
        a_booking(ben, of_ada[2])  # she is with Cat from 14:45
    assert Exchange.objects.count() == Hold.objects.count() == 2


def test_a_slot_can_be_booked_until_its_notice_begins(ada, ben):
    slot = slots_of(some_office_hours(ada, notice_hours=24))[0]
    Slot.objects.filter(pk=slot.pk).update(book_by=timezone.now() - dt.timedelta(seconds=1))
    with pytest.raises(DomainError, match="too late"):
        a_booking(ben, slot)
    assert slot not in queries.free_slots(ben)
    assert slot.starts_at - slot.book_by == dt.timedelta(hours=24)


@pytest.mark.parametrize("ended_by", ["skip", "end", "pause", "close", "away", "suspend", "block"])
def test_what_is_no_longer_offered_is_neither_shown_nor_booked(ada, ben, ended_by):
    published = some_office_hours(ada)
    slot, day = slots_of(published)[0], published.first_day
    assert slot in queries.free_slots(ben)
    if ended_by == "skip":
        office_hours.skip_day(by=ada, office_hours=published, day=day)
    elif ended_by == "end":
        office_hours.end(by=ada, office_hours=published)
    elif ended_by == "pause":
        listings.pause_listing(by=ada, listing=published.listing)
    elif ended_by == "close":
        listings.close_listing(by=ada, listing=published.listing)
    elif ended_by == "away":
        go_away(by=ada, first_day=day, last_day=day)
    elif ended_by == "suspend":
        ada.suspended_at = timezone.now()
        ada.save()
    else:
        Block.objects.create(blocker=ada, blocked=ben)
    assert slot not in queries.free_slots(ben)
    with pytest.raises(DomainError), transaction.atomic():
        a_booking(ben, slot)
    assert not Exchange.objects.exists()
    if ended_by == "away":  # only on those days
        assert slots_of(published)[3] in queries.free_slots(ben)


def test_who_may_not_act_and_the_helper_cannot_book(ada, ben):
    slot = slots_of(some_office_hours(ada))[0]
    with pytest.raises(DomainError, match="your own"):
        a_booking(ada, slot)
    ben.suspended_at = timezone.now()
    for nobody in (ben, a_member(conduct_accepted_at=None), AnonymousUser()):
        with pytest.raises(NotAllowed):
            a_booking(nobody, slot)
    assert not Exchange.objects.exists()


def test_a_pot_books_for_its_purpose_and_never_with_its_own_steward(ada, ben):
    slots, pot = slots_of(some_office_hours(ada)), a_pot(ben)
    exchange = a_booking(ben, slots[0], pot=pot)
    assert (exchange.purpose, credits_of(pot), credits_of(ben)) == (pot.purpose, (600, 30), (0, 0))
    with pytest.raises(NotAllowed):
        a_booking(a_member(), slots[1], pot=pot)
    with pytest.raises(NotAllowed, match="own pot"):
        a_booking(ben, slots[1], pot=a_pot_with(ben, ada))


def a_pot_with(*stewards):
    from timebank.actions import pots

    pot = a_pot(stewards[0], name="Ours")
    for steward in stewards[1:]:
        pots.add_steward(by=stewards[0], pot=pot, user=steward)
    return pot


# Changing


def test_cancelling_releases_the_credits_and_frees_the_slot(ada, ben):
    slot = slots_of(some_office_hours(ada))[0]
    exchange = a_booking(ben, slot)
    calling_off.cancel(by=ben, exchange=exchange)
    assert credits_of(ben) == (0, 0)
    assert slot in queries.free_slots(ben)
    assert a_booking(ben, slot).pk != exchange.pk
    a_member_too = a_member()
    with pytest.raises(DomainError, match="just booked"):
        a_booking(a_member_too, slot)


def test_a_booking_moves_to_another_slot_with_what_is_held(ada, ben):
    first, second, third, *_rest = slots_of(some_office_hours(ada))
    exchange = a_booking(ben, first)
    a_booking(a_member(), third)
    moved = office_hours.swap(by=ben, exchange=exchange, slot=second)
    assert office_hours.swap(by=ben, exchange=exchange, slot=second) == moved
    assert moved.starts_at == second.starts_at
    assert credits_of(ben) == (0, 30)
    assert {first, second, third} & set(queries.free_slots(ben)) == {first}
    assert InboxItem.objects.filter(user=ada, subject__contains="moved a booking").count() == 1
    with pytest.raises(DomainError, match="just booked"), transaction.atomic():
        office_hours.swap(by=ben, exchange=moved, slot=third)
    assert queries.booked_slot(moved) == second


def test_only_who_booked_moves_it_and_only_within_the_same_office_hours_before_it_begins(ada, ben):
    slots = slots_of(some_office_hours(ada))
    elsewhere = slots_of(some_office_hours(ada, at=dt.time(9)))[0]
    exchange = a_booking(ben, slots[0])
    for who, slot in [(ada, slots[1]), (a_member(), slots[1]), (ben, elsewhere)]:
        with pytest.raises(Missing):
            office_hours.swap(by=who, exchange=exchange, slot=slot)
    past = timezone.now() - dt.timedelta(hours=1)
    Slot.objects.filter(pk=slots[0].pk).update(
        starts_at=past, book_by=past, during=(past, past + dt.timedelta(minutes=30))
    )
    with pytest.raises(DomainError, match="no longer be moved"):
        office_hours.swap(by=ben, exchange=exchange, slot=slots[1])


def test_the_date_of_a_booking_is_changed_by_choosing_a_slot_only(ada, ben):
    exchange = a_booking(ben, slots_of(some_office_hours(ada))[0])
    with pytest.raises(Invalid, match="slot of office hours"):
        exchanges.arrange(by=ada, exchange=exchange, starts_at=timezone.now() + NEXT_WEEK)
    exchanges.arrange(by=ada, exchange=exchange, starts_at=exchange.starts_at, place="Ward 6")
    exchange.refresh_from_db()
    assert exchange.place == "Ward 6"


def test_skipping_a_day_tells_and_releases_who_had_booked_it(ada, ben):
    published, cat = some_office_hours(ada), a_member()
    slots = slots_of(published)
    on_the_day, another_day = [a_booking(ben, slots[0]), a_booking(cat, slots[1])], a_booking(ben, slots[3])
    assert office_hours.skip_day(by=ada, office_hours=published, day=published.first_day, reason="On call") == 2
    assert office_hours.skip_day(by=ada, office_hours=published, day=published.first_day) == 0
    assert {Exchange.objects.get(pk=exchange.pk).state for exchange in on_the_day} == {"cancelled"}
    assert (credits_of(ben), credits_of(cat)) == ((0, 30), (0, 0))
    assert "On call" in InboxItem.objects.filter(user=cat).latest("id").text
    another_day.refresh_from_db()
    assert another_day.state == "accepted"
    assert {slot.starts_at.date() for slot in queries.free_slots(cat)}.isdisjoint({slots[0].starts_at.date()})
    with pytest.raises(Invalid):
        office_hours.skip_day(by=ada, office_hours=published, day=published.first_day + dt.timedelta(days=1))
    with pytest.raises(Missing):
        office_hours.skip_day(by=ben, office_hours=published, day=published.first_day)


def test_ending_takes_the_free_slots_away_keeps_what_is_booked_and_frees_the_time(ada, ben):
    published = some_office_hours(ada)
    slots = slots_of(published)
    booked = a_booking(ben, slots[0])
    for _again in range(2):
        office_hours.end(by=ada, office_hours=published)
    booked.refresh_from_db()
    assert booked.state == "accepted"
    assert not queries.free_slots(ben).exists()
    some_office_hours(ada, first_day=published.first_day + NEXT_WEEK)
    with pytest.raises(Invalid):
        some_office_hours(ada)  # the booked slot still stands in the way
    with pytest.raises(Missing):
        office_hours.end(by=ben, office_hours=published)


def test_the_database_refuses_overlaps_and_times_that_make_no_sense(ada, ben):
    published = some_office_hours(ada)
    slot = slots_of(published)[0]
    exchange = a_booking(ben, slot)
    day = dt.timedelta(days=1)
    later = slot.starts_at + 400 * day
    wrong = [
        lambda: Slot.objects.create(
            office_hours=published, helper=ada, during=slot.during, starts_at=slot.starts_at, book_by=slot.book_by
        ),
        lambda: Slot.objects.create(
            office_hours=published, helper=ada, during=(later, later + day), starts_at=later, book_by=later + day
        ),
        lambda: Slot.objects.create(
            office_hours=published, helper=ada, during=(later, later + day), starts_at=later + day, book_by=later
        ),
        lambda: BookedTime.objects.create(slot=slot, exchange=exchange, person=ben, during=slot.during),
        lambda: OfficeHours.objects.filter(pk=published.pk).update(last_day=published.first_day - day),
        lambda: OfficeHours.objects.filter(pk=published.pk).update(minutes=10),
        lambda: OfficeHours.objects.filter(pk=published.pk).update(each_day=0),
        lambda: OfficeHours.objects.filter(pk=published.pk).update(notice_hours=400),
        lambda: OfficeHours.objects.filter(pk=published.pk).update(rhythm="daily"),
    ]
    for break_it in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            break_it()


# Reads


def test_the_list_shows_the_soonest_first_and_costs_the_same_however_long(ada, ben, django_assert_num_queries):
    def count():
        with django_assert_num_queries(3):
            return [found.next_at for found in queries.browse(ben)[:40]]

    for hour in (15, 9, 12):
        some_office_hours(a_member(), at=dt.time(hour), skills=[a_skill()])
    some_office_hours(ben, at=dt.time(8))
    first = count()
    assert first == sorted(first)
    assert len(first) == 4
    for _number in range(27):
        some_office_hours(a_member(), rhythm="once", skills=[a_skill()])
    assert len(count()) == 31
    assert queries.skills_offered() == [("user-research", "User research")]
    assert queries.browse(ben, skill="user-research").count() == 30
    assert queries.browse(ben, skill="coding").count() == 0


def test_what_one_has_published_can_be_downloaded(ada):
    some_office_hours(ada, last_day=timezone.localdate() + NEXT_WEEK)
    [row] = queries.export_for(ada)
    assert (row["offer"], row["at"], row["minutes"], row["ended"]) == ("Your first run chart", "14:00", 30, False)
