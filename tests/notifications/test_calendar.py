import datetime as dt

import pytest

from notifications import calendar
from notifications.calendar import next_due
from notifications.reminders import offset_in_force, week_of, weeks_overdue
from tests.notifications.factories import london

D = dt.date


def test_a_monthly_rhythm_from_the_last_of_october_is_next_due_on_the_last_of_november():
    assert next_due(D(2026, 10, 31), D(2026, 10, 31), rhythm="monthly") == D(2026, 11, 30)
    assert next_due(D(2026, 10, 31), D(2026, 11, 30), rhythm="monthly") == D(2026, 12, 31)


def test_a_month_end_rhythm_meets_the_leap_day_and_does_not_drift_after_it():
    assert next_due(D(2027, 10, 31), D(2028, 1, 31), rhythm="monthly") == D(2028, 2, 29)
    assert next_due(D(2027, 10, 31), D(2028, 2, 29), rhythm="monthly") == D(2028, 3, 31)
    assert next_due(D(2028, 2, 29), D(2029, 2, 27), rhythm="quarterly") == D(2029, 2, 28)


def test_a_rhythm_is_first_due_on_its_anchor_and_then_strictly_later():
    assert next_due(D(2026, 11, 2), D(2026, 10, 1), rhythm="weekly") == D(2026, 11, 2)
    assert next_due(D(2026, 11, 2), D(2026, 11, 2), rhythm="weekly") == D(2026, 11, 9)
    assert next_due(D(2026, 11, 2), D(2026, 11, 10), rhythm="fortnightly") == D(2026, 11, 16)
    with pytest.raises(ValueError, match="rhythm"):
        next_due(D(2026, 11, 2), D(2026, 11, 2), rhythm="yearly")


def test_bank_holidays_differ_between_nations():
    st_andrew = D(2026, 11, 30)
    assert calendar.is_working_day(st_andrew, "ENG")
    assert not calendar.is_working_day(st_andrew, "SCT")
    assert calendar.add_working_days(D(2026, 12, 24), 1) == D(2026, 12, 29)  # Boxing Day is kept on Monday 28
    assert calendar.add_working_days(D(2026, 12, 29), -1) == D(2026, 12, 24)
    assert calendar.add_working_days(D(2026, 11, 21), 0) == D(2026, 11, 23)
    assert calendar.working_days_between(D(2026, 12, 24), D(2026, 12, 31)) == 3
    assert calendar.working_days_between(D(2026, 12, 31), D(2026, 12, 24)) == -3


@pytest.mark.parametrize(
    ("moment", "quiet"),
    [
        (london(2026, 11, 23, 19, 59), False),
        (london(2026, 11, 23, 20, 0), True),
        (london(2026, 11, 24, 7, 59), True),
        (london(2026, 11, 24, 8, 0), False),
        (dt.datetime(2026, 7, 1, 7, 30, tzinfo=dt.UTC), False),  # 8:30 in London: summer time
        (dt.datetime(2026, 12, 1, 7, 30, tzinfo=dt.UTC), True),
    ],
)
def test_quiet_hours_go_by_the_clock_in_london(moment, quiet):
    assert calendar.in_quiet_hours(moment) is quiet


def test_somebody_who_works_nights_is_quiet_by_day():
    assert calendar.in_quiet_hours(london(2026, 11, 23, 12), dt.time(9), dt.time(17))
    assert not calendar.in_quiet_hours(london(2026, 11, 23, 2), dt.time(9), dt.time(17))


def test_eight_in_the_morning_stays_eight_when_the_clocks_change():
    before = london(2026, 10, 24, 12)  # the clocks go back on 25 October 2026
    after = calendar.next_clock(before, dt.time(8))
    assert after == london(2026, 10, 25, 8)
    assert after.astimezone(dt.UTC).hour == 8
    assert before.astimezone(dt.UTC).hour == 11
    assert calendar.next_clock(london(2026, 11, 23, 8), dt.time(8), weekday=0) == london(2026, 11, 30, 8)


@pytest.mark.parametrize(
    ("today", "offset"),
    [
        ((2026, 11, 22), None),
        ((2026, 11, 23), 7),
        ((2026, 11, 27), 7),
        ((2026, 11, 28), 2),
        ((2026, 11, 29), 1),
        ((2026, 11, 30), 1),
        ((2026, 12, 1), None),
    ],
)
def test_only_the_nearest_offset_is_in_force_so_missed_ones_never_come_in_a_row(today, offset):
    assert offset_in_force(D(2026, 11, 30), (7, 2, 1), london(*today, 12)) == offset


def test_what_is_overdue_counts_weeks_from_the_day_after():
    assert weeks_overdue(D(2026, 11, 30), london(2026, 11, 30, 23)) is None
    assert weeks_overdue(D(2026, 11, 30), london(2026, 12, 1)) == 1
    assert weeks_overdue(D(2026, 11, 30), london(2026, 12, 7)) == 1
    assert weeks_overdue(D(2026, 11, 30), london(2026, 12, 8)) == 2


def test_a_week_begins_on_a_london_monday():
    assert week_of(dt.datetime(2026, 7, 5, 23, 30, tzinfo=dt.UTC)) == week_of(london(2026, 7, 6, 0, 30)) == "2026-W28"
