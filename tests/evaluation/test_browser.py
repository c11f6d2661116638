"""The report in a real browser: asked for, watched, read on a phone and at a desk, and all of it without JavaScript."""

import os
from pathlib import Path

from accelerator.models import Wave
from evaluation import actions
from evaluation.models import Report
from people.models import User
from tests import signing_in
from tests.browser import check_html, check_page
from tests.evaluation.factories import a_report

SHOTS = os.environ.get("SCREENSHOTS")  # a folder, to look at the pages oneself


def sign_in(page, live) -> None:
    """As the demonstration's evaluator, second factor included."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    signing_in.sign_in(client, User.objects.get(email="evan@example.org"))
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live}])


def shot(page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def test_an_evaluator_asks_for_a_report_watches_it_being_built_by_the_worker_and_reads_it(demo_db, live, worker, phone):
    sign_in(phone, live)
    phone.goto("/evaluation/")
    check_page(phone)
    shot(phone, "list-phone")
    section = phone.locator("section", has=phone.get_by_role("heading", name="Wave one", exact=True))
    section.get_by_role("button", name="Build a report").click()
    phone.get_by_role("progressbar").wait_for()
    phone.get_by_role("button", name="Download the PDF").wait_for(timeout=90_000)  # htmx refreshed the page by itself
    check_page(phone)
    shot(phone, "report-phone")
    assert phone.get_by_role("heading", name="Should there be another wave?").is_visible()
    report = Report.objects.get()
    assert (report.state, report.asked_by.email) == ("done", "evan@example.org")
    with phone.expect_download() as download:
        phone.get_by_role("button", name="Download the data").click()
    assert download.value.suggested_filename == "report-wave-one-end.zip"


def test_the_report_is_sound_at_a_desk_and_its_pages_are_valid_html(demo_db, live, page):
    sign_in(page, live)
    wave = Wave.objects.get(slug="wave-one")
    done = actions.build(report=a_report(wave))
    others = {state: a_report(wave, state) for state in ("queued", "failed", "cancelled")}
    pages = {}
    for name, address in {
        "list": "/evaluation/",
        "report": f"/evaluation/reports/{done.pk}/",
        **{state: f"/evaluation/reports/{report.pk}/" for state, report in others.items()},
    }.items():
        pages[name] = page.goto(address).text()
        check_page(page)
        shot(page, f"{name}-desk")
    check_html(pages)


def test_all_of_it_works_without_javascript(demo_db, live, browse):
    page = browse(javascript=False, base_url=live)
    sign_in(page, live)
    page.goto("/evaluation/")
    section = page.locator("section", has=page.get_by_role("heading", name="Wave one", exact=True))
    section.get_by_role("button", name="Build a report").click()
    page.get_by_role("button", name="Cancel").click()
    assert "You or a colleague cancelled it" in page.inner_text("main")
    page.get_by_role("button", name="Try again").click()
    assert "Waiting to start" in page.inner_text("main")
    actions.build(report=Report.objects.select_related("wave", "plan").get())
    page.get_by_role("link", name="See how far it is now").click()
    assert page.get_by_role("heading", name="Should there be another wave?").is_visible()
    assert page.get_by_role("button", name="Download the PDF").is_visible()
