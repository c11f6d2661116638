"""Who pays what in a group session: the stated examples, and that both sides always sum exactly."""

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from timebank import group_rules as rules

WEIGHTS = st.dictionaries(st.integers(0, 10_000), st.integers(0, 1440), min_size=1, max_size=15)
# A machine that does nine things at once is slow at drawing numbers too: that says nothing about these rules.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize(("people", "each"), [(5, 30), (1, 150)])
def test_two_and_a_half_hours_are_half_an_hour_for_each_of_five_and_all_of_it_for_one(people, each):
    bill = rules.bill(providers={"host": 150}, receivers=range(people), most=150)
    assert set(bill.receivers.values()) == {each}
    assert (bill.providers, bill.forgone) == ({"host": 150}, 0)


def test_ten_hours_over_three_receivers_are_six_hundred_minutes_on_both_sides():
    bill = rules.bill(providers={"host": 600}, receivers=["a", "b", "c"], most=600)
    assert bill.receivers == {"a": 200, "b": 200, "c": 200}
    assert sum(bill.receivers.values()) == sum(bill.providers.values()) == 600


def test_three_providers_of_3_h_20_are_never_credited_what_is_not_debited():
    for people in range(1, 30):
        bill = rules.bill(providers={"x": 200, "y": 200, "z": 200}, receivers=range(people), most=600)
        assert sum(bill.receivers.values()) == sum(bill.providers.values()) == 600
        assert max(bill.receivers.values()) - min(bill.receivers.values()) <= 1


def test_minutes_left_over_go_by_the_largest_remainder_and_ties_by_account_id():
    assert rules.split(100, {3: 1, 1: 1, 2: 1}) == {1: 34, 2: 33, 3: 33}
    assert rules.split(10, {1: 1, 2: 2, 3: 4}) == {1: 1, 2: 3, 3: 6}  # 1.43, 2.86, 5.71


def test_nobody_there_moves_nothing_even_where_a_pot_sponsors_all():
    bill = rules.bill(providers={"host": 150}, receivers=[], most=60, sponsored=150, pot_covers=True)
    assert (bill.receivers, bill.pot, bill.providers) == ({}, 0, {"host": 0})


def test_what_attendance_does_not_cover_is_forgone_in_proportion():
    bill = rules.bill(providers={"x": 100, "y": 50}, receivers=["a", "b"], most=45)
    assert bill == rules.Bill({"a": 45, "b": 45}, 0, {"x": 60, "y": 30}, 60)


def test_what_attendance_does_not_cover_is_paid_by_the_pot_where_that_was_chosen():
    bill = rules.bill(providers={"host": 150}, receivers=["a", "b"], most=45, sponsored=30, pot_covers=True)
    assert bill == rules.Bill({"a": 45, "b": 45}, 60, {"host": 150}, 0)


def test_a_pot_that_sponsors_all_leaves_nothing_to_pay():
    bill = rules.bill(providers={"host": 150}, receivers=["a", "b"], most=0, sponsored=150)
    assert bill == rules.Bill({"a": 0, "b": 0}, 150, {"host": 150}, 0)


def test_who_was_taken_below_their_floor_since_pays_what_they_can():
    bill = rules.bill(providers={"host": 90}, receivers=["a", "b"], most=60, reach={"a": 10, "b": 500})
    assert bill == rules.Bill({"a": 10, "b": 45}, 0, {"host": 55}, 35)


@UNHURRIED
@given(st.integers(0, 100_000), WEIGHTS)
def test_a_split_sums_exactly_and_nobody_is_a_minute_from_their_proportion(total, weights):
    whole = sum(weights.values())
    if not whole:
        assert rules.split(0, weights) == dict.fromkeys(weights, 0)
        with pytest.raises(ValueError, match="nobody"):
            rules.split(total + 1, weights)
        return
    shares = rules.split(total, weights)
    assert sum(shares.values()) == total
    for who, weight in weights.items():
        assert abs(shares[who] * whole - total * weight) < whole
    assert shares == rules.split(total, dict(reversed(weights.items()))), "the order of rows decides nothing"


@UNHURRIED
@given(
    st.dictionaries(st.integers(0, 100), st.integers(15, 2880), min_size=1, max_size=5),
    st.sets(st.integers(200, 300), max_size=20),
    st.integers(0, 600),
    st.integers(0, 3000),
    st.booleans(),
)
def test_every_bill_balances_and_keeps_every_promise(providers, receivers, most, sponsored, pot_covers):
    cost = sum(providers.values())
    bill = rules.bill(providers=providers, receivers=receivers, most=most, sponsored=sponsored, pot_covers=pot_covers)
    assert sum(bill.receivers.values()) + bill.pot == sum(bill.providers.values())
    assert all(0 <= minutes <= most for minutes in bill.receivers.values())
    assert all(bill.providers[who] <= gave for who, gave in providers.items())
    assert bill.pot <= rules.promised_by_pot(cost=cost, sponsored=sponsored, most=most, pot_covers=pot_covers)
    if receivers:
        assert sum(bill.providers.values()) + bill.forgone == cost
        assert not (pot_covers and bill.forgone)


def test_a_place_binds_from_a_day_before_unless_it_came_later():
    start = dt.datetime(2027, 3, 2, 10, tzinfo=dt.UTC)
    day = dt.timedelta(days=1)
    assert not rules.is_late(start, start - day, 1440)
    assert rules.is_late(start, start - day + dt.timedelta(seconds=1), 1440)
    assert rules.bound(start - 2 * day, start, 1440)
    assert not rules.bound(start - dt.timedelta(hours=2), start, 1440)
    assert not rules.bound(None, start, 1440)


def test_the_page_can_say_what_a_place_costs_with_few_and_with_many():
    assert rules.example_shares(cost=150, sponsored=0, most=60, places=12) == [
        (1, 60),
        (2, 60),
        (5, 30),
        (10, 15),
        (12, 13),
    ]
    assert rules.example_shares(cost=150, sponsored=150, most=0, places=2) == [(1, 0), (2, 0)]
