"""A group session from draft to settlement: places, the queue, the register, who may, and the books to the minute."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from notifications.models import InboxItem
from people.models import Block, RoleGrant, User
from tests.timebank.factories import a_broker, a_floor, a_member, a_pot, a_proposal, credits_of, give_credits, key
from tests.timebank.group_sessions.factories import (
    HOUR,
    a_draft,
    a_place,
    a_session,
    begin,
    note,
    rich,
    scan,
    shift,
    three_days_on,
)
from timebank.actions import group_places, group_register, group_sessions, leaving, ledger, purposes
from timebank.models import Entry, GroupBooking, GroupSession, Hold, Transfer
from timebank.queries import exchanges as exchange_queries
from timebank.queries import verification
from ui.errors import DomainError, Invalid, Missing, NotAllowed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _the_books_balance():
    yield
    assert not verification.findings()


def told(user, words):
    return InboxItem.objects.filter(user=user, subject__contains=words).exists()


def state(row):
    row.refresh_from_db()
    return row.state


# ── the stated examples, through the books ──


@pytest.mark.parametrize(("people", "each"), [(5, 30), (1, 150)])
def test_two_and_a_half_hours_cost_each_of_five_half_an_hour_and_one_all_of_it(people, each):
    session = a_session(most_minutes=150)
    places = [a_place(session) for _person in range(people)]
    begin(session)
    for place in places:
        scan(session, place.user)
    note(session)
    session.refresh_from_db()
    assert (session.state, session.cost_minutes) == ("settled", 150)
    assert [credits_of(place.user) for place in places] == [(600 - each, 0)] * people
    assert credits_of(session.host) == (150, 0)


def test_ten_hours_over_three_receivers_are_six_hundred_minutes_on_both_sides():
    session = a_session(minutes=540, preparation=60, most_minutes=600)
    places = [a_place(session) for _person in range(3)]
    begin(session)
    for place in places:
        scan(session, place.user)
    note(session)
    session.refresh_from_db()
    entries = Entry.objects.filter(transfer=session.transfer)
    assert sorted(entries.values_list("minutes", flat=True)) == [-200, -200, -200, 600]
    assert session.transfer.kind == "group_session"


def test_three_providers_of_3_h_20_are_credited_what_seven_attendees_are_debited():
    others = [a_member(), a_member()]
    draft = a_draft(minutes=180, preparation=20, most_minutes=200)
    for other in others:
        group_sessions.ask_to_give(by=draft.host, session=draft, email=other.email, preparation=20)
        group_sessions.answer_to_give(by=other, session=draft, yes=True)
    session = group_sessions.publish(by=draft.host, session=draft)
    places = [a_place(session) for _person in range(7)]
    begin(session)
    for place in places:
        scan(session, place.user)
    note(session)
    paid = [600 - credits_of(place.user)[0] for place in places]
    assert sum(paid) == 600
    assert set(paid) == {85, 86}
    assert [credits_of(giver) for giver in (session.host, *others)] == [(200, 0)] * 3


def test_one_scanned_one_ticked_one_away_one_cancelled_late_one_in_time():
    session = a_session()
    scanned, ticked, away, late, early = (a_place(session) for _person in range(5))
    group_places.give_up_place(by=early.user, session=session)
    shift(session, 50 * HOUR)  # 22 hours before it begins
    group_places.give_up_place(by=late.user, session=session)
    begin(session)
    scan(session, scanned.user)
    note(session, ticked)
    assert state(session) == "noted"
    assert told(ticked.user, "noted as there")
    assert credits_of(ticked.user) == (600, 60), "a tick moves nothing yet"
    three_days_on(session)
    assert session.state == "settled"
    for place, paid in ((scanned, 60), (ticked, 60), (away, 0), (late, 0), (early, 0)):
        assert credits_of(place.user) == (600 - paid, 0), place
    assert credits_of(session.host) == (120, 0)  # 30 min are forgone: two people at an hour at the most
    late.refresh_from_db()
    early.refresh_from_db()
    assert (late.late, early.late, state(away)) == (True, False, "away")
    assert told(session.host, "you earned 2 h")


def test_where_the_session_says_so_staying_away_and_cancelling_late_costs_a_share_but_never_an_excuse():
    session = a_session(stay_away_pays=True)
    there, away, late, excused = (a_place(session) for _person in range(4))
    shift(session, 50 * HOUR)
    group_places.give_up_place(by=late.user, session=session)
    group_places.give_up_place(by=excused.user, session=session, excuse="duty")
    assert credits_of(late.user) == (600, 60)
    assert credits_of(excused.user) == (600, 0)
    begin(session)
    scan(session, there.user)
    note(session)
    for place, paid in ((there, 50), (away, 50), (late, 50), (excused, 0)):
        assert credits_of(place.user) == (600 - paid, 0), place
    assert credits_of(session.host) == (150, 0)


def test_who_moved_up_on_the_last_day_is_not_bound_by_the_place():
    session = a_session(places=1, stay_away_pays=True)
    first, second = a_place(session), a_place(session)
    shift(session, 50 * HOUR)
    group_places.give_up_place(by=first.user, session=session, excuse="illness")
    assert state(second) == "booked"
    walked_in = rich()
    GroupSession.objects.filter(pk=session.pk).update(places=2)
    begin(session)
    scan(session, walked_in)
    GroupBooking.objects.filter(pk=second.pk).update(booked_at=session.starts_at - HOUR)
    note(session)
    assert credits_of(second.user) == (600, 0)
    assert credits_of(walked_in) == (540, 0)


# ── sponsors ──


def sponsored(steward, pot, **fields):
    draft = a_draft(pot=pot, **fields)
    group_sessions.answer_to_sponsor(by=steward, session=draft, yes=True)
    return group_sessions.publish(by=draft.host, session=draft)


def attended_by(session, number):
    places = [a_place(session) for _person in range(number)]
    begin(session)
    for place in places:
        scan(session, place.user)
    note(session)
    session.refresh_from_db()
    return places


def test_a_pot_pays_its_part_and_what_attendance_does_not_cover():
    steward = a_member()
    pot = a_pot(steward, 300)
    session = sponsored(steward, pot, sponsored_minutes=30, shortfall="pot", most_minutes=40)
    assert credits_of(pot) == (300, 110)  # with one person there: 30, and 120 less 40
    places = attended_by(session, 2)
    assert [credits_of(place.user) for place in places] == [(560, 0)] * 2
    assert credits_of(pot) == (230, 0)
    assert credits_of(session.host) == (150, 0)
    assert (session.pot_paid_minutes, session.purpose) == (70, pot.purpose)


def test_a_pot_that_sponsors_all_makes_it_free_and_holds_nothing_of_those_who_come():
    steward, poor = a_member(), a_member()
    pot = a_pot(steward, 300)
    session = sponsored(steward, pot, sponsored_minutes=150, most_minutes=0)
    a_place(session, poor)
    assert credits_of(poor) == (0, 0)
    begin(session)
    scan(session, poor)
    note(session)
    assert (credits_of(poor), credits_of(pot), credits_of(session.host)) == ((0, 0), (150, 0), (150, 0))


def test_what_attendance_does_not_cover_is_forgone_where_nobody_sponsors():
    session = a_session(most_minutes=20)
    attended_by(session, 2)
    assert credits_of(session.host) == (40, 0)
    assert session.cost_minutes == 150


def test_a_session_that_costs_nothing_settles_without_a_transfer():
    session = a_session(most_minutes=0)
    attended_by(session, 2)
    assert (session.state, session.transfer) == ("settled", None)
    assert credits_of(session.host) == (0, 0)


def test_nobody_came_and_nothing_moves_not_even_from_the_sponsor():
    steward = a_member()
    pot = a_pot(steward, 300)
    session = sponsored(steward, pot, sponsored_minutes=150, most_minutes=0, shortfall="pot", stay_away_pays=True)
    a_place(session)
    begin(session)
    note(session)
    assert state(session) == "empty"
    assert credits_of(pot) == (300, 0)
    assert not Transfer.objects.filter(kind="group_session").exists()


def test_a_steward_cannot_be_paid_from_their_own_pot():
    host = a_member()
    pot = a_pot(host, 300)
    with pytest.raises(Invalid) as refused:
        a_draft(host, pot=pot, sponsored_minutes=60)
    assert refused.value.field == "pot"
    other = a_member()
    draft = a_draft(other, pot=pot, sponsored_minutes=60)
    group_sessions.ask_to_give(by=other, session=draft, email=host.email)  # says nothing: whose address is it?
    with pytest.raises(Invalid, match="cannot be paid from their own pot"):
        group_sessions.answer_to_give(by=host, session=draft, yes=True)


def test_a_sponsor_that_cannot_pay_is_told_what_is_missing_and_nothing_is_agreed():
    steward = a_member()
    draft = a_draft(pot=a_pot(steward, 30), sponsored_minutes=60)
    with pytest.raises(ledger.NotEnough, match="30 min is missing"):
        group_sessions.answer_to_sponsor(by=steward, session=draft, yes=True)
    draft.refresh_from_db()
    assert draft.sponsor_agreed_by is None
    with pytest.raises(DomainError, match="has not said yet"):
        group_sessions.publish(by=draft.host, session=draft)


def test_a_sponsor_who_says_no_leaves_a_session_without_one():
    steward = a_member()
    draft = a_draft(pot=a_pot(steward, 300), sponsored_minutes=60, shortfall="pot")
    group_sessions.answer_to_sponsor(by=steward, session=draft, yes=True)
    group_sessions.answer_to_sponsor(by=steward, session=draft, yes=False)
    draft.refresh_from_db()
    assert (draft.pot, draft.sponsored_minutes, draft.shortfall) == (None, 0, "forgone")
    assert not Hold.objects.filter(state="active").exists()
    assert told(draft.host, "Not sponsored")


def test_another_provider_means_that_the_sponsor_is_asked_anew():
    steward, other = a_member(), a_member()
    pot = a_pot(steward, 600)
    draft = a_draft(pot=pot, sponsored_minutes=60, shortfall="pot")
    group_sessions.answer_to_sponsor(by=steward, session=draft, yes=True)
    assert credits_of(pot) == (600, 90)
    group_sessions.ask_to_give(by=draft.host, session=draft, email=other.email)
    assert credits_of(pot) == (600, 0)
    group_sessions.answer_to_give(by=other, session=draft, yes=True)
    group_sessions.answer_to_sponsor(by=steward, session=draft, yes=True)
    assert credits_of(pot) == (600, 210)
    group_sessions.answer_to_give(by=other, session=draft, yes=False)
    assert credits_of(pot) == (600, 0)


# ── places and the queue ──


def test_booking_holds_the_most_that_a_place_costs_and_asking_again_changes_nothing():
    session, ben = a_session(), rich()
    first = a_place(session, ben)
    assert a_place(session, ben) == first
    assert credits_of(ben) == (600, 60)
    assert told(ben, "You have a place")


def test_who_cannot_pay_is_told_what_is_missing_and_has_no_place():
    session, ben = a_session(most_minutes=150), a_member()
    give_credits(ledger.account_for(member=ben), 60)
    a_floor(0)
    with pytest.raises(Invalid, match="1 h 30 short"):
        a_place(session, ben)
    assert not session.bookings.exists()


def test_the_waiting_list_moves_up_in_its_order_skips_who_cannot_pay_and_says_so():
    session = a_session(places=1)
    first = a_place(session)
    poor = a_member()
    waiting = [a_place(session, poor), a_place(session), a_place(session)]
    a_floor(0)
    assert [row.state for row in waiting] == ["waiting"] * 3
    assert credits_of(waiting[1].user) == (600, 0), "waiting holds nothing"
    group_places.give_up_place(by=first.user, session=session)
    assert [state(row) for row in waiting] == ["waiting", "booked", "waiting"]
    assert credits_of(waiting[1].user) == (600, 60)
    assert told(waiting[1].user, "it is yours")
    assert told(poor, "short of credits")
    assert credits_of(first.user) == (600, 0)


def test_nobody_moves_up_once_it_has_begun_and_a_place_cannot_be_given_up_then():
    session = a_session(places=1)
    first, second = a_place(session), a_place(session)
    begin(session)
    with pytest.raises(DomainError, match="has begun"):
        group_places.give_up_place(by=first.user, session=session)
    assert state(second) == "waiting"
    assert group_places.give_up_place(by=second.user, session=session).state == "cancelled"
    assert group_places.give_up_place(by=second.user, session=session) is None


def test_cancelling_frees_everything_and_tells_everybody():
    steward = a_member()
    pot = a_pot(steward, 300)
    session = sponsored(steward, pot, sponsored_minutes=90, places=1)
    booked, waiting = a_place(session), a_place(session)
    for _click in range(2):
        group_sessions.cancel(by=session.host, session=session, reason="I am ill")
    assert state(session) == "cancelled"
    assert (credits_of(booked.user), credits_of(pot)) == ((600, 0), (300, 0))
    assert all(told(person, "Cancelled") for person in (booked.user, waiting.user, steward))
    with pytest.raises(DomainError):
        a_place(session)


def test_a_new_link_is_told_to_whoever_has_a_place():
    session = a_session()
    place = a_place(session)
    group_sessions.change(
        by=session.host, session=session, description="", online_link="https://example.org/new", place=""
    )
    assert told(place.user, "Where it is has changed")


# ── the register ──


def test_the_code_works_from_half_an_hour_before_until_two_hours_after():
    session = a_session()
    place = a_place(session)
    with pytest.raises(DomainError, match="doors open"):
        scan(session, place.user)
    begin(session)
    shift(session, 5 * HOUR)
    with pytest.raises(DomainError, match="is over"):
        scan(session, place.user)
    shift(session, -5 * HOUR - dt.timedelta(minutes=25))
    assert scan(session, place.user).proof == "scan"
    assert scan(session, place.user) == place, "a second scan is harmless"


def test_who_scans_without_a_place_gets_a_free_one_or_none():
    session = a_session(places=1)
    begin(session)
    first, second = rich(), rich()
    assert scan(session, first).state == "attended"
    assert credits_of(first) == (600, 60)
    with pytest.raises(DomainError, match="All places are taken"):
        scan(session, second)
    assert credits_of(second) == (600, 0)


def test_who_gave_up_late_and_comes_after_all_pays_once():
    session = a_session(stay_away_pays=True)
    place = a_place(session)
    shift(session, 50 * HOUR)
    group_places.give_up_place(by=place.user, session=session)
    begin(session)
    scan(session, place.user)
    note(session)
    assert credits_of(place.user) == (540, 0)


def test_a_scan_settles_at_once_and_closing_twice_pays_once():
    session = a_session()
    place = a_place(session)
    begin(session)
    scan(session, place.user)
    for _click in range(2):
        note(session)
    assert not group_register.settle(session=session)
    assert credits_of(session.host) == (60, 0)
    assert Transfer.objects.filter(kind="group_session").count() == 1


def test_the_register_cannot_be_closed_before_it_begins_and_a_tick_is_no_scan():
    session = a_session()
    place = a_place(session)
    with pytest.raises(DomainError, match="not begun"):
        note(session, place)
    begin(session)
    note(session, place)
    with pytest.raises(DomainError):
        scan(session, place.user)


def test_who_was_ticked_can_object_and_the_host_takes_it_away():
    session = a_session()
    scanned, ticked = a_place(session), a_place(session)
    begin(session)
    scan(session, scanned.user)
    note(session, ticked)
    for _click in range(2):
        group_register.object_to_tick(by=ticked.user, session=session, words="I was on a late shift")
    assert told(session.host, "I was not there")
    assert three_days_on(session).state == "noted", "an open objection keeps it waiting"
    group_register.untick(by=session.host, booking=ticked)
    assert state(session) == "settled"
    assert (credits_of(ticked.user), credits_of(scanned.user)) == ((600, 0), (540, 0))
    with pytest.raises(DomainError):
        group_register.untick(by=session.host, booking=scanned)


@pytest.mark.parametrize(("was_there", "paid"), [(True, 60), (False, 0)])
def test_a_broker_who_is_no_party_decides_an_objection(was_there, paid):
    broker, session = a_broker(), a_session()
    ticked = a_place(session)
    begin(session)
    note(session, ticked)
    group_register.object_to_tick(by=ticked.user, session=session, words="Not me")
    for nobody, error in ((session.host, NotAllowed), (ticked.user, NotAllowed)):
        with pytest.raises(error):
            group_register.decide_objection(by=nobody, booking=ticked, was_there=True, note="x")
    with pytest.raises(Invalid):
        group_register.decide_objection(by=broker, booking=ticked, was_there=True, note=" ")
    group_register.decide_objection(by=broker, booking=ticked, was_there=was_there, note="The chat shows it")
    assert state(session) == ("settled" if was_there else "empty")
    assert credits_of(ticked.user) == (600 - paid, 0)
    with pytest.raises(DomainError, match="decided already"):
        group_register.decide_objection(by=broker, booking=ticked, was_there=True, note="Again")


def test_a_broker_who_gives_the_session_cannot_decide_about_it():
    broker = a_broker()
    session = a_session(broker)
    ticked = a_place(session)
    begin(session)
    note(session, ticked)
    group_register.object_to_tick(by=ticked.user, session=session, words="Not me")
    with pytest.raises(NotAllowed, match="party"):
        group_register.decide_objection(by=broker, booking=ticked, was_there=True, note="Mine")


def test_an_objection_that_nobody_decides_in_ten_days_stands():
    session = a_session()
    scanned, ticked = a_place(session), a_place(session)
    begin(session)
    scan(session, scanned.user)
    note(session, ticked)
    group_register.object_to_tick(by=ticked.user, session=session, words="Not me")
    shift(session, 11 * 24 * HOUR)
    group_register.sweep()
    assert state(session) == "settled"
    assert (state(ticked), credits_of(ticked.user)) == ("away", (600, 0))


def test_a_register_that_nobody_closes_counts_those_who_scanned_after_14_days():
    session = a_session()
    scanned, booked = a_place(session), a_place(session)
    begin(session)
    scan(session, scanned.user)
    shift(session, 14 * 24 * HOUR)
    assert group_register.sweep() == {"settled": 0, "lapsed": 0}
    shift(session, 3 * HOUR)
    assert group_register.sweep()["lapsed"] == 1
    assert (state(session), state(booked)) == ("settled", "away")
    assert credits_of(scanned.user) == (540, 0)


def test_a_draft_whose_date_passes_is_cancelled_and_frees_its_sponsor():
    steward = a_member()
    pot = a_pot(steward, 300)
    draft = a_draft(pot=pot, sponsored_minutes=60)
    group_sessions.answer_to_sponsor(by=steward, session=draft, yes=True)
    shift(draft, 4 * 24 * HOUR)
    group_register.sweep()
    assert state(draft) == "cancelled"
    assert credits_of(pot) == (300, 0)


# ── who may ──


def everybody(session, booked):
    closed, suspended, new = rich(), rich(), a_member(conduct_accepted_at=None)
    User.objects.filter(pk=suspended.pk).update(suspended_at=timezone.now())
    User.objects.filter(pk=closed.pk).update(closed_at=timezone.now(), email=None, name="")
    blocked = rich()
    Block.objects.create(blocker=session.host, blocked=blocked)
    people = {
        "host": session.host, "booked": booked.user, "stranger": rich(), "broker": a_broker(), "suspended": suspended,
        "closed": closed, "new": new, "blocked": blocked,
    }  # fmt: skip
    return {who: User.objects.get(pk=user.pk) for who, user in people.items()}


@pytest.mark.parametrize(
    ("move", "who_may"),
    [
        ("book", {"booked", "stranger", "broker"}),
        ("check_in", {"booked", "stranger", "broker"}),
        ("give_up", {"booked", "stranger", "broker", "suspended", "closed", "new", "blocked", "host"}),
        ("note", {"host"}),
        ("cancel", {"host"}),
        ("change", {"host"}),
        ("object", set()),
    ],
)
def test_who_may_do_what_with_a_published_session(move, who_may):
    session = a_session()
    booked = a_place(session)
    people = everybody(session, booked)
    if move in {"check_in", "note"}:
        begin(session)
    moves = {
        "book": lambda by: group_places.book(by=by, session=session, key=key()),
        "check_in": lambda by: group_register.check_in(by=by, session=session, key=key()),
        "give_up": lambda by: group_places.give_up_place(by=by, session=session),  # nothing to give up is no error
        "note": lambda by: group_register.note_attendance(by=by, session=session, present=[]),
        "cancel": lambda by: group_sessions.cancel(by=by, session=session),
        "change": lambda by: group_sessions.change(by=by, session=session, description="", online_link="", place=""),
        "object": lambda by: group_register.object_to_tick(by=by, session=session, words="No"),
    }
    may = set()
    for who, user in people.items():
        try:
            with transaction.atomic():
                moves[move](user)
                may.add(who)
                raise ZeroDivisionError
        except (DomainError, ZeroDivisionError):
            pass
    assert may == who_may


def test_a_draft_is_nobody_elses_business():
    draft, stranger = a_draft(), rich()
    for move in (
        lambda: group_places.book(by=stranger, session=draft, key=key()),
        lambda: group_sessions.publish(by=stranger, session=draft),
        lambda: group_sessions.ask_to_give(by=stranger, session=draft, email=a_member().email),
        lambda: group_sessions.answer_to_give(by=stranger, session=draft, yes=True),
        lambda: group_sessions.answer_to_sponsor(by=stranger, session=draft, yes=True),
        lambda: group_sessions.take_off(by=stranger, session=draft, provider=draft.providers.get()),
    ):
        with pytest.raises(Missing):
            move()


def test_who_was_asked_and_has_not_answered_keeps_it_from_being_published():
    draft, other = a_draft(), a_member("Olu Adams")
    asked = group_sessions.ask_to_give(by=draft.host, session=draft, email=other.email)
    assert told(other, "Give a group session together?")
    with pytest.raises(DomainError, match=f"{other.email} has not answered"):
        group_sessions.publish(by=draft.host, session=draft)
    group_sessions.take_off(by=draft.host, session=draft, provider=asked)
    assert group_sessions.publish(by=draft.host, session=draft).state == "published"


# ── bad input ──


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"title": "  "}, "title"),
        ({"title": "x" * 101}, "title"),
        ({"description": "x" * 4001}, "description"),
        ({"starts_at": timezone.now() - HOUR}, "starts_at"),
        ({"minutes": 0}, "minutes"),
        ({"minutes": 1441}, "minutes"),
        ({"preparation": -1}, "preparation"),
        ({"places": 0}, "places"),
        ({"places": 501}, "places"),
        ({"most_minutes": -1}, "most_minutes"),
        ({"most_minutes": 151}, "most_minutes"),
        ({"online_link": "javascript:alert(1)"}, "online_link"),
        ({"online_link": "https://" + "x" * 300}, "online_link"),
        ({"place": "x" * 201}, "place"),
    ],
)
def test_what_a_session_cannot_be_is_said_at_its_field_and_nothing_is_kept(fields, at):
    with pytest.raises(Invalid) as refused, transaction.atomic():
        a_draft(**fields)
    assert refused.value.field == at
    assert not GroupSession.objects.exists()


def test_a_pot_cannot_pay_more_than_the_session_costs():
    with pytest.raises(Invalid) as refused:
        a_draft(pot=a_pot(a_member()), sponsored_minutes=151, most_minutes=0)
    assert refused.value.field == "sponsored_minutes"


def test_the_same_form_prepares_one_session():
    host, form = a_member(), key()
    assert a_draft(host, key=form) == a_draft(host, key=form)


# ── leaving, and what the database refuses ──


def test_leaving_gives_places_back_calls_sessions_off_and_waits_for_what_is_not_settled():
    host, guest = rich(), rich()
    mine, theirs = a_session(host), a_session(places=1)
    place = a_place(mine, guest)
    a_place(theirs, host)
    waiting = a_place(theirs)
    group_places.leave(user=host, by=host)
    leaving.leave(user=host, by=host)
    assert (state(mine), state(place), state(waiting)) == ("cancelled", "cancelled", "booked")
    assert credits_of(guest) == (600, 0)
    begin(theirs)
    scan(theirs, waiting.user)
    for person in (theirs.host, waiting.user):
        with pytest.raises(DomainError, match="not settled yet"):
            group_places.leave(user=person, by=person)


def test_a_place_below_the_floor_pays_what_it_can_and_the_rest_is_forgone():
    session, ben = a_session(places=1), a_member()
    a_place(session, ben)
    begin(session)
    scan(session, ben)
    a_floor(-20)
    note(session)
    assert credits_of(ben) == (-20, 0)
    assert credits_of(session.host) == (20, 0)


@pytest.mark.parametrize(
    "change",
    [
        {"state": "open"},
        {"minutes": 14},
        {"places": 0},
        {"title": ""},
        {"sponsored_minutes": 10},
        {"shortfall": "pot"},
        {"published_at": None},
        {"state": "settled"},
        {"cost_minutes": 10},
    ],
)
def test_the_database_refuses_a_session_that_cannot_be(change):
    session = a_session()
    with pytest.raises(IntegrityError), transaction.atomic():
        GroupSession.objects.filter(pk=session.pk).update(**change)


@pytest.mark.parametrize(
    "change",
    [
        {"state": "gone"},
        {"state": "attended"},
        {"proof": "scan"},
        {"state": "cancelled"},
        {"late": True},
        {"booked_at": None},
        {"decided_at": timezone.now()},
    ],
)
def test_the_database_refuses_a_place_that_cannot_be(change):
    place = a_place(a_session())
    with pytest.raises(IntegrityError), transaction.atomic():
        GroupBooking.objects.filter(pk=place.pk).update(**change)


def test_the_database_refuses_a_second_place_a_second_provider_and_a_hold_for_two_things():
    session = a_session()
    place = a_place(session)
    with pytest.raises(IntegrityError), transaction.atomic():
        GroupBooking.objects.create(session=session, user=place.user, account=place.account, state="waiting", key=key())
    with pytest.raises(IntegrityError), transaction.atomic():
        session.providers.create(user=session.host, account=place.account)
    with pytest.raises(IntegrityError), transaction.atomic():
        session.providers.create(user=place.user, account=place.account, preparation=1441)
    with pytest.raises(IntegrityError), transaction.atomic():
        session.providers.create(user=place.user, account=place.account, answer="perhaps")
    with pytest.raises(IntegrityError), transaction.atomic():
        ledger.place_hold(account_id=place.account_id, minutes=1, group_session=session, by=None, key=key())
    exchange = a_proposal()
    with pytest.raises(IntegrityError, match="one thing"), transaction.atomic():
        ledger.place_hold(
            account_id=exchange.payer_id, minutes=1, group_session=session, exchange=exchange, by=None, key=key()
        )


# ── taken back ──


def test_a_broker_takes_a_settled_session_back_whole_and_everybody_is_told():
    session = a_session()
    there, too = a_place(session), a_place(session)
    begin(session)
    scan(session, there.user)
    scan(session, too.user)
    note(session)
    assert credits_of(session.host)[0] > 0
    broker = a_broker()
    for _click in range(2):
        group_register.reverse(by=broker, session=session, reason="It was the wrong week.")
    assert state(session) == "reversed"
    assert [credits_of(one) for one in (session.host, there.user, too.user)] == [(0, 0), (600, 0), (600, 0)]
    assert all(told(one, "Taken back") for one in (session.host, there.user, too.user))
    assert exchange_queries.totals(session.host).given == 0
    assert Entry.objects.filter(transfer__reverses=session.transfer).count() == 3


def test_a_session_is_taken_back_only_by_a_broker_who_is_no_party_with_a_reason_and_once_it_is_settled():
    session = a_session()
    place, broker = a_place(session), a_broker()
    with pytest.raises(DomainError):
        group_register.reverse(by=broker, session=session, reason="Too early")
    begin(session)
    scan(session, place.user)
    note(session)
    before = credits_of(place.user)
    with pytest.raises(Invalid):
        group_register.reverse(by=broker, session=session, reason="  ")
    with pytest.raises(NotAllowed):
        group_register.reverse(by=session.host, session=session, reason="Mine")
    RoleGrant.objects.create(user=place.user, role="broker", reason="For a test")
    with pytest.raises(NotAllowed, match="party"):
        group_register.reverse(by=type(place.user).objects.get(pk=place.user.pk), session=session, reason="Mine")
    assert (state(session), credits_of(place.user)) == ("settled", before)


def test_hours_of_group_sessions_count_in_what_was_given_and_received_and_for_their_purpose():
    purpose = purposes.create(kind="project", label="Quieter nights")
    session = a_session()
    GroupSession.objects.filter(pk=session.pk).update(purpose=purpose)
    place = a_place(session)
    begin(session)
    scan(session, place.user)
    note(session)
    earned, paid = credits_of(session.host)[0], 600 - credits_of(place.user)[0]
    assert earned == paid > 0
    assert exchange_queries.totals(session.host).given == earned
    assert exchange_queries.totals(place.user).received == paid
    assert exchange_queries.minutes_by_purpose([purpose.pk]) == {purpose.pk: earned}
