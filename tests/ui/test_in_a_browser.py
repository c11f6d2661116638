"""Pages of ui in a real Chromium: accessible, valid, by keyboard alone, without JavaScript, at 320 px."""

import pytest
from playwright.sync_api import expect

from notifications.actions import notify
from tests.accelerator.factories import a_person
from tests.browser import check_axe, check_html, check_page, check_reflow, check_title_and_heading, no_console_errors
from tests.timebank.browsing import become

PAGES = [
    "/",
    "/gallery/",
    "/gallery/form/",
    *(f"/gallery/error/{status}/" for status in (400, 403, 404, 409, 422, 429)),
]


def test_every_page_passes_on_a_phone_and_on_a_desktop(browse, live):
    html = {}
    for small in (True, False):
        page = browse(base_url=live, phone=small)
        for path in PAGES:
            html[path] = page.goto(path).text()
            check_page(page)
    check_html(html)


@pytest.mark.parametrize("status", [500, 503])
def test_the_pages_for_when_all_is_lost_are_whole_too(browse, live, status):
    page = browse(base_url=live)
    check_html(page.goto(f"/gallery/error/{status}/").text())
    check_title_and_heading(page)
    check_axe(page)
    check_reflow(page)


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_each_field_with_an_error_is_linked_from_the_summary(browse, live, javascript):
    page = browse(base_url=live, javascript=javascript)
    page.goto("/gallery/form/")
    page.get_by_role("button", name="Continue").click()
    assert page.title().startswith("Error: ")
    links = page.locator(".nhsuk-error-summary a")
    assert links.count() == 11
    for number in range(links.count()):
        target = links.nth(number).get_attribute("href")
        assert page.locator(target).count() == 1, target
    if javascript:
        assert page.evaluate("document.activeElement.className").startswith("nhsuk-error-summary")
        links.first.click()
        assert page.evaluate("document.activeElement.id") == "id_name"
        check_page(page)


def test_a_revealed_question_appears_when_its_answer_is_chosen(page):
    page.goto("/gallery/form/")
    expect(page.get_by_label("Which ward?")).to_be_hidden()
    page.get_by_label("On a ward").check()
    expect(page.get_by_label("Which ward?")).to_be_visible()
    check_axe(page)
    no_console_errors(page)


def test_without_javascript_a_revealed_question_is_there_to_answer(browse, live):
    page = browse(base_url=live, javascript=False)
    page.goto("/gallery/form/")
    expect(page.get_by_label("Which ward?")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_the_menu_of_a_phone_opens_by_keyboard(browse, live, javascript, monkeypatch):
    from ui import registries

    entry = registries.NavigationEntry("Goals for you", "ui:gallery", lambda user: True)
    monkeypatch.setattr(registries.navigation, "_entries", [entry])
    monkeypatch.setattr(registries.home_cards, "_entries", [])
    page = browse(base_url=live, phone=True, javascript=javascript)
    page.context.add_cookies([sign_in(live)])
    page.goto("/gallery/")
    link = page.get_by_role("link", name="Goals for you")
    expect(link).to_be_hidden()
    page.locator(".oda-nav__menu summary").focus()
    page.keyboard.press("Enter")
    expect(link).to_be_visible()
    page.keyboard.press("Tab")
    expect(link).to_be_focused()
    if javascript:
        check_page(page)


def test_the_header_keeps_to_one_line_on_a_phone_that_has_messages(live, browse):
    lead = a_person("Wilhelmina-Charlotte Featherstonehaugh")
    for number in range(12):
        notify(to=lead, kind="application_received", key=f"{number}", subject="We have it",
               template="accelerator/letters/received", context={"sentence": "", "lead": lead, "hear_by": ""}, url="/")  # fmt: skip
    page = browse(phone=True, base_url=live)
    become(page, lead, live)
    page.goto("/home/")
    mark, count, name = (
        page.locator(where).bounding_box() for where in (".oda-wordmark", ".oda-count", ".oda-account li:last-child")
    )
    assert count["y"] < mark["y"] + mark["height"] and name["y"] < mark["y"] + mark["height"]
    assert name["x"] + name["width"] <= 360 and name["width"] > 40
    check_page(page)


def sign_in(live):
    """A session cookie of a new member."""
    from django.conf import settings
    from django.test import Client

    from people.models import User

    client = Client()
    client.force_login(User.objects.create_user("phone@example.org", name="Pat Phone"))
    return {
        "name": settings.SESSION_COOKIE_NAME,
        "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
        "url": live,
    }


def test_the_skip_link_is_first_and_leads_to_the_content(page):
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to main content")
    page.keyboard.press("Enter")
    expect(page.locator("#maincontent")).to_be_focused()


def test_a_form_is_sent_once_however_often_it_is_clicked(page):
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.goto("/gallery/form/")
    page.evaluate("for (let n = 0; n < 3; n++) document.querySelector('form[data-guard]').requestSubmit()")
    page.wait_for_selector(".nhsuk-error-summary")
    assert len(sent) == 1
