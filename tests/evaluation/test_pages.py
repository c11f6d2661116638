"""The report's pages: the list, what a build looks like on its way, downloads, and bad input."""

import datetime as dt
import html
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from evaluation import rules
from evaluation.models import Report
from evaluation.page import in_thousands
from evaluation.questions import DEFAULT_MEASURES, aim
from tests.accelerator.factories import a_person, a_wave
from tests.evaluation.factories import a_report, an_evaluator
from tests.signing_in import sign_in
from ui.registries import navigation

pytestmark = pytest.mark.django_db


@pytest.fixture
def evaluator(client):
    user = an_evaluator()
    sign_in(client, user)
    return user


def words(response) -> str:
    """A page with single spaces."""
    return " ".join(html.unescape(response.content.decode()).split())


def report_page(client, report):
    return client.get(reverse("evaluation:report", args=[report.pk]))


def test_the_list_has_an_entry_a_wave_and_says_where_there_is_no_report(client, evaluator):
    assert "There is no wave yet" in words(client.get(reverse("evaluation:reports")))
    wave, other = a_wave(name="Wave of reports"), a_wave(name="Wave without")
    done, waiting = a_report(wave, "done"), a_report(wave)
    page = words(client.get(reverse("evaluation:reports")))
    assert page.index(str(waiting.pk)) < page.index(str(done.pk))  # the newest first
    assert "Waiting to start" in page
    assert "No report yet" in page
    assert other.name in page


def test_the_list_asks_as_few_queries_for_thirty_reports_as_for_three(client, evaluator):
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get(reverse("evaluation:reports")).status_code == 200
        return len(found)

    for _n in range(3):
        a_report(a_wave())
    few = queries()
    for wave in [a_wave() for _n in range(9)]:
        for _n in range(3):
            a_report(wave)
    assert queries() == few


def test_asking_for_a_report_leads_to_it_and_asking_again_leads_to_the_same(client, evaluator):
    wave = a_wave(call="closed")
    ask = reverse("evaluation:request_report", args=[wave.slug])
    answers = [client.post(ask, {"edition": "interim"}) for _time in range(2)]
    report = Report.objects.get()
    assert [answer["Location"] for answer in answers] == [reverse("evaluation:report", args=[report.pk])] * 2
    assert (report.edition, report.asked_by, report.state) == ("interim", evaluator, "queued")


@pytest.mark.parametrize("edition", ["", "yesterday", "end\x00"])
def test_an_unknown_edition_is_refused_in_words_and_nothing_is_built(client, evaluator, edition):
    wave = a_wave(call="closed")
    answer = client.post(reverse("evaluation:request_report", args=[wave.slug]), {"edition": edition})
    assert answer.status_code == 422
    assert "Choose which edition of the report to build" in words(answer)
    assert not Report.objects.exists()


def test_the_edition_that_fits_is_chosen_and_the_end_is_refused_before_the_last_day(client, evaluator):
    today = timezone.localdate()
    over, running = (a_wave(call="closed") for _n in range(2))
    over.support_starts, over.community_starts, over.evaluation_starts, over.ends = (
        timezone.localdate(over.call_closes) + dt.timedelta(days=days) for days in (0, 0, 0, 1)
    )
    assert (over.ends, rules.fitting_edition(over), rules.fitting_edition(running)) == (today, "end", "interim")
    page = words(client.get(reverse("evaluation:reports")))
    assert page.count('<option value="interim" selected>') == 2
    for edition in ("end", "later"):
        answer = client.post(reverse("evaluation:request_report", args=[running.slug]), {"edition": edition})
        assert answer.status_code == 422
        assert "Until then, build the interim edition" in words(answer)
    assert not Report.objects.exists()


@pytest.mark.parametrize(("days", "said"), [(-14, "before the wave began"), (3, "after the wave had begun")])
def test_the_page_says_when_the_plan_was_locked(client, evaluator, days, said):
    wave = a_wave(call="closed")
    report = a_report(wave, "done")
    report.plan.locked_at = wave.call_opens + dt.timedelta(days=days)
    report.plan.save()
    page = words(report_page(client, report))
    assert f"on {timezone.localtime(report.plan.locked_at):%-d %b %Y}, {said}" in page
    assert ("questions that we set before we began" in page) == (days < 0)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("V1", "2 applications or more for each place"),
        ("V2", "no pay band under 80 % of the best one's rate"),
        ("V4", "30 % or more"),
        ("V12", "5 disputes or fewer in 100 exchanges"),
        ("V7", ""),
    ],
)
def test_a_plans_threshold_in_words(question, said):
    assert aim(question, DEFAULT_MEASURES) == said


def test_an_answer_has_its_aim_beside_it_and_what_is_open_leads_to_its_row(client, evaluator):
    told = {"sentence": "Said.", "rests_on": "", "headline": None, "words": [], "tables": []}
    sections = [{"question": "V4", "answer": "met", **told}, {"question": "V7", "answer": "not_enough", **told}]
    page = words(report_page(client, a_report(a_wave(call="closed"), "done", sections=sections)))
    assert page.count("The aim was 30 % or more.") == 1
    assert 'href="#row-V7"' in page
    assert 'id="row-V7"' in page


@pytest.mark.parametrize(
    ("cell", "shown"),
    [(1247, "1,247"), ("12470", "12,470"), ("1930 h 30", "1,930 h 30"), (999, "999"), ("0.1234", "0.1234")],
)
def test_thousands_are_set_apart(cell, shown):
    assert in_thousands(cell) == shown


def test_an_unknown_wave_or_report_is_not_found(client, evaluator):
    assert client.post(reverse("evaluation:request_report", args=["nowhere"]), {"edition": "end"}).status_code == 404
    for name in ("report", "progress"):
        assert client.get(reverse(f"evaluation:{name}", args=[uuid.uuid4()])).status_code == 404
    for name in ("cancel", "retry"):
        assert client.post(reverse(f"evaluation:{name}", args=[uuid.uuid4()])).status_code == 404
    assert client.get(reverse("evaluation:download", args=[uuid.uuid4(), "pdf"])).status_code == 404


@pytest.mark.parametrize(
    ("state", "fields", "said", "offers"),
    [
        ("queued", {}, "Waiting to start", "cancel"),
        ("running", {"stage": "Packing the data", "progress": 90}, "Packing the data", "cancel"),
        ("failed", {}, "Something went wrong on our side", "retry"),
        ("cancelled", {}, "You or a colleague cancelled it", "retry"),
    ],
)
def test_the_page_shows_how_far_a_build_is_and_what_one_can_do(client, evaluator, state, fields, said, offers):
    report = a_report(a_wave(call="closed"), state, **fields)
    page = words(report_page(client, report))
    assert said in page
    assert f'action="{reverse(f"evaluation:{offers}", args=[report.pk])}"' in page
    assert f'value="{fields.get("progress", 0)}"' in page
    under_way = offers == "cancel"
    assert ('hx-trigger="every 2s"' in page) == under_way  # with JavaScript
    assert ("See how far it is now" in page) == under_way  # without: nothing refreshes under a reader (WCAG 2.2.1)
    assert 'http-equiv="refresh"' not in page


@pytest.mark.parametrize(
    ("state", "afresh"),
    [("queued", None), ("running", None), ("done", "true"), ("failed", "true"), ("cancelled", "true")],
)
def test_the_polled_part_sends_for_the_whole_page_when_the_build_is_over(client, evaluator, state, afresh):
    answer = client.get(reverse("evaluation:progress", args=[a_report(a_wave(call="closed"), state).pk]))
    assert answer.headers.get("HX-Refresh") == afresh
    assert ("hx-get" in answer.content.decode()) == (afresh is None)
    assert "<html" not in answer.content.decode()


def test_cancelling_and_trying_again_by_hand_and_a_second_click_changes_nothing(client, evaluator):
    report = a_report(a_wave(call="closed"), "running")
    cancel, retry = (reverse(f"evaluation:{name}", args=[report.pk]) for name in ("cancel", "retry"))
    assert client.post(cancel)["Location"] == reverse("evaluation:report", args=[report.pk])
    again = client.post(cancel)
    assert (again.status_code, Report.objects.get().state) == (409, "cancelled")
    assert "not being built any more" in words(again)
    client.post(retry)
    again = client.post(retry)
    assert (again.status_code, Report.objects.get().state) == (409, "queued")


def test_what_is_downloaded_is_the_stored_file_under_a_name_that_says_what_it_is(client, evaluator):
    report = a_report(a_wave(slug="wave-x", call="closed"), "done")
    for what, start in (("pdf", b"%PDF"), ("zip", b"PK")):
        answer = client.get(reverse("evaluation:download", args=[report.pk, what]))
        assert b"".join(answer.streaming_content).startswith(start)
        assert answer["Content-Disposition"] == f'attachment; filename="report-wave-x-end.{what}"'


def test_a_report_that_is_not_ready_cannot_be_downloaded(client, evaluator):
    report = a_report(a_wave(call="closed"), "running")
    answer = client.get(reverse("evaluation:download", args=[report.pk, "pdf"]))
    assert answer.status_code == 404
    assert "not ready yet" in words(answer)


def test_a_finished_report_without_a_single_section_is_still_a_page(client, evaluator):
    page = words(report_page(client, a_report(a_wave(call="closed", name="Wave of nothing"), "done")))
    assert "Evaluation of Wave of nothing" in page
    assert "Download the PDF" in page


def test_evaluation_is_in_the_navigation_of_its_readers_only(client, evaluator):
    assert reverse("evaluation:reports") in words(client.get(reverse("evaluation:reports")))
    entry = next(one for one in navigation if one.url_name == "evaluation:reports")
    assert entry.visible(evaluator)
    assert not entry.visible(a_person())
