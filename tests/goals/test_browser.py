"""The pages of goals in a real browser."""

from django.urls import reverse
from playwright.sync_api import expect

from goals import actions
from goals.models import Assessment
from people.models import RoleGrant
from tests.browser import check_html, check_page
from tests.goals.factories import library_goal, member, sign_up
from tests.goals.test_actions import offer
from tests.timebank.browsing import become, look_at


def at(name, *args):
    return reverse(f"goals:{name}", args=args)


def test_every_page_of_goals_passes_on_a_phone(phone, live):
    ada, goal = member("Ada Lovelace"), library_goal()
    offer(member("Hana Helper"))
    mine = sign_up(ada, goal, why="For my dad", weeks_ago=2)
    actions.assess(by=ada, sign_up=mine, level=0, note="Asked Tom")
    actions.assess(by=ada, sign_up=mine, level=-1, said_stuck=True)
    become(phone, ada, live)
    pages = {
        "mine": at("mine"),
        "library": at("library"),
        "sign up for": at("sign_up_for", library_goal("another-goal").pk),
        "own": at("own"),
        "a goal": at("sign_up", mine.pk),
        "assess": at("assess", mine.pk),
        "stop": at("stop", mine.pk),
    }
    html = look_at(phone, pages)
    phone.goto(at("assess", mine.pk))
    phone.get_by_role("button", name="Save").click()
    expect(phone.locator(".nhsuk-error-summary")).to_be_focused()
    check_page(phone)
    check_html(html)


def test_without_javascript_somebody_stuck_is_led_to_an_offer(browse, live):
    ada, listing = member("Ada Lovelace"), offer(member("Hana Helper"))
    goal = library_goal()
    phone = browse(phone=True, javascript=False, base_url=live)
    become(phone, ada, live)
    phone.goto(at("library"))
    phone.get_by_role("link", name=goal.title).click()
    phone.get_by_label("One person asked").check()
    phone.get_by_role("button", name="Sign up for this goal").click()
    phone.get_by_role("button", name="Say where you are").click()
    phone.get_by_label("One person asked").check()
    phone.get_by_label("I am stuck").check()
    phone.get_by_role("button", name="Save").click()
    assert Assessment.objects.get().said_stuck
    assert "Offers user research" in phone.inner_text("main")
    phone.get_by_role("button", name="See this offer").click()
    assert phone.url.endswith(reverse("timebank:listing", args=[listing.pk]))


def test_the_stuck_list_passes_on_a_desktop(page, live):
    manager = member("Mo Manager")
    RoleGrant.objects.create(user=manager, role="portfolio_manager", reason="For this test")
    become(page, manager, live)
    check_html(look_at(page, {"nobody is stuck": at("stuck")}))
