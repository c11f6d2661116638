"""A Q member on a phone: offers an hour, earns it, opens a pot, gives to it, asks a friend to run it too, spends from it
and finishes it; and every page of a pot."""

from tests.browser import check_html, no_console_errors
from tests.timebank.browsing import at, become, look_at
from tests.timebank.factories import (
    a_listing,
    a_member,
    a_pot,
    a_settled_exchange,
    a_skill,
    credits_of,
)
from timebank.actions import exchanges, hours, pot_people, pots
from timebank.models import Exchange, Listing, Pot
from timebank.queries import verification


def text(page):
    """What the page says, on one line."""
    return " ".join(page.inner_text("main").split())


def test_a_q_member_earns_an_hour_and_spends_it_from_a_pot(phone, live):
    quinn, grace, ravi, olu = (a_member(name) for name in ("Quinn Hartley", "Grace Adeyemi", "Ravi Menon", "Olu Adams"))
    research = a_listing(ravi, title="User research for an hour", minutes=60, skills=[a_skill()])

    # offer, and earn
    become(phone, quinn, live)
    phone.goto(at("post_listing", "offer"))
    phone.get_by_label("In one line, what is it?").fill("Teaching run charts")
    phone.get_by_label("How many hours?").fill("2")
    phone.get_by_role("button", name="Put it on the board").click()
    offer = Listing.objects.get(member=quinn)
    asked = exchanges.propose(by=grace, listing=offer, minutes=120, key="asked")
    phone.goto(at("exchange", asked.pk))
    phone.get_by_role("button", name="Say yes").click()
    hours.record_hours(by=grace, exchange=asked, minutes=120, key="hers")
    phone.goto(at("exchange", asked.pk))
    phone.get_by_role("textbox", name="How long did it take?").fill("2")
    phone.get_by_label("My own time").check()
    phone.get_by_role("button", name="Record the hours").click()
    assert credits_of(quinn) == (120, 0)

    # a pot in three questions; what it needs is on the board at once
    phone.goto(at("open_pot"))
    phone.get_by_label("What is your project called?").fill("Falls on Ward 6")
    phone.get_by_label("What should change, and for whom?").fill("Fewer falls at night")
    phone.get_by_role("button", name="Continue").click()
    phone.get_by_label("User research").check()
    phone.get_by_role("button", name="Continue").click()
    phone.get_by_label("About how many hours might it take?").fill("3")
    phone.get_by_role("button", name="Open the pot").click()
    pot = Pot.objects.get()
    assert "User research for Falls on Ward 6" in text(phone)
    assert Listing.objects.get(pot=pot).minutes == 180
    phone.get_by_role("button", name="Give hours").click()
    phone.get_by_label("How many hours do you give?").fill("1.5")
    phone.get_by_role("button", name="Give").click()
    assert credits_of(pot) == (90, 0)

    # a friend looks after it too; another joins by its link
    phone.goto(at("pot_people", pot.pk))
    phone.get_by_label("Their e-mail address").fill("grace at work")
    phone.get_by_role("button", name="Ask them to be a steward").click()
    assert "Enter an email address in the right form" in text(phone)
    phone.get_by_label("Their e-mail address").fill(grace.email)
    phone.get_by_role("button", name="Ask them to be a steward").click()
    link = phone.locator("code").inner_text()
    become(phone, olu, live)
    phone.goto(link)
    phone.get_by_role("button", name="Join").click()
    assert "You joined this pot" in text(phone)
    become(phone, grace, live)
    phone.goto(at("pot", pot.pk))
    phone.get_by_role("button", name="Say yes").click()
    assert pots.is_steward(grace, pot)

    # she spends from it: the person who may help is one tap away, and the pot pays
    phone.get_by_role("link", name="User research for an hour").click()
    assert phone.get_by_label("Whose credits?").input_value() == str(pot.pk)
    phone.get_by_role("button", name="Send the proposal").click()
    spent = Exchange.objects.get(listing=research)
    exchanges.accept(by=ravi, exchange=spent)
    assert credits_of(pot) == (90, 60)
    phone.goto(at("pot_close", pot.pk))
    phone.get_by_label("What changed?").fill("Falls at night fell from 9 to 4 a month.")
    phone.get_by_role("button", name="Finish it").click()
    assert "still held" in text(phone), "what is promised is settled first, and what was typed is kept"
    assert "from 9 to 4" in phone.get_by_label("What changed?").input_value()
    hours.record_hours(by=ravi, exchange=spent, minutes=60, key="his")
    hours.record_hours(by=grace, exchange=spent, minutes=60, key="hers too")
    assert (credits_of(pot), credits_of(ravi)) == ((30, 0), (60, 0))

    become(phone, ravi, live)
    phone.goto(at("pot", pot.pk))
    assert "1 person gave time. We name nobody who has not agreed." in text(phone)
    phone.get_by_role("button", name="Yes, name me").click()
    assert "With thanks to Ravi Menon" in text(phone)

    become(phone, grace, live)
    phone.goto(at("pot_close", pot.pk))
    phone.get_by_label("What changed?").fill("Falls at night fell from 9 to 4 a month.")
    phone.get_by_role("button", name="Finish it").click()
    assert "from 9 to 4 a month. 30 min went to Community pot." in text(phone)
    assert credits_of(pot) == (0, 0)
    no_console_errors(phone)
    assert not verification.findings()


def test_every_page_of_a_pot_passes_on_a_phone(phone, live):
    ada, ben = a_member("Ada Lovelace"), a_member("Ben Nevis")
    pot, finished = a_pot(ada), a_pot(ada, 90, name="Quieter nights")
    a_listing(ben, title="User research for an hour", skills=[a_skill()])
    pots.edit_pot(by=ada, pot=pot, name=pot.name, aim=pot.aim, skills=[a_skill()], wanted_minutes=600)
    a_settled_exchange(ben, ada, 60, pot=pot)
    a_settled_exchange(ben, ada, 60, pot=finished)
    pots.close_pot(by=ada, pot=finished, close_out="Noise at night fell by a third.", key="done", to_pot=pot)
    pot_people.join(by=ben, code=pot.join_code)
    become(phone, ada, live)
    html = look_at(
        phone,
        {
            "steward": at("pot", pot.pk),
            "finished": at("pot", finished.pk),
            "edit": at("pot_edit", pot.pk),
            "close": at("pot_close", pot.pk),
            "people": at("pot_people", pot.pk),
        },
    )
    pot_people.invite(by=ada, pot=pot, email=ben.email)
    become(phone, ben, live)
    html |= look_at(
        phone,
        {"invited": at("pot", pot.pk), "offer": at("pot_offer", pot.pk), "join": at("pot_join", pot.join_code)},
    )
    check_html(html)
