"""Members' own pages in a real browser, with and without JavaScript; and two people who leave."""

import re

from django.urls import reverse
from django.utils import timezone

from people.models import User
from tests.browser import check_html, check_page
from tests.goals.factories import sign_up
from tests.timebank.browsing import at, become, look_at
from tests.timebank.factories import (
    a_broker,
    a_listing,
    a_member,
    a_pot,
    a_settled_exchange,
    a_skill,
    an_agreement,
    credits_of,
    give_credits,
    key,
    record,
)
from timebank.actions import disputes, feedback, ledger, pots
from timebank.actions import record as own
from timebank.models import Account, Exchange, Reflection, ShownToOthers
from timebank.queries import verification


def a_rich_life():
    """Ada, who has something on every page; Ben, whom she exchanged hours with; her pot; an exchange of theirs."""
    ada, ben = a_member("Ada Lovelace"), a_member("Ben Nevis")
    offer = a_listing(ada, title="Teaching user research", skills=[a_skill()])
    done = a_settled_exchange(ada, ben, 90, listing=offer)
    feedback.give(by=ben, exchange=done, thanks="You made it click", useful=5, skills=[a_skill()])
    disputes.reverse(by=a_broker(), exchange=a_settled_exchange(ada, ben, 45), reason="Recorded twice")
    a_listing(ben, "request", title="Somebody to test our form", skills=[a_skill()])
    pot = a_pot(ada, minutes=0, name="Falls on Ward 6")
    pots.give(by=ada, to_pot=pot, minutes=15, key=key(), memo="Keep going")
    for number in range(26):
        a_settled_exchange(a_member(f"Helper Number {number}"), ada, 15)
    waiting = an_agreement(ada, ben, 60)
    record(waiting, ben, 60)
    own.reflect(by=ada, text="Ask five people first.\nThen build.", on=timezone.localdate(), exchange=done, key=key())
    own.show(by=ada, hours_given="members", skills="met")
    sign_up(ada)
    return ada, ben, pot, waiting


def test_every_page_of_their_own_passes_on_a_phone(phone, live):
    ada, _ben, pot, waiting = a_rich_life()
    become(phone, ada, live)
    pages = {
        "home": at("home"),
        "statement": at("statement"),
        "statement filtered": at("statement", who="ben"),
        "statement wrong": at("statement", **{"since-day": "31", "since-month": "2", "since-year": "2026"}),
        "pot statement": at("pot_statement", pot.pk),
        "record": at("record"),
        "reflection": at("write_reflection", exchange=Exchange.objects.filter(state="settled").first().pk),
        "change": at("reflection", Reflection.objects.get().pk),
        "shown": at("shown"),
        "leaving": at("leaving"),
        "close": reverse("people:close"),
        "report": reverse("people:report_about", args=["exchange", waiting.pk]),
        "worried": reverse("people:worried_about", args=["exchange", waiting.pk]),
        "exchange": at("exchange", waiting.pk),
        "my page": reverse("people:person", args=[ada.pk]),
        "credits": reverse("people:credits_work_and_benefits"),
    }
    check_html(look_at(phone, pages))
    phone.goto(at("statement"))
    phone.get_by_role("link", name=re.compile("Older")).click()
    check_page(phone)
    assert "Teaching user research" in phone.inner_text("main")
    phone.get_by_role("link", name=re.compile("Newer")).click()
    assert "Helper Number 25 gave you time" in phone.inner_text("main")


def test_without_javascript_a_member_narrows_a_statement_reflects_and_chooses_who_sees_it(browse, live):
    ada, _ben, _pot, waiting = a_rich_life()
    page = browse(phone=True, javascript=False, base_url=live)
    become(page, ada, live)
    page.goto(at("statement"))
    page.get_by_text("Show only some of it").click()
    page.get_by_label("With whom?").fill("ben nevis")
    page.get_by_role("button", name="Show", exact=True).click()
    said = page.inner_text("main")
    assert "who=ben+nevis" in page.url and "Helper Number" not in said
    assert "Taken back: “You gave time to Ben Nevis”" in said and "Recorded twice" in said

    page.goto(at("write_reflection"))
    page.get_by_role("button", name="Save").click()
    assert page.title().startswith("Error: ")
    page.get_by_label("What did you learn").fill("I ask before I build.")
    page.get_by_role("button", name="Save").click()
    assert "Kept in your record" in page.inner_text("body") and "I ask before I build." in page.inner_text("main")

    page.goto(at("shown"))
    page.get_by_role("group", name="How many hours I gave").get_by_label("Nobody").check()
    page.get_by_role("group", name="How many hours I received").get_by_label("Everybody").check()
    page.get_by_role("button", name="Save").click()
    assert "Has received" in page.inner_text("main") and "Has given" not in page.inner_text("main")
    assert ShownToOthers.objects.get().hours_given == "nobody"

    page.goto(at("exchange", waiting.pk))
    page.get_by_role("link", name="Report something to the time brokers").click()
    page.get_by_label("What happened?").fill("They were rude.")
    page.get_by_role("button", name="Send").click()
    page.get_by_role("button", name="Block this person").click()
    assert "Ben Nevis" in page.inner_text("main")
    page.get_by_role("button", name="Take the block back").click()
    assert "You have blocked nobody" in page.inner_text("main")


def close_in(page):
    """Closes the account of whoever is signed in, from their account page."""
    page.goto(reverse("people:close"))
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Close my account").click()


def test_one_leaves_with_hours_left_and_one_below_zero(browse, live):
    ada, ben, cat = a_member("Ada Lovelace"), a_member("Ben Nevis"), a_member("Cat Carer")
    pot = a_pot(cat, minutes=0, name="Falls on Ward 6")
    give_credits(ledger.system_account(Account.COMMUNITY_POT), 600)
    a_settled_exchange(ada, cat, 120)
    pots.give(by=ada, to_pot=pot, minutes=15, key=key())
    a_settled_exchange(cat, ben, 180)
    gives, owes = an_agreement(ada, cat, 60), an_agreement(cat, ben, 60)
    record(owes, cat, 45)

    page = browse(phone=True, base_url=live)
    become(page, ada, live)
    page.goto(reverse("people:account"))
    page.get_by_role("link", name="Close my account").click()
    assert "the 1 h set aside for it are free again. Cat Carer is told." in page.inner_text("main")
    assert "You have 1 h 45 left. It goes to the community pot" in page.inner_text("main")
    page.get_by_role("link", name="Choose where it goes").click()
    page.get_by_label("Falls on Ward 6").check()
    page.get_by_role("button", name="Save, and go on").click()
    assert "It goes to Falls on Ward 6." in page.inner_text("main")
    page.get_by_role("button", name="Close my account").click()
    assert page.title().startswith("Error: ") and User.objects.get(pk=ada.pk).closed_at is None
    close_in(page)
    assert "Your account is closed" in page.inner_text("body")
    assert (credits_of(ada), credits_of(pot)) == ((0, 0), (120, 0))
    gives.refresh_from_db()
    assert gives.state == "cancelled" and credits_of(cat)[1] == 0
    page.goto(at("statement"))
    assert "/sign-in/" in page.url

    become(page, ben, live)
    page.goto(reverse("people:close"))
    said = page.inner_text("main")
    assert "It is settled with Cat Carer now: you pay 45 min" in said
    assert "You are 3 h 45 below zero. The community pot makes up for it: you owe nobody anything." in said
    close_in(page)
    assert "Your account is closed" in page.inner_text("body")
    owes.refresh_from_db()
    assert (owes.state, owes.settled_minutes) == ("settled", 45)
    assert credits_of(ben) == (0, 0) and credits_of(cat)[0] == -120 + 180 + 45
    assert Account.objects.get(system=Account.COMMUNITY_POT).balance == 600 - 225

    become(page, cat, live)
    page.goto(at("statement"))
    said = page.inner_text("main")
    assert "Someone who has left" in said and "Ada" not in said and "Ben" not in said
    assert verification.findings() == []
