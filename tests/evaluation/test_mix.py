"""The mix of who is chosen: in groups, never one person, and never from a single move."""

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from accelerator.actions import decisions
from accelerator.models import Application
from evaluation import disclosure, mix
from evaluation.models import SelectionMix
from people.equality import actions as equality
from tests.accelerator.factories import a_manager, a_person, a_reviewer, a_wave
from tests.matrix import make_client


def people_in(wave, count, **answers):
    """So many applications that were sent, each by somebody who gave these answers."""
    leads = [a_person() for _ in range(count)]
    for lead in leads:
        if answers:
            equality.answer(by=lead, **answers)
    sent = {"wave": wave, "sentence": "An idea", "state": "submitted", "submitted_at": timezone.now()}
    return [Application.objects.create(lead=lead, **sent) for lead in leads]


def decided(applications, outcome, manager):
    for application in applications:
        decisions.decide(by=manager, application=application, outcome=outcome)


def rows_of(table):
    return {row[0]: row[1:] for row in table["rows"]}


@pytest.mark.django_db
def test_groups_that_are_large_enough_show_to_the_nearest_five_and_small_ones_do_not():
    wave, manager = a_wave(), a_manager()
    front = people_in(wave, 24, pay_band="3", staff_group="support")
    others = people_in(wave, 20, pay_band="7", staff_group="nursing")
    people_in(wave, 9)
    decided([*front[:12], *others[:10]], "accept", manager)
    decided(front[12:15], "reserve", manager)
    pay, staff = mix.mix(wave).tables
    assert pay["columns"] == ["Pay band", "Accept", "Reserve", "Decline", "Open", "All"]
    rows = rows_of(pay)
    accept, reserve, decline, _open, everybody = rows["Bands 1 to 4, or not NHS staff"]
    assert (accept, everybody) == ("10", "25")
    assert reserve == decline == "*"
    assert rows["Not said"][0] == "*" and rows["Not said"][-1] == "10"
    assert rows["All other pay bands"][0] == "*", "or the one that is hidden could be had by subtraction"
    assert "Clinical staff" in rows_of(staff) or "Members of staff" in rows_of(staff)
    text = str([pay, staff])
    assert not any(f"'{n}'" in text for n in (1, 2, 3, 4, 6, 7, 9, 12, 24))


@pytest.mark.django_db
def test_moving_one_application_changes_nothing_that_is_shown_until_eight_have_moved():
    wave, manager = a_wave(), a_manager()
    front = people_in(wave, 24, pay_band="3")
    others = people_in(wave, 24, pay_band="7")
    decided([*front[:12], *others[:12]], "accept", manager)
    before = mix.mix(wave)
    for n in range(12, 19):
        decided([front[n]], "accept", manager)
        assert mix.mix(wave).tables == before.tables and mix.mix(wave).made_at == before.made_at
    decided([front[19]], "accept", manager)
    after = mix.mix(wave)
    assert after.made_at > before.made_at and after.tables != before.tables
    assert SelectionMix.objects.count() == 1


@pytest.mark.django_db
def test_a_small_wave_shows_no_group_at_all():
    wave = a_wave()
    people_in(wave, 7, pay_band="3", staff_group="support")
    for table in mix.mix(wave).tables:
        assert {cell for row in table["rows"] for cell in row[1:]} == {"*"}
    page = make_client(a_manager()).get(f"/evaluation/{wave.slug}/mix/").content.decode()
    assert page.count("There are too few people in each group") == 2 and "<table" not in page


@pytest.mark.django_db
def test_only_those_who_run_the_wave_open_the_page_and_it_says_nothing_of_protected_characteristics():
    wave, elsewhere = a_wave(), a_person(role="portfolio_manager", scope=a_wave().pk)
    people_in(wave, 9, pay_band="3", ethnic_group="white-roma")
    page = f"/evaluation/{wave.slug}/mix/"
    for user in (elsewhere, a_reviewer(), a_person()):
        assert make_client(user).get(page).status_code in (403, 404)
    client = make_client(a_manager())
    text = client.get(page).content.decode()
    assert (
        "The mix of who is chosen" in text
        and "Roma" not in text
        and "isabilit" not in text.replace("disability and the like", "")
    )
    assert page in client.get(f"/selection/{wave.slug}/").content.decode()


@pytest.mark.django_db
def test_the_mix_costs_as_many_queries_for_few_and_for_many(django_assert_max_num_queries):
    small, large = a_wave(), a_wave()
    people_in(small, 1)
    people_in(large, 12)
    for wave in (small, large):
        with django_assert_max_num_queries(75):
            mix.mix(wave)
        with django_assert_max_num_queries(6):
            mix.mix(wave)


counts = st.lists(st.lists(st.integers(0, 60), min_size=3, max_size=3), min_size=2, max_size=6)


@settings(max_examples=150)
@given(counts)
def test_no_row_and_no_column_has_a_single_hidden_figure(parts):
    table = [[*row, sum(row)] for row in parts]
    shown = disclosure.crosstab(table)
    for line in [*shown, *zip(*shown, strict=True)]:
        assert line.count(disclosure.HIDDEN) != 1
    for row, true in zip(shown, table, strict=True):
        for figure, n in zip(row, true, strict=True):
            assert figure == disclosure.HIDDEN or (n >= disclosure.SMALLEST and int(figure) % disclosure.STEP == 0)


def test_an_empty_table_is_empty():
    assert disclosure.crosstab([]) == []
    assert disclosure.crosstab([[0, 0]]) == [["*", "*"]]
