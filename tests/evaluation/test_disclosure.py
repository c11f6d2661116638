import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation import disclosure


@pytest.mark.parametrize(
    ("n", "shown", "sensitive"),
    [
        (0, "0", "*"),
        (1, "*", "*"),
        (7, "*", "*"),
        (8, "10", "10"),
        (12, "10", "10"),
        (13, "15", "15"),
        (102, "100", "100"),
    ],
)
def test_counts_of_people_as_they_are_shown(n, shown, sensitive):
    assert disclosure.count(n) == shown
    assert disclosure.count(n, sensitive=True) == sensitive


def test_a_sensitive_cell_is_hidden_where_the_rest_of_its_group_is_small():
    assert disclosure.cell(40, 40) == "40"
    assert disclosure.cell(40, 40, sensitive=True) == "*"  # 100 % discloses
    assert disclosure.cell(40, 47, sensitive=True) == "*"
    assert disclosure.cell(40, 48, sensitive=True) == "40"


def test_percentages_come_from_shown_numbers_only():
    assert disclosure.percentage(13, 32, sensitive=True) == "50 %"  # 15 of 30
    assert disclosure.percentage(3, 32) == "*"
    assert disclosure.percentage(0, 0) == "*"


def test_one_hidden_row_hides_another_so_that_subtraction_finds_nothing():
    rows = disclosure.rates([("bands 1–4", 20, 40), ("bands 5–7", 20, 30), ("not said", 2, 5)])
    assert [row.entered for row in rows] == ["40", "*", "*"]


def test_figures_rest_on_eight_people_or_stay_hidden():
    assert disclosure.figure(1.25, 7) == "*"
    assert disclosure.figure(1.25, 8) == "1.2"
    assert disclosure.figure(None, 80) == "*"


@given(st.integers(0, 500), st.booleans())
def test_one_person_more_changes_nothing_or_a_whole_step(n, sensitive):
    before, after = disclosure.count(n, sensitive=sensitive), disclosure.count(n + 1, sensitive=sensitive)
    if before == after:
        return
    values = [0 if shown in ("*", "0") else int(shown) for shown in (before, after)]
    assert values[1] - values[0] in (0, disclosure.STEP, 2 * disclosure.STEP)
    assert all(value % disclosure.STEP == 0 for value in values)
