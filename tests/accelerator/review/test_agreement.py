"""Agreement and strictness, against published numbers."""

import pytest

from accelerator.rules.agreement import adjusted, krippendorff, nominal, ordinal, places, strictness

# Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), reliability data C: 12 units, 4 raters.
RELIABILITY_DATA_C = [
    [1, 1, None, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4],
    [4, 4, 4, 4], [1, 1, 2, 1], [2, 2, 2, 2], [None, 5, 5, 5], [None, None, 1, 1], [None, None, 3, None],
]  # fmt: skip
TWO_REVIEWERS = {"a": {"r1": 2.0, "r2": 4.0}, "b": {"r1": 6.0, "r2": 8.0}}


@pytest.mark.parametrize(("metric", "alpha"), [(nominal, 0.743421), (ordinal, 0.815388)])
def test_alpha_of_the_published_data(metric, alpha):
    assert krippendorff(RELIABILITY_DATA_C, metric) == pytest.approx(alpha, abs=5e-7)


def test_full_agreement_is_one_and_the_order_of_ratings_does_not_matter():
    assert krippendorff([[1, 1], [4, 4, 4], [2, 2]]) == 1
    mixed = [[1, 2, 3], [2, 2, 4], [5, 4, 4]]
    assert krippendorff(mixed) == pytest.approx(krippendorff([list(reversed(unit)) for unit in reversed(mixed)]))


def test_opposite_ratings_are_worse_than_chance():
    assert krippendorff([[0, 5], [5, 0], [0, 5]]) < 0


def test_far_apart_weighs_more_than_close_by_in_the_ordinal_metric():
    near, far = [[1, 1], [3, 3], [5, 5], [1, 3]], [[1, 1], [3, 3], [5, 5], [1, 5]]
    assert krippendorff(near) > krippendorff(far)
    assert krippendorff(near, nominal) == pytest.approx(krippendorff(far, nominal), abs=0.05)


@pytest.mark.parametrize("units", [[], [[3]], [[3], [None, 4]], [[3, 3], [3, 3, 3]]])
def test_there_is_no_alpha_without_two_ratings_of_a_unit_or_without_any_difference(units):
    assert krippendorff(units) is None


def test_strictness_and_adjusted_means_as_stated():
    assert strictness(TWO_REVIEWERS) == {"r1": pytest.approx(1.25), "r2": pytest.approx(0.8333, abs=5e-5)}
    assert adjusted(TWO_REVIEWERS) == {"a": pytest.approx(2.9167, abs=5e-5), "b": pytest.approx(7.0833, abs=5e-5)}


def test_who_read_alone_or_gave_only_noughts_has_no_strictness_and_is_not_adjusted():
    totals = {"a": {"alone": 3.0}, "b": {"zero": 0.0, "other": 4.0}, "c": {}}
    assert strictness(totals) == {"alone": None, "zero": None, "other": 0.5}
    assert adjusted(totals) == {"a": 3.0, "b": pytest.approx(1.0)}


def test_equal_values_share_the_better_place():
    assert places({"a": 2.0, "b": 5.0, "c": 5.0, "d": 1.0}) == {"b": 1, "c": 1, "a": 3, "d": 4}
    assert places({}) == {}
