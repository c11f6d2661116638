"""Giving applications to reviewers: even, round conflicts, and the same each time."""

import datetime as dt
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accelerator.rules.allocation import Need, Reader, allocate, credit, still_needed

GIVEN_OUT = dt.datetime(2026, 11, 2, 9, tzinfo=dt.UTC)


@pytest.mark.parametrize(("days", "worth"), [(0, 1), (1, 0.8571), (3.5, 0.5), (6, 0.1429), (7, 0), (30, 0), (-1, 1)])
def test_the_credit_of_an_unfinished_review_falls_to_nothing_in_seven_days(days, worth):
    assert credit(GIVEN_OUT, GIVEN_OUT + dt.timedelta(days=days)) == pytest.approx(worth, abs=5e-5)


@pytest.mark.parametrize(
    ("minimum", "done", "unfinished", "more"),
    [
        (3, 0, [], 3), (3, 1, [], 2), (3, 3, [], 0), (3, 4, [], 0),
        (3, 0, [1, 1, 1], 0), (3, 1, [0.8571, 0.8571], 0), (3, 1, [0.5, 1], 1), (3, 2, [0.1429], 1), (3, 2, [0.51], 0),
    ],
)  # fmt: skip
def test_somebody_else_is_asked_when_half_of_a_reviews_credit_is_gone(minimum, done, unfinished, more):
    assert still_needed(minimum, done, unfinished) == more


def readers(count, room=100, **more):
    return [Reader(f"r{n:03}", room, **more) for n in range(count)]


def loads(plan):
    return sorted(plan.load.values())


def test_everybody_gets_as_many_and_nobody_reads_one_twice():
    plan = allocate([Need(f"a{n}", 3) for n in range(40)], readers(6))
    assert len(plan.pairs) == len(set(plan.pairs)) == 120
    assert loads(plan) == [20] * 6
    assert plan.short == {}


def test_those_who_have_little_open_get_more():
    plan = allocate([Need(f"a{n}", 1) for n in range(6)], [Reader("busy", 10, load=5), Reader("idle", 10)])
    assert plan.load == {"busy": 5, "idle": 6} or plan.load == {"busy": 6, "idle": 5}


def test_nobody_gets_what_they_may_not_read_nor_more_than_they_have_room_for():
    barred = {"a0": {"r000"}, "a1": {"r000", "r001"}, "a2": set()}
    needs = [Need(pk, 2, barred=frozenset(names)) for pk, names in barred.items()]
    plan = allocate(needs, readers(4, room=2))
    assert all(reader not in barred[application] for application, reader in plan.pairs)
    assert max(plan.load.values()) <= 2
    assert plan.short == {}


def test_what_cannot_be_filled_is_said_and_the_rest_is_given():
    plan = allocate([Need("hard", 2, barred=frozenset({"r000"})), Need("easy", 2)], readers(2))
    assert plan.short == {"hard": 1}
    assert sorted(plan.pairs) == [("easy", "r000"), ("easy", "r001"), ("hard", "r001")]


def test_a_full_reader_passes_one_on_where_only_they_may_read_another():
    needs = [Need("first", 1), Need("only_r0", 1, barred=frozenset({"r001"}))]
    plan = allocate(list(reversed(needs)), readers(2, room=1))
    assert sorted(plan.pairs) == [("first", "r001"), ("only_r0", "r000")]
    chain = [Need("x", 1, barred=frozenset({"b", "c"})), Need("y", 1, barred=frozenset({"c"})), Need("z", 1)]
    plan = allocate(chain, [Reader("a", 1), Reader("b", 1), Reader("c", 1)])
    assert sorted(plan.pairs) == [("x", "a"), ("y", "b"), ("z", "c")]


def test_of_those_with_as_little_to_do_whoever_knows_the_subject_is_asked():
    people = [Reader("r0", 9), Reader("r1", 9, knows=frozenset({"digital"})), Reader("r2", 9)]
    plan = allocate([Need("software", 1, about=frozenset({"digital", "business"}))], people)
    assert plan.pairs == [("software", "r1")]


@given(st.data())
def test_any_plan_is_fair_whole_and_the_same_each_time(data):
    people = [
        Reader(n, data.draw(st.integers(0, 6)), data.draw(st.integers(0, 2)))
        for n in range(data.draw(st.integers(0, 5)))
    ]
    needs = [
        Need(f"a{n}", data.draw(st.integers(0, 3)), barred=frozenset(data.draw(st.sets(st.integers(0, 4)))))
        for n in range(data.draw(st.integers(0, 7)))
    ]
    plan = allocate(needs, people)
    assert allocate(needs, people) == plan
    rooms = {reader.id: max(reader.room, reader.load) for reader in people}
    for need in needs:
        mine = [reader for application, reader in plan.pairs if application == need.id]
        assert len(mine) == len(set(mine)) == need.wanted - plan.short.get(need.id, 0)
        assert not set(mine) & need.barred
    for reader in people:
        given_now = sum(1 for _application, other in plan.pairs if other == reader.id)
        assert plan.load[reader.id] == reader.load + given_now <= rooms[reader.id]
    # nobody could hand one of theirs to somebody with two fewer
    for busy, idle in combinations(sorted(people, key=lambda r: -plan.load[r.id]), 2):
        if plan.load[busy.id] - plan.load[idle.id] < 2 or plan.load[idle.id] >= idle.room:
            continue
        for need in needs:
            theirs = {reader for application, reader in plan.pairs if application == need.id}
            assert busy.id not in theirs or idle.id in theirs or idle.id in need.barred
