from fractions import Fraction

import pytest

from evaluation.measures.change import paired_change, wilson
from evaluation.measures.circulation import circulation, gini
from evaluation.measures.equity import impact
from evaluation.measures.multiplier import Hours, receivers_who_gave, returned_per_hour, rounds
from evaluation.measures.spc import xmr

# NHSRplotthedots, _snaps/ptd_spc_standard.md and ptd_spc.md: set.seed(123); rnorm(20), screened
RNORM123 = [
    -0.56047565, -0.23017749, 1.55870831, 0.07050839, 0.12928774, 1.71506499, 0.46091621, -1.26506123, -0.68685285,
    -0.44566197, 1.2240818, 0.35981383, 0.40077145, 0.11068272, -0.55584113, 1.78691314, 0.49785048, -1.96661716,
    0.7013559, -0.47279141,
]  # fmt: skip


def test_xmr_gives_the_published_mean_and_limits_and_no_special_cause():
    chart = xmr(RNORM123)
    assert chart.mean == pytest.approx(0.1416238, abs=5e-6)
    assert chart.lower == pytest.approx(-3.01138, abs=5e-6)
    assert chart.upper == pytest.approx(3.294627, abs=5e-6)
    assert not any(chart.signals)
    assert not chart.trial


def test_xmr_leaves_out_an_extreme_moving_range_once():
    steady = [10, 11] * 8
    spiked = [*steady, 60, *steady]
    screened = xmr(spiked)
    assert screened.upper - screened.mean == pytest.approx(2.66, abs=1e-9)  # the two ranges of ~50 are left out
    assert screened.signals[16] == {"outside"}


@pytest.mark.parametrize(
    ("values", "rule", "points"),
    [
        ([0, 2] * 6 + [1.5] * 7, "shift", range(11, 19)),
        ([5, 1, 5, 1, 1, 2, 3, 4, 5, 6, 7, 1, 5, 1], "trend", range(4, 11)),
    ],
)
def test_xmr_marks_the_points_of_a_rule(values, rule, points):
    chart = xmr(values)
    assert {i for i, found in enumerate(chart.signals) if rule in found} == set(points)


def test_a_tie_breaks_a_trend_and_a_point_on_the_mean_breaks_a_shift():
    assert not any("trend" in found for found in xmr([5, 1, 1, 2, 3, 3, 4, 5, 6, 1]).signals)
    around_ten = [9, 11] * 6 + [10.5] * 3 + [10] + [10.5] * 3
    values = [*around_ten, *[20 - v for v in around_ten]]  # mirrored, so that the mean is exactly 10
    assert xmr(values).mean == 10
    assert not any("shift" in found for found in xmr(values).signals)


def test_two_of_three_near_the_limit_needs_all_three_on_one_side():
    base = [0, 1, -1, 1, -1, 0, 1, -1, 1, -1, 0, 1, -1] * 6
    near = xmr(base).upper * 0.9
    together = xmr([*base, near, 0.5, near]).signals
    apart = xmr([*base, near, -0.5, near]).signals
    assert "two of three" in together[-1]
    assert "two of three" in together[-3]
    assert "two of three" not in together[-2]
    assert not any("two of three" in found for found in apart)


def test_fewer_than_twelve_points_are_a_trial():
    assert xmr([1, 2] * 5 + [1]).trial
    assert not xmr([1, 2] * 6).trial


def test_impact_ratios_of_the_worked_example_and_exact_four_fifths():
    # the worked example of the four-fifths rule
    rows = {row.group: row for row in impact({"A": (400, 600), "B": (200, 400), "C": (140, 260)})}
    assert rows["A"].ratio == 1
    assert not rows["A"].flagged
    assert rows["B"].ratio == Fraction(3, 4)
    assert rows["B"].flagged
    assert float(rows["C"].ratio) == pytest.approx(0.8077, abs=5e-5)
    assert not rows["C"].flagged
    # (3/5)/(6/8) is exactly 4/5; floats give 0.7999…
    exact = {row.group: row for row in impact({"A": (6, 8), "B": (3, 5)})}
    assert exact["B"].ratio == Fraction(4, 5)
    assert not exact["B"].flagged


def test_one_person_never_makes_a_flag():
    rows = {row.group: row for row in impact({"A": (8, 10), "B": (6, 10)})}
    assert rows["B"].ratio == Fraction(3, 4)  # under the screen, but one more would be 7/8
    assert not rows["B"].flagged


def test_nobody_passed_or_entered_gives_no_ratio_and_impossible_counts_are_refused():
    assert [row.ratio for row in impact({"A": (0, 5), "B": (0, 0)})] == [None, None]
    with pytest.raises(ValueError, match="cannot be"):
        impact({"A": (6, 5)})


def test_gini_is_zero_for_equals_and_known_for_one_giver():
    assert gini([60, 60, 60]) == 0
    assert gini([0, 0, 0, 60]) == 0.75  # (n − 1)/n
    assert gini([1, 2, 3, 4]) == 0.25
    assert gini([0, 0]) is None


def test_circulation_of_a_small_circle_with_a_tail():
    figures = circulation([("A", "B", 60), ("B", "C", 60), ("C", "A", 60), ("A", "D", 20)])
    assert figures.active == 4
    assert figures.two_way == 0.75
    assert figures.in_largest_circle == 0.9
    assert figures.reciprocity == 0
    assert figures.single_use == 0.25
    assert circulation([]) is None


def test_time_that_only_flows_one_way_has_no_circle():
    assert circulation([("A", "B", 60), ("B", "C", 60)]).in_largest_circle == 0


# The example of the evaluation spec: P is the programme; hours in minutes, in that order.
EXAMPLE = [
    Hours(giver, receiver, minutes, when)
    for when, (giver, receiver, minutes) in enumerate(
        [
            ("P", "A", 180),
            ("P", "B", 180),
            ("A", "C", 120),
            ("B", "C", 60),
            ("B", "A", 60),
            ("C", "D", 90),
            ("D", "A", 30),
        ]
    )
]


def test_three_rounds_of_the_multiplier_example():
    found = rounds(EXAMPLE, programme="P")
    assert (found.r1, found.r2, found.r3) == (360, 240, 90)
    assert found.m2 == pytest.approx(11.5 / 6)


def test_hours_given_before_their_giver_was_helped_belong_to_no_round():
    found = rounds([Hours("A", "B", 60, 0), Hours("P", "A", 60, 1), Hours("A", "C", 60, 2)], programme="P")
    assert (found.r1, found.r2, found.r3) == (60, 60, 0)


def test_receivers_who_went_on_to_give():
    assert receivers_who_gave(EXAMPLE) == (4, 4)
    assert receivers_who_gave([Hours("A", "B", 60, 0), Hours("B", "C", 60, 1)]) == (1, 2)


def test_nothing_put_in_gives_no_multiplier():
    assert returned_per_hour(0, 600) is None
    assert returned_per_hour(360, 330) == pytest.approx(330 / 360)
    assert rounds([], programme="P").m2 is None


def test_paired_change_counts_and_its_interval_holds_the_mean():
    change = paired_change([(-2, 0), (-1, 0), (-1, -1), (0, -1), (-2, 1), (-1, 1)])
    assert (change.n, change.improved, change.same, change.worse) == (6, 4, 1, 1)
    assert change.mean == pytest.approx(7 / 6)
    assert change.mean_low < change.mean < change.mean_high
    assert change == paired_change([(-2, 0), (-1, 0), (-1, -1), (0, -1), (-2, 1), (-1, 1)])  # the same every time


def test_no_change_at_all_has_no_p_value():
    change = paired_change([(-1, -1)] * 4)
    assert (change.mean, change.mean_low, change.mean_high, change.p_value) == (0, 0, 0, None)
    assert paired_change([]) is None


def test_wilson_interval_of_nothing_is_everything():
    assert wilson(0, 0) == (0, 1)
    low, high = wilson(8, 10)
    assert (low, high) == (pytest.approx(0.4902, abs=1e-4), pytest.approx(0.9433, abs=1e-4))
