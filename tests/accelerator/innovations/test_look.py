"""The pages of innovations in a real browser: axe, valid HTML, reflow; the forms without JavaScript and by keyboard."""

import pytest
from playwright.sync_api import expect

from accelerator.actions import checkins
from accelerator.models import CheckIn, Innovation, Submission
from tests.accelerator.innovations.factories import an_innovation, evidence_for, first, hours_given, lead_of
from tests.accelerator.looking import check_pages, signed_in


@pytest.fixture
def scene(live):
    innovation = an_innovation(weeks_in=6)
    shown, *_rest, later = innovation.milestones.order_by("start", "end", "id")
    sent = evidence_for(shown)
    hours_given(later, 90)
    checkins.check_in(by=lead_of(innovation), innovation=innovation, progress="Two nights tried", confidence=4)
    return innovation, shown, later, sent


def test_every_page_is_accessible_valid_and_fits_a_phone(live, browse, scene):
    innovation, shown, later, sent = scene
    own, its = f"/innovations/{innovation.pk}", f"/milestones/{later.pk}"
    team = ["/home", f"{own}/", f"{own}/roadmap/", f"{own}/check-in/", f"{own}/check-in/kept/", f"/milestones/{shown.pk}/",
            f"{its}/", f"{its}/evidence/", f"{its}/ask/"]  # fmt: skip
    cohort = f"/cohorts/{innovation.wave.slug}"
    manager = [f"{cohort}/", f"{cohort}/?colour=grey", f"{cohort}/timeline/", f"{own}/", f"{own}/roadmap/add/",
               f"{own}/colour/", f"{own}/life/", f"{own}/about/", f"{own}/staff-hours/", f"{its}/move/", f"{its}/drop/",
               f"/evidence/{sent.pk}/"]  # fmt: skip
    check_pages(browse, live, [(lead_of(innovation), team), (innovation.manager, manager)])


def test_without_javascript_evidence_and_a_check_in_are_sent_and_errors_keep_what_was_typed(live, browse, scene):
    innovation, _shown, later, _sent = scene
    plain = signed_in(browse, live, lead_of(innovation), phone=True, javascript=False)
    plain.goto(f"/innovations/{innovation.pk}/check-in/")
    plain.get_by_label("What has moved").fill("The ward sister said yes")
    plain.get_by_role("button", name="Send check-in").click()
    assert plain.title().startswith("Error: ")
    assert plain.get_by_label("What has moved").input_value() == "The ward sister said yes"
    plain.get_by_label("5: certain").check()
    plain.get_by_role("button", name="Send check-in").click()
    assert plain.get_by_role("heading", name="And how are your own goals?").is_visible()
    assert CheckIn.objects.filter(progress="The ward sister said yes", confidence=5).count() == 1
    plain.goto(f"/milestones/{later.pk}/evidence/")
    plain.get_by_label("What did you do").fill("Three people tried it on paper.")
    plain.get_by_role("button", name="Send it").click()
    assert Submission.objects.get(milestone=later).account == "Three people tried it on paper."


def test_the_cohort_works_by_keyboard(live, browse, scene):
    innovation, *_rest = scene
    page = signed_in(browse, live, innovation.manager)
    page.goto(f"/cohorts/{innovation.wave.slug}/")
    page.locator(".oda-hours summary").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Programme staff")).to_be_visible()
    page.get_by_role("link", name=Innovation.objects.get().name).focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/innovations/{innovation.pk}/")
    assert first(innovation).title in page.goto(f"/cohorts/{innovation.wave.slug}/timeline/").text()
