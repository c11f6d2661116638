import dataclasses
import datetime as dt
import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timebank import rules
from timebank.rules import FINAL_STATES, TABLE, Facts, Hours, State, Step, Who

BOOLEANS = [name for name, value in Facts().__dict__.items() if isinstance(value, bool)]


def looks_at(guard):
    """The facts that a guard reads, those of the guards that it asks among them."""
    code = guard.holds.__code__
    others = [vars(rules)[name] for name in code.co_names if isinstance(vars(rules).get(name), rules.Guard)]
    return {name for name in code.co_names if name in BOOLEANS}.union(*map(looks_at, others))


def all_facts(rows):
    """Every combination of what these rows look at."""
    names = sorted(set().union(*(looks_at(row.when) for row in rows)))
    return [
        Facts(hours=hours, **dict(zip(names, values, strict=True)))
        for hours in Hours
        for values in itertools.product([False, True], repeat=len(names))
    ]


def test_no_two_rows_of_the_table_hold_at_once():
    pairs = sorted({(row.source, row.event) for row in TABLE})
    for source, event in pairs:
        rows = [row for row in TABLE if (row.source, row.event) == (source, event)]
        for facts in all_facts(rows):
            assert sum(row.when.holds(facts) for row in rows) <= 1, (source, event, facts)


@pytest.mark.parametrize(
    ("source", "event", "always"),
    [
        ("accepted", "record", {}),
        ("delivered", "record", {}),
        ("disputed", "record", {"reopened": False}),
        ("accepted", "dispute", {}),
        ("delivered", "dispute", {}),
        ("disputed", "decide_hours", {"heard": True}),
        ("disputed", "decide_nothing", {"heard": True}),
        ("disputed", "stop_deciding", {"undecided": True}),
        ("delivered", "silence", {"hours": Hours.ONE, "silence_overdue": True, "silence_longest": True}),
        ("proposed", "decline", {}),
        ("proposed", "withdraw", {}),
        ("accepted", "cancel", {}),
        ("settled", "reverse", {}),
    ],
)
def test_what_may_always_be_done_leads_somewhere_whatever_the_other_facts(source, event, always):
    rows = [row for row in TABLE if (row.source, row.event) == (source, event)]
    for facts in all_facts(rows):
        facts = dataclasses.replace(facts, **always)
        assert rules.outcome(source, event, rows[0].who, facts) is not None, facts


def test_every_row_of_the_table_can_happen_and_every_event_has_words():
    for row in TABLE:
        assert any(row.when.holds(facts) for facts in all_facts([row])), row
        assert rules.WHAT[row.event] and row.who and row.when.words
    assert set(rules.WHAT) == set(rules.EVENTS)


def test_every_state_is_reached_from_a_proposal_and_every_open_one_has_a_way_out_without_the_parties():
    reached, grown = {State.PROPOSED}, True
    while grown:
        new = {row.target for row in TABLE if row.source in reached} - reached
        reached, grown = reached | new, bool(new)
    assert reached == set(State)
    assert set(State) - FINAL_STATES - {State.SETTLED, State.CANCELLED, State.NO_SHOW} == rules.OPEN_STATES
    for state in rules.OPEN_STATES:
        assert any(
            row.source == state and row.who & {Who.PLATFORM, Who.BROKER} and row.target != state for row in TABLE
        )


def test_final_states_are_the_ones_that_the_spec_names():
    assert {"declined", "withdrawn", "expired", "reversed"} == set(FINAL_STATES)
    ways_on = {(row.source, row.event, row.when) for row in TABLE if row.source in {"cancelled", "no_show"}}
    assert {(source, event) for source, event, _when in ways_on if event in {"appeal", "dispute"}} == {
        ("cancelled", "appeal"),  # once, for 14 days, where a broker decided so
        ("no_show", "dispute"),  # for 7 days, by the side that is said not to have come
    }
    assert all(when is not rules.ALWAYS for _source, _event, when in ways_on)


@pytest.mark.parametrize(
    ("state", "event", "who", "facts", "target"),
    [
        ("proposed", "accept", Who.ANSWERER, Facts(), "accepted"),
        ("proposed", "accept", Who.PROPOSER, Facts(), None),
        ("proposed", "accept", Who.ANSWERER, Facts(covered=False), None),
        ("proposed", "accept", Who.ANSWERER, Facts(answer_overdue=True), None),
        ("proposed", "withdraw", Who.ANSWERER, Facts(), None),
        ("proposed", "lapse", Who.PLATFORM, Facts(answer_overdue=True), "expired"),
        ("proposed", "lapse", Who.PLATFORM, Facts(), None),
        ("accepted", "accept", Who.ANSWERER, Facts(), None),
        ("accepted", "cancel", Who.PROVIDER, Facts(), "cancelled"),
        ("delivered", "cancel", Who.PROVIDER, Facts(hours=Hours.ONE), None),
        ("accepted", "no_show", Who.RECEIVER, Facts(started=False), None),
        ("accepted", "no_show", Who.RECEIVER, Facts(started=True), "no_show"),
        ("accepted", "record", Who.PROVIDER, Facts(hours=Hours.ONE), "delivered"),
        ("delivered", "record", Who.RECEIVER, Facts(hours=Hours.AGREE), "settled"),
        ("delivered", "record", Who.RECEIVER, Facts(hours=Hours.AGREE, covered=False), "delivered"),
        ("delivered", "record", Who.RECEIVER, Facts(hours=Hours.DIFFER), "disputed"),
        ("delivered", "record", Who.BROKER, Facts(hours=Hours.AGREE), None),
        ("disputed", "record", Who.PROVIDER, Facts(hours=Hours.AGREE), "settled"),
        ("disputed", "record", Who.PROVIDER, Facts(hours=Hours.DIFFER), "disputed"),
        ("delivered", "take_held", Who.RECEIVER, Facts(hours=Hours.AGREE, covered=False), None),
        ("delivered", "take_held", Who.PROVIDER, Facts(hours=Hours.AGREE, covered=False), "settled"),
        ("delivered", "silence", Who.PLATFORM, Facts(hours=Hours.ONE, silence_overdue=True), "disputed"),
        (
            "delivered",
            "silence",
            Who.PLATFORM,
            Facts(hours=Hours.ONE, silence_overdue=True, silence_may_settle=True),
            "settled",
        ),
        ("delivered", "silence", Who.PLATFORM, Facts(hours=Hours.ONE, silence_may_settle=True), None),
        (
            "delivered",
            "silence",
            Who.PLATFORM,
            Facts(hours=Hours.ONE, silence_overdue=True, silence_may_settle=True, silent_away=True),
            None,
        ),
        (
            "delivered",
            "silence",
            Who.PLATFORM,
            Facts(
                hours=Hours.ONE,
                silence_overdue=True,
                silence_longest=True,
                silence_may_settle=True,
                silent_away=True,
            ),
            "disputed",
        ),
        ("disputed", "record", Who.PROVIDER, Facts(hours=Hours.AGREE, reopened=True), None),
        ("disputed", "decide_hours", Who.BROKER, Facts(heard=False), None),
        ("disputed", "stop_deciding", Who.PLATFORM, Facts(), None),
        ("disputed", "stop_deciding", Who.PLATFORM, Facts(undecided=True), "cancelled"),
        ("disputed", "stop_deciding", Who.PLATFORM, Facts(undecided=True, paid=True), "settled"),
        ("settled", "appeal", Who.PROVIDER, Facts(), None),
        ("settled", "appeal", Who.RECEIVER, Facts(appeal_open=True), "disputed"),
        ("cancelled", "appeal", Who.PROVIDER, Facts(appeal_open=True), "disputed"),
        ("cancelled", "appeal", Who.BROKER, Facts(appeal_open=True), None),
        ("settled", "dispute", Who.PROVIDER, Facts(), None),
        ("settled", "dispute", Who.PROVIDER, Facts(offline_open=True), "disputed"),
        ("no_show", "dispute", Who.PROVIDER, Facts(), None),
        ("no_show", "dispute", Who.PROVIDER, Facts(contest_open=True), "disputed"),
        ("no_show", "excuse", Who.RECEIVER, Facts(excusable=True), "no_show"),
        ("no_show", "excuse", Who.RECEIVER, Facts(), None),
        ("cancelled", "waive", Who.PROVIDER, Facts(claim_open=True), "cancelled"),
        ("cancelled", "waive", Who.RECEIVER, Facts(claim_open=True), None),
        ("no_show", "decide_claim", Who.BROKER, Facts(claim_open=True), "no_show"),
        ("no_show", "decide_claim", Who.PROVIDER, Facts(claim_open=True), None),
        ("no_show", "let_go", Who.PLATFORM, Facts(claim_open=True), None),
        ("no_show", "let_go", Who.PLATFORM, Facts(claim_open=True, claim_overdue=True), "no_show"),
        ("disputed", "decide_hours", Who.PROVIDER, Facts(), None),
        ("disputed", "decide_hours", Who.BROKER, Facts(), "settled"),
        ("disputed", "decide_nothing", Who.BROKER, Facts(), "cancelled"),
        ("disputed", "decide_nothing", Who.BROKER, Facts(part_settled=True), "settled"),
        ("settled", "reverse", Who.BROKER, Facts(), "reversed"),
        ("settled", "reverse", Who.PROVIDER, Facts(), None),
        ("settled", "undo", Who.PROVIDER, Facts(), None),
        ("settled", "undo", Who.PROVIDER, Facts(undo_open=True), "reversed"),
        ("reversed", "reverse", Who.BROKER, Facts(), None),
    ],
)
def test_truth_table(state, event, who, facts, target):
    assert rules.outcome(state, event, [who], facts) == target


def test_the_docs_are_written_from_the_table():
    path = Path(__file__).resolve().parents[3] / "docs" / "exchanges.md"
    assert path.read_text() == rules.as_markdown(), "Run `python -m timebank.rules`."


@pytest.mark.parametrize(
    ("provider", "receiver", "standing", "due"),
    [
        (None, None, Hours.NONE, 0),
        (120, None, Hours.ONE, 120),
        (None, 45, Hours.ONE, 45),
        (120, 108, Hours.AGREE, 114),  # 2 h and 1 h 48 pay 1 h 54
        (120, 105, Hours.AGREE, 112),  # 15 minutes apart is within; half minutes down
        (120, 104, Hours.DIFFER, 104),
        (120, 90, Hours.DIFFER, 90),  # 2 h and 1 h 30 pay 1 h 30
        (61, 60, Hours.AGREE, 60),
    ],
)
def test_what_two_records_are_worth(provider, receiver, standing, due):
    assert rules.hours_standing(provider, receiver, 15) is standing
    assert rules.due_minutes(provider, receiver, 15) == due


@given(one=st.integers(1, 1440), other=st.integers(1, 1440), tolerance=st.integers(0, 60))
def test_what_is_paid_lies_between_the_two_records_and_does_not_depend_on_their_order(one, other, tolerance):
    due = rules.due_minutes(one, other, tolerance)
    assert min(one, other) <= due <= max(one, other)
    assert due == rules.due_minutes(other, one, tolerance)


class Somebody:
    def __init__(self, pk):
        self.pk = pk


@pytest.mark.parametrize(
    ("user", "pot", "expected"),
    [
        (1, None, {Who.PROVIDER, Who.PROPOSER}),
        (2, None, {Who.RECEIVER, Who.ANSWERER}),
        (3, None, set()),
        (1, 9, {Who.PROVIDER, Who.PROPOSER}),  # the provider is never on the other side, not even as a steward
        (2, 9, set()),  # no longer a steward
        (3, 9, {Who.RECEIVER, Who.ANSWERER}),
    ],
)
def test_which_side_somebody_is(user, pot, expected):
    sides = rules.sides(
        Somebody(user), provider_id=1, receiver_id=2, proposed_by_id=1, pot_id=pot, stewards=frozenset({1, 3})
    )
    assert sides == expected


def test_an_agreement_without_hours_lapses_30_days_after_its_date_or_90_after_acceptance():
    accepted = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
    assert rules.lapse_at(accepted, None) == accepted + dt.timedelta(days=90)
    assert rules.lapse_at(accepted, accepted + dt.timedelta(days=5)) == accepted + dt.timedelta(days=35)
    assert rules.lapse_at(accepted, accepted - dt.timedelta(days=5)) == accepted + dt.timedelta(days=30)


@pytest.mark.parametrize(
    ("balance", "held", "floor", "left"),
    [(0, 0, -600, 600), (60, 60, -600, 600), (-700, 0, -600, 0), (5, 0, None, None)],
)
def test_what_can_be_promised(balance, held, floor, left):
    assert rules.spendable(balance, held, floor) == left


@pytest.mark.parametrize(
    ("state", "who", "facts", "step"),
    [
        ("proposed", Who.ANSWERER, {}, Step.ANSWER),
        ("proposed", Who.PROPOSER, {}, Step.AWAIT_ANSWER),
        ("accepted", Who.PROVIDER, {"started": False}, Step.MEET),
        ("accepted", Who.PROVIDER, {}, Step.RECORD),
        ("delivered", Who.PROVIDER, {"recorded": True}, Step.AWAIT_HOURS),
        ("delivered", Who.RECEIVER, {}, Step.RECORD),
        ("delivered", Who.PROVIDER, {"short": True}, Step.TAKE_HELD),
        ("delivered", Who.RECEIVER, {"short": True}, Step.AWAIT_CREDITS),
        ("disputed", Who.RECEIVER, {}, Step.STATEMENT),
        ("disputed", Who.RECEIVER, {"stated": True}, Step.AWAIT_BROKER),
        ("settled", Who.RECEIVER, {}, Step.NOTHING),
    ],
)
def test_the_one_next_thing(state, who, facts, step):
    facts = {"started": True, "recorded": False, "short": False, "stated": False} | facts
    assert rules.next_step(state, frozenset({who}), **facts) is step
