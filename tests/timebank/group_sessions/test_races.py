"""What happens when two people do the same at once, on real connections."""

import itertools

from tests.timebank.exchanges.test_races import at_once
from tests.timebank.factories import credits_of, key
from tests.timebank.group_sessions.factories import a_place, a_session, begin, note, rich, scan, shift
from timebank import group_rules
from timebank.actions import group_places, group_register, ledger
from timebank.models import GroupBooking, Transfer
from timebank.queries import verification


def test_the_last_place_goes_to_one_of_two_and_the_other_waits(real_db):
    session = a_session(places=3)
    a_place(session)
    people = [rich() for _person in range(6)]
    at_once(*[lambda p=p: group_places.book(by=p, session=session.pk, key=key()) for p in people])
    assert sorted(session.bookings.values_list("state", flat=True)) == ["booked"] * 3 + ["waiting"] * 4
    assert sum(credits_of(person)[1] for person in people) == 120
    assert not verification.findings()


def test_one_click_sent_five_times_books_one_place(real_db):
    session, ben, form = a_session(), rich(), key()
    found = at_once(*[lambda: group_places.book(by=ben, session=session.pk, key=form)] * 5)
    assert len({booking.pk for booking in found}) == 1
    assert credits_of(ben) == (600, 60)


def test_settling_twice_at_once_pays_once(real_db):
    session = a_session()
    places = [a_place(session) for _person in range(3)]
    begin(session)
    note(session, *places)
    shift(session, group_rules.TICK_STANDS_AFTER)
    outcome = at_once(*[lambda: group_register.settle(session=session.pk)] * 4)
    assert sorted(outcome) == [False, False, False, True]
    assert Transfer.objects.filter(kind="group_session").count() == 1
    assert credits_of(session.host) == (150, 0)
    assert not verification.findings()


def test_two_sessions_settle_while_their_people_give_to_each_other_without_a_deadlock(real_db):
    one, two = a_session(), a_session()
    people = [rich() for _person in range(8)]
    for session, order in ((one, people), (two, people[::-1])):
        for person in order:
            a_place(session, person)
        begin(session)
        for person in order:
            scan(session, person)
    accounts = [ledger.account_for(member=person) for person in people]

    def gifts():
        for first, second in itertools.pairwise(accounts):
            legs = [(first.pk, -5), (second.pk, 5)]
            ledger.post(kind="donation", legs=legs, by=None, key=key())

    outcome = at_once(lambda: note(one), lambda: note(two), gifts, gifts)
    assert not [error for error in outcome if isinstance(error, Exception)]
    assert credits_of(one.host) == credits_of(two.host) == (150, 0)
    assert not verification.findings()


def test_giving_up_and_booking_at_once_never_fill_a_place_twice(real_db):
    session = a_session(places=2)
    here = [a_place(session) for _person in range(5)]  # two have places, three wait
    newcomer = rich()
    at_once(
        *[lambda b=b: group_places.give_up_place(by=b.user, session=session.pk) for b in here[:2]],
        lambda: group_places.book(by=newcomer, session=session.pk, key=key()),
    )
    assert GroupBooking.objects.filter(session=session, state="booked").count() == 2
    assert sorted(credits_of(b.user)[1] for b in here) == [0, 0, 0, 60, 60]
    assert not verification.findings()
