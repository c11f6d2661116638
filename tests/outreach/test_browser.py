"""The way from the poster on board, on a phone, as a person goes it."""

import re

import pytest
from django.utils import timezone

from notifications.models import CaughtMail
from outreach.models import Arrival, Start
from tests.browser import check_axe, check_html, check_reflow, check_title_and_heading
from tests.outreach.factories import placement


@pytest.mark.parametrize("javascript", [True, False])
def test_from_the_poster_to_on_board_on_a_phone(browse, live, javascript):
    poster = placement()
    phone = browse(phone=True, javascript=javascript, base_url=live)

    def looked_at():
        if javascript:  # axe needs it
            check_axe(phone)
            check_reflow(phone)
            check_title_and_heading(phone)

    check_html(phone.goto(f"/j/{poster.code}").text())
    assert phone.context.cookies() == []
    looked_at()
    phone.get_by_role("button", name="Keep my idea").click()
    assert "Say your idea in a sentence" in phone.inner_text("main")
    looked_at()
    phone.get_by_label("Say it in one sentence").fill("Let porters book the lift.")
    phone.get_by_role("button", name="Keep my idea").click()
    assert Start.objects.get().sentence == "Let porters book the lift."
    assert "Let porters book the lift." in phone.inner_text("main")
    looked_at()
    phone.get_by_label("What is your email address?").fill("hca@example.org")
    phone.get_by_role("button", name="Send me the code").click()
    code = re.search(r"\b\d{6}\b", CaughtMail.objects.get().text)[0]
    phone.get_by_role("textbox").first.fill(code)
    phone.get_by_role("button").filter(visible=True).first.press("Enter")
    phone.wait_for_url("**/aboard/**")
    arrival = Arrival.objects.get()
    assert (arrival.user.email, arrival.placement) == ("hca@example.org", poster)


def test_codes_typed_retired_and_unknown_have_pages_that_pass(browse, live):
    old = placement(retired_at=timezone.now())
    phone = browse(phone=True, base_url=live)
    html = {}
    for name, address in {
        "typed": "/j",
        "unknown": "/j/ZZZZZZ",
        "retired": f"/j/{old.code}",
        "start": "/start/",
    }.items():
        response = phone.goto(address)
        html[name] = response.text()
        check_axe(phone)
        check_reflow(phone)
        check_title_and_heading(phone)
    check_html(html)
    phone.goto("/j")
    phone.get_by_label("Code").fill(old.code.lower())
    phone.get_by_role("button", name="Go").click()
    assert "has had its day" in phone.inner_text("main")
