"""The pages of the time bank in a real browser: every one of them, in every state of an exchange, over one world."""

import datetime as dt
import re

from django.utils import timezone

from tests.browser import check_html, check_page, no_console_errors
from tests.timebank.browsing import at, become, look_at
from tests.timebank.factories import (
    a_broker,
    a_dispute,
    a_listing,
    a_member,
    a_pot,
    a_proposal,
    a_settled_exchange,
    a_skill,
    an_agreement,
    credits_of,
    record,
)
from timebank.actions import calling_off, disputes, exchanges, purposes
from timebank.models import Exchange, Policy, Pot


def every_state(ada, ben):
    """Exchanges of Ada with Ben, by what their page is about."""
    tomorrow = timezone.now() + dt.timedelta(days=1)
    found = {
        "to answer": a_proposal(ada, ben, 15),
        "asked": a_proposal(ben, ada, 15),
        "before it": an_agreement(ada, ben, 15, starts_at=tomorrow, online_link="https://example.org/meet"),
        "to record": an_agreement(ada, ben, 15, purpose=purposes.create(kind="milestone", label="Ask five people")),
        "with the other": an_agreement(ada, ben, 15),
        "settled": a_settled_exchange(ada, ben, 15, message="Shall we say Monday?"),
        "in dispute": a_dispute(ada, ben),
        "declined": a_proposal(ada, ben, 15),
        "cancelled": an_agreement(ada, ben, 15),
    }
    record(found["with the other"], ada, 15)
    exchanges.decline(by=ada, exchange=found["declined"], reason="On leave")
    calling_off.cancel(by=ben, exchange=found["cancelled"], reason="Called to duty")
    return found


def test_every_page_of_a_member_passes_on_a_phone(phone, live):
    ada, ben = a_member("Ada Lovelace"), a_member("Ben Nevis")
    found = every_state(ada, ben)
    theirs = a_listing(ben, title="Somebody to test our form", kind="request", skills=[a_skill()])
    a_listing(ada, title="Teaching run charts", mode="on_site", place="Leeds", availability="Tuesdays")
    pot = a_pot(ada)
    become(phone, ada, live)
    pages = {f"exchange {name}": at("exchange", exchange.pk) for name, exchange in found.items()}
    pages |= {
        "home": at("home"),
        "board": at("board"),
        "listing": at("listing", theirs.pk),
        "propose": at("propose", theirs.pk),
        "offer": at("post_listing", "offer"),
        "request": at("post_listing", "request"),
        "statement": at("statement"),
        "past": at("past"),
        "pots": at("pots"),
        "pot": at("pot", pot.pk),
        "give": at("give", pot.pk),
        "arrange": at("arrange", found["before it"].pk),
        "decline": at("decline", found["to answer"].pk),
        "say": at("say", found["in dispute"].pk),
    }
    check_html(look_at(phone, pages))


def test_the_pages_of_what_went_wrong_pass_on_a_phone(phone, live):
    ada, ben, broker = a_member("Ada Lovelace"), a_member("Ben Nevis"), a_broker()
    Policy.objects.update(charge_late=True)
    soon = timezone.now() + dt.timedelta(hours=2)
    late, agreed = an_agreement(ada, ben, 15, starts_at=soon), an_agreement(ada, ben, 15)
    settled, taken_back = a_settled_exchange(ada, ben, 15), a_settled_exchange(ada, ben, 15)
    charged = an_agreement(ada, ben, 15, starts_at=soon)
    calling_off.cancel(by=ben, exchange=charged, why="plans")
    disputes.reverse(by=broker, exchange=taken_back, reason="It was another Ada")
    become(phone, ben, live)
    pages = {
        "late": at("cancel", late.pk),
        "no show": at("no_show", agreed.pk),
        "charged": at("exchange", charged.pk),
        "excuse": at("excuse", charged.pk),
        "feedback": at("feedback", settled.pk),
        "taken back": at("exchange", taken_back.pk),
        "again": at("redo", taken_back.pk),
    }
    html = look_at(phone, pages)
    become(phone, broker, live)
    html |= look_at(phone, {"claims": at("claims"), "charge": at("decide_claim", charged.pk)})
    check_html(html)


def test_the_brokers_pages_pass_on_a_desktop(page, live):
    exchange, broker = a_dispute(heard=True), a_broker()
    become(page, broker, live)
    pages = {"disputes": at("disputes"), "decide": at("decide", exchange.pk), "exchange": at("exchange", exchange.pk)}
    html = look_at(page, pages)
    page.goto(at("decide", exchange.pk))
    page.get_by_role("button", name="Decide, and tell both").click()
    assert page.title().startswith("Error: ")
    check_page(page)
    check_html(html)


def test_without_javascript_two_people_agree_record_and_settle(browse, live):
    ada, ben = a_member("Ada Lovelace"), a_member("Ben Nevis")
    a_listing(ada, title="User research for an hour", minutes=60, skills=[a_skill()])
    asker, helper = (browse(phone=True, javascript=False, base_url=live) for _who in range(2))
    become(asker, ben, live)
    become(helper, ada, live)

    asker.goto(at("board"))
    asker.get_by_label("Search").fill("research")
    asker.get_by_role("button", name="Show results").click()
    asker.get_by_role("link", name="User research for an hour").click()
    asker.get_by_role("button", name="Ask for this").click()
    asker.get_by_role("button", name="Send the proposal").click()
    exchange = Exchange.objects.get()

    helper.goto(at("exchange", exchange.pk))
    helper.get_by_role("button", name="Say yes").click()
    for who in (helper, asker):
        who.goto(at("exchange", exchange.pk))
        who.get_by_role("textbox", name="How long did it take?").fill("1 h")
        who.get_by_label("My own time").check()
        who.get_by_role("button", name="Record the hours").click()
    assert "Settled at 1 h" in asker.inner_text("main")
    assert (credits_of(ada), credits_of(ben)) == ((60, 0), (-60, 0))


def test_a_pot_is_opened_and_given_to_by_keyboard_alone(page, live):
    ada = a_member("Ada Lovelace")
    a_settled_exchange(ada, a_member(), 120)
    become(page, ada, live)
    html = {}

    def fill(label, words):
        field = page.get_by_label(label)
        for _step in range(60):
            page.keyboard.press("Tab")
            if field.evaluate("field => field === document.activeElement"):
                page.keyboard.type(words)
                return
        raise AssertionError(f"{label} cannot be reached by keyboard")

    def press_enter_on(name):
        page.get_by_role("button", name=name).focus()
        with page.expect_navigation():
            page.keyboard.press("Enter")

    html["first"] = page.goto(at("open_pot")).text()
    fill("What is your project called?", "Falls on Ward 6")
    fill("What should change, and for whom?", "Fewer falls at night")
    press_enter_on("Continue")
    check_page(page)
    page.get_by_label("User research").focus()
    page.keyboard.press("Space")
    press_enter_on("Continue")
    check_page(page)
    fill("About how many hours might it take?", "12")
    press_enter_on("Open the pot")
    pot = Pot.objects.get()
    assert pot.wanted_minutes == 720
    press_enter_on("Give hours")
    fill("How many hours do you give?", "13")
    press_enter_on("Give")
    assert re.match("Error: ", page.title())
    check_page(page)
    assert credits_of(pot) == (0, 0)
    page.get_by_label("How many hours do you give?").fill("1")
    press_enter_on("Give")
    assert "You gave 1 h to Falls on Ward 6" in page.inner_text("main")
    assert credits_of(pot) == (60, 0)
    no_console_errors(page)
    check_html(html)


def test_a_phone_shows_the_search_and_folds_the_other_filters_away(phone, live):
    ada = a_member("Ada Lovelace")
    a_listing(a_member(), title="Teaching run charts")
    become(phone, ada, live)
    phone.goto(at("board"))
    assert phone.get_by_label("Search").is_visible()
    assert not phone.get_by_label("Offers and requests").is_visible()
    phone.get_by_text("More ways to narrow it down").click()
    phone.get_by_label("Offers and requests").select_option("offer")
    phone.get_by_role("button", name="Show results").click()
    phone.wait_for_url("**kind=offer**")
    phone.reload()
    assert phone.get_by_label("Offers and requests").is_visible(), "a filter that is on is not hidden"
