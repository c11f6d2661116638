"""Several people at once, on connections of their own."""

from tests.timebank.exchanges.test_races import at_once
from tests.timebank.factories import a_booking, a_member, credits_of, key, slots_of, some_office_hours
from timebank.actions import calling_off, office_hours
from timebank.models import BookedTime, Exchange, OfficeHours, Slot
from timebank.queries import verification
from ui.errors import DomainError


def test_two_people_book_the_same_slot_in_the_same_second_and_one_wins(real_db):
    ada, ben, cat = a_member("Ada"), a_member("Ben"), a_member("Cat")
    for slot in slots_of(some_office_hours(ada))[:4]:
        outcome = at_once(lambda s=slot: a_booking(ben, s), lambda s=slot: a_booking(cat, s))
        lost = [error for error in outcome if isinstance(error, Exception)]
        assert len(lost) == 1
        assert isinstance(lost[0], DomainError)
        assert "just booked" in str(lost[0])
        assert Exchange.objects.filter(starts_at=slot.starts_at).count() == 1
    assert credits_of(ben)[1] + credits_of(cat)[1] == 120
    assert not verification.findings()


def test_one_person_books_two_overlapping_slots_in_the_same_second_and_gets_one(real_db):
    ben = a_member("Ben")
    one, two = (slots_of(some_office_hours(a_member()))[0] for _helper in range(2))
    outcome = at_once(lambda: a_booking(ben, one), lambda: a_booking(ben, two))
    [lost] = [error for error in outcome if isinstance(error, Exception)]
    assert "another booking at that time" in str(lost)
    assert credits_of(ben) == (0, 30)


def test_two_helpers_book_each_other_at_the_same_moment_without_a_deadlock(real_db):
    ada, ben = a_member("Ada"), a_member("Ben")
    slots = zip(slots_of(some_office_hours(ada))[:6], slots_of(some_office_hours(ben))[:6], strict=True)
    for of_ada, of_ben in slots:
        outcome = at_once(lambda s=of_ada: a_booking(ben, s), lambda s=of_ben: a_booking(ada, s))
        lost = [error for error in outcome if isinstance(error, Exception)]
        assert len(lost) == 1, outcome
        assert isinstance(lost[0], DomainError), lost
    assert BookedTime.objects.standing().count() == 12
    assert not verification.findings()


def test_the_same_form_sent_five_times_at_once_books_and_publishes_once(real_db):
    ada, ben, form = a_member("Ada"), a_member("Ben"), key()
    published = at_once(*[lambda: some_office_hours(ada, key=form)] * 5)
    assert {found.pk for found in published} == {OfficeHours.objects.get().pk}
    slot = slots_of(published[0])[0]
    booked = at_once(*[lambda: a_booking(ben, slot, key=form)] * 5)
    assert {exchange.pk for exchange in booked} == {Exchange.objects.get().pk}
    assert credits_of(ben) == (0, 30)


def test_moving_booking_cancelling_and_skipping_at_once_end_in_one_of_the_right_ways(real_db):
    ada, ben, cat, dan = (a_member(name) for name in ("Ada", "Ben", "Cat", "Dan"))
    published = some_office_hours(ada)
    slots = slots_of(published)
    for week in range(4):
        first, second, third = slots[3 * week : 3 * week + 3]
        of_ben, of_cat = a_booking(ben, first), a_booking(cat, second)
        day = first.starts_at.date()
        at_once(
            lambda e=of_ben, s=third: office_hours.swap(by=ben, exchange=e, slot=s),
            lambda e=of_cat: calling_off.cancel(by=cat, exchange=e),
            lambda s=third: a_booking(dan, s),
            lambda d=day: office_hours.skip_day(by=ada, office_hours=published, day=d),
        )
        office_hours.skip_day(by=ada, office_hours=published, day=day)
        assert not Slot.objects.filter(starts_at__date=day, skipped_at=None).exists()
        assert not BookedTime.objects.standing().exists()
        assert not Exchange.objects.filter(state="accepted").exists()
        assert [credits_of(who)[1] for who in (ben, cat, dan)] == [0, 0, 0]
    assert not verification.findings()
