import datetime as dt
from decimal import Decimal

import pytest

from goals.rules import Said, for_analysis, line, stuck, t_score

START, END = dt.date(2026, 1, 5), dt.date(2026, 4, 5)


@pytest.mark.parametrize(
    ("levels", "weights", "expected"),
    [
        # taylordunn/gasr: the documented example, and subject 01 of its README
        ((-2, 0, -1, 2, 0, 1), (3, 5, 1, 4, 2, 6), 55.0),
        ((-1, -1, 0, 0, -1), (1, 1, 1, 1, 1), 40.95465966266709),
        ((1,), (1,), 60.0),
        ((0, 0), (6, 6), 50.0),
        # cross-checked with PubMed 20026573
        ((-1, -1, -1, -1), (1, 1, 1, 1), 35.490474997799765),
    ],
)
def test_t_score_gives_the_published_numbers(levels, weights, expected):
    assert t_score(levels, weights) == pytest.approx(expected, abs=1e-9)


def test_t_score_without_a_goal_or_with_a_missing_weight_is_refused():
    for levels, weights in [((), ()), ((1, 0), (1,))]:
        with pytest.raises(ValueError):
            t_score(levels, weights)


def test_the_partial_step_counts_as_minus_one_in_analysis_and_as_said_elsewhere():
    assert for_analysis(Decimal("-0.5")) == -1
    assert [for_analysis(level) for level in (-2, 0, 2)] == [-2, 0, 2]


def test_the_line_runs_straight_from_the_baseline_to_zero_and_stays_there():
    assert line(-2, START, END, START) == -2
    assert line(-2, START, END, START + dt.timedelta(days=45)) == -1
    assert line(-2, START, END, END) == line(-2, START, END, END + dt.timedelta(days=30)) == 0


def said(*levels, every=7, start=START, stuck_last=False):
    return [
        Said(start + dt.timedelta(days=every * (i + 1)), Decimal(str(level)), stuck_last and i == len(levels) - 1)
        for i, level in enumerate(levels)
    ]


def leading(history, today, baseline=-1, rhythm=2):
    found = stuck(history, baseline=baseline, starts_on=START, ends_on=END, rhythm_weeks=rhythm, today=today)
    return [finding.rule for finding in found]


WEEK = dt.timedelta(days=7)


@pytest.mark.parametrize(
    ("why", "history", "today", "baseline", "expected"),
    [
        ("all is well", said(-1, 0), START + 3 * WEEK, -1, []),
        ("they said so", said(0, stuck_last=True), START + WEEK, -1, ["S0"]),
        ("saying so once does not last", [*said(0, stuck_last=True), *said(0, start=START + WEEK)], START + 2 * WEEK, -1, []),
        ("a drop of one level", said(0, -1), START + 2 * WEEK, -1, ["S1"]),
        ("a drop of half a level is not a drop", said("-0.5", -1), START + 2 * WEEK, -1, []),
        ("three equal over 28 days", said(-1, -1, -1, every=14), START + 6 * WEEK, -1, ["S2"]),
        ("three equal over 27 days are too soon", said(-1, -1, -1, every=13), START + 6 * WEEK, -1, []),
        ("three equal at 0 are fine", said(0, 0, 0, every=14), START + 6 * WEEK, -1, []),
        ("the end passed below 0", said(-1, every=85), END + dt.timedelta(days=1), -1, ["S3"]),
        ("on the end date it has not passed", said(-1, every=85), END, -1, []),
        ("silent for more than three weeks of a two-week rhythm", said(-1), START + WEEK + dt.timedelta(days=22), -1, ["S4"]),
        ("silent for exactly three weeks", said(-1), START + WEEK + dt.timedelta(days=21), -1, []),
        ("more than one level under the line", said(-2, every=46), START + dt.timedelta(days=46), -2, ["S5"]),
        ("exactly one level under it", said(-2, every=45), START + dt.timedelta(days=45), -2, []),
        ("the most serious leads", said(0, -1, stuck_last=True), END + dt.timedelta(days=60), -1, ["S0", "S1", "S3", "S4"]),
    ],
)  # fmt: skip
def test_stuck_rules(why, history, today, baseline, expected):
    assert leading(history, today, baseline) == expected, why


def test_each_finding_keeps_what_it_looked_at():
    (finding,) = stuck(said(0, -1), baseline=-1, starts_on=START, ends_on=END, rhythm_weeks=2, today=START + 2 * WEEK)
    assert finding.rule == "S1"
    assert finding.inputs == {"from": 0.0, "to": -1.0}
    assert not finding.unknown
