"""Charts pass the strict CSP, name themselves to screen readers, and carry their numbers."""

import datetime as dt
import re
import xml.etree.ElementTree as ET

import pytest

from tests.ui.html import normalised
from ui import charts
from ui.gallery import sample_charts

DAY = dt.date(2026, 2, 3)


@pytest.mark.parametrize("chart", sample_charts(DAY), ids=lambda chart: chart.title)
def test_every_kind_of_chart_is_accessible_and_has_no_style(chart):
    root = ET.fromstring(chart.svg)
    assert root.get("role") == "img"
    names = [root.find(f".//*[@id='{key}']").text for key in root.get("aria-labelledby").split()]
    assert names == [chart.title, chart.description]
    assert not re.search(r"\sstyle=|<style|<script|\son\w+=|href=", chart.svg)
    assert all(len(row) == len(chart.columns) for row in chart.rows)


def test_two_charts_on_a_page_share_no_id():
    ids = [re.findall(r'\bid="([^"]+)"', chart.svg) for chart in sample_charts(DAY)]
    flat = [key for of_chart in ids for key in of_chart]
    assert len(flat) == len(set(flat))


def test_words_from_people_stay_words():
    chart = charts.bar(
        title="<b>T</b>", description="a & b", label="Kind", value="Hours", items=[("<script>x</script>", 1)]
    )
    ET.fromstring(chart.svg)
    assert "<script" not in chart.svg and "<b>" not in chart.svg


def test_the_numbers_of_a_line_chart_line_up_by_date():
    week = dt.timedelta(days=7)
    series = {"Staff": [(DAY, 3), (DAY + week, 4)], "Patients": [(DAY + week, 1)]}
    chart = charts.line(title="Hours", description="d", x="Week", y="Hours", series=series)
    assert chart.columns == ["Week", "Staff", "Patients"]
    assert [row[1:] for row in chart.rows] == [[3, ""], [4, 1]]
    assert chart.rows[0][0].startswith("Tue 3 Feb")


def test_an_xmr_chart_says_which_points_are_special_in_its_table_and_by_shape():
    points = [(DAY + dt.timedelta(days=n), n) for n in range(5)]
    chart = charts.xmr(
        title="x", description="d", x="Day", y="Hours", points=points, mean=2, lower=0, upper=4, special=[4]
    )
    assert [row[2] for row in chart.rows[:5]] == ["", "", "", "", "Special cause"]
    assert ["Upper limit", "4", ""] in chart.rows
    assert "Special cause" in chart.svg


def test_a_funnel_gives_the_share_of_the_stage_before_and_survives_nought():
    chart = charts.funnel(
        title="f", description="d", label="Stage", stages=[("Opened", 40), ("Started", 10), ("Applied", 0), ("In", 0)]
    )
    assert [row[2] for row in chart.rows] == ["", "25%", "0%", ""]


def test_empty_charts_draw_rather_than_fail():
    assert charts.bar(title="t", description="d", label="l", value="v", items=[]).rows == []
    assert charts.line(title="t", description="d", x="x", y="y", series={"a": []}).rows == []


def test_the_tag_draws_the_picture_its_description_and_its_table():
    from django.template import engines

    chart = charts.bar(
        title="Hours by kind", description="Design leads.", label="Kind", value="Hours", items=[("Design", 2.5)]
    )
    html = engines["django"].from_string("{% chart chart %}").render({"chart": chart})
    words = [token for token in normalised(html) if isinstance(token, str)]
    assert "Design leads." in words and "2.5" in words and html.count("<svg") == 1
    assert html.count('scope="col"') == 2 and html.count('scope="row"') == 1


def test_a_timeline_puts_what_overlaps_under_each_other_and_draws_today_only_within_it():
    week = dt.timedelta(days=7)

    def drawn(today):
        parts = [("Plan", 0, 2), ("Test", 1, 3), ("Tell", 2, 4)]
        bars = [charts.Stretch(w, str(n), DAY + a * week, DAY + b * week, "Done") for n, (w, a, b) in enumerate(parts)]
        assert charts.lanes(bars) == [0, 1, 0]
        return charts.timeline(
            title="t",
            description="d",
            label="Idea",
            rows=[("Cards", bars)],
            states=[("Done", charts.TEAL)],
            today=today,
        )

    inside, after = drawn(DAY + week), drawn(DAY + 9 * week)
    assert "Today" in inside.svg and "Today" not in after.svg
    assert [row[:2] for row in inside.rows] == [["Cards", "Plan"], ["Cards", "Test"], ["Cards", "Tell"]]
