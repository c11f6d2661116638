import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from tests.timebank.factories import a_member
from timebank.actions.away import come_back, go_away
from timebank.models import Away
from timebank.queries.away import coming, is_away
from ui.errors import Invalid, NotAllowed

pytestmark = pytest.mark.django_db


def day(number):
    """So many days from today."""
    return timezone.localdate() + dt.timedelta(days=number)


def test_somebody_is_away_on_both_the_first_and_the_last_day():
    ada = a_member()
    go_away(by=ada, first_day=day(2), last_day=day(4))
    assert [is_away(ada, day(number)) for number in range(1, 6)] == [False, True, True, True, False]
    assert not is_away(a_member(), day(3))
    assert not is_away(ada)


def test_a_moment_counts_by_the_day_that_it_is_in_london():
    ada = a_member()
    Away.objects.create(user=ada, first_day=dt.date(2026, 7, 10), last_day=dt.date(2026, 7, 10))
    late = dt.datetime(2026, 7, 9, 23, 30, tzinfo=dt.UTC)  # half past midnight on the tenth, in summer time
    assert is_away(ada, late)
    assert not is_away(ada, late - dt.timedelta(hours=1))


def test_a_new_absence_takes_the_place_of_the_one_to_come_and_leaves_what_is_over():
    ada = a_member()
    Away.objects.create(user=ada, first_day=day(-9), last_day=day(-8))
    Away.objects.create(user=ada, first_day=day(-2), last_day=day(3))
    go_away(by=ada, first_day=day(1), last_day=day(6))
    periods = [(row.first_day, row.last_day) for row in Away.objects.filter(user=ada)]
    assert periods == [(day(-9), day(-8)), (day(-2), day(-1)), (day(1), day(6))]
    assert coming(ada).last_day == day(6)


def test_the_same_again_changes_nothing_and_coming_back_is_harmless_twice():
    ada = a_member()
    assert go_away(by=ada, first_day=day(0), last_day=day(3)) == go_away(by=ada, first_day=day(0), last_day=day(3))
    for _click in range(2):
        come_back(by=ada)
        assert not is_away(ada)
    assert coming(ada) is None


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [(3, 2, "last_day"), (-3, -1, "last_day"), (0, 366, "last_day"), (800, 801, "first_day")],
)
def test_days_that_cannot_be_are_refused(first, last, field):
    ada = a_member()
    with pytest.raises(Invalid) as refused:
        go_away(by=ada, first_day=day(first), last_day=day(last))
    assert refused.value.field == field
    assert not Away.objects.exists()


def test_people_who_may_not_act_say_nothing_here():
    with pytest.raises(NotAllowed):
        go_away(by=a_member(suspended_at=timezone.now()), first_day=day(0), last_day=day(1))


@pytest.mark.parametrize(
    ("first", "last", "constraint"), [(4, 3, "away_ends_after_it_begins"), (3, 9, "away_once_a_day")]
)
def test_the_database_refuses_days_that_cannot_be(first, last, constraint):
    ada = a_member()
    Away.objects.create(user=ada, first_day=day(1), last_day=day(3))
    Away.objects.create(user=a_member(), first_day=day(1), last_day=day(3))
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Away.objects.create(user=ada, first_day=day(first), last_day=day(last))
