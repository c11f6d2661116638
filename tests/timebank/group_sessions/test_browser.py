"""A group session in a real browser: five places, of which one is scanned in, one ticked, one stays away, one is given up
late and one moves up from the waiting list; and what the books say to the minute."""

import datetime as dt
import io

import zxingcpp
from django.utils import timezone
from PIL import Image

from tests.browser import check_html, check_page, no_console_errors
from tests.timebank.browsing import at, become, look_at
from tests.timebank.factories import a_broker, a_member, a_pot, credits_of
from tests.timebank.group_sessions.factories import (
    HOUR,
    a_draft,
    a_place,
    a_session,
    begin,
    note,
    rich,
    scan,
    shift,
)
from timebank import group_codes
from timebank.actions import group_register, group_sessions
from timebank.models import GroupBooking, GroupSession
from timebank.queries import verification


def text(page):
    """What the page says, on one line."""
    return " ".join(page.inner_text("main").split())


def test_five_places_one_scanned_one_ticked_one_away_one_late_and_the_statements_to_the_minute(browse, live):
    hana = a_member("Hana Host")
    ann, bob, cas, dee, eve, fay = (rich(name) for name in ("Ann", "Bob", "Cas", "Dee", "Eve", "Fay"))
    host = browse(base_url=live)
    become(host, hana, live)
    in_three_days = timezone.localtime() + dt.timedelta(days=3)

    host.goto(at("group_sessions"))
    host.get_by_role("button", name="Give a session").click()
    host.get_by_label("What is it called?").fill("Run charts for beginners")
    for box, value in (("Day", in_three_days.day), ("Month", in_three_days.month), ("Year", in_three_days.year)):
        host.get_by_label(box, exact=True).fill(str(value))
    host.get_by_label("At what time does it begin?").fill("14:30")
    host.get_by_label("How long does it take?").fill("2")
    host.get_by_label("How long did you prepare, or will you?").fill("30 min")
    host.get_by_label("Link for joining online").fill("https://example.org/charts")
    host.get_by_label("How many places are there?").fill("5")
    host.get_by_label("What is the most that a place may cost?").fill("3")
    host.get_by_role("button", name="Save, and look it over").click()
    assert "A place cannot cost more than what is left to share, which is 2 h 30" in text(host)
    check_page(host)
    host.get_by_label("What is the most that a place may cost?").fill("1")
    host.get_by_role("button", name="Save, and look it over").click()
    host.get_by_role("button", name="Publish it").click()
    session = GroupSession.objects.get()
    assert (session.state, session.most_minutes) == ("published", 60)
    assert timezone.localtime(session.starts_at).strftime("%H:%M") == "14:30"

    phone = browse(phone=True, base_url=live)
    for person in (ann, bob, cas, dee, eve):
        become(phone, person, live)
        phone.goto(at("group_sessions"))
        phone.get_by_role("link", name="Run charts for beginners").click()
        phone.get_by_role("button", name="Take a place").click()
        assert "You have a place. Set aside: 1 h." in text(phone)
    become(phone, fay, live)
    phone.goto(at("group_session", session.pk))
    phone.get_by_role("button", name="Join the waiting list").click()
    assert "You are on the waiting list" in text(phone)

    session.refresh_from_db()
    shift(session, session.starts_at - timezone.now() - 22 * HOUR)
    become(phone, dee, live)
    phone.goto(at("group_session", session.pk))
    phone.get_by_role("link", name="Give up your place").click()
    phone.get_by_label("Something else").check()
    phone.get_by_role("button", name="Give up the place").click()
    assert "the next person moves up" in text(phone)
    assert GroupBooking.objects.get(user=dee).late
    assert GroupBooking.objects.get(user=fay).state == "booked"
    assert credits_of(dee) == (600, 0)

    begin(session)
    host.goto(at("group_session", session.pk))
    host.get_by_role("button", name="Show the code").click()
    picture = Image.open(io.BytesIO(host.locator(".oda-code__picture").screenshot()))
    (found,) = zxingcpp.read_barcodes(picture)
    assert found.text.startswith(f"{live}/timebank/h/")
    host.reload()
    (another,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(host.locator(".oda-code__picture").screenshot())))
    check_page(host)
    small = browse(
        phone=True, base_url=live
    )  # the host has a phone and no screen: another phone reads half its picture
    become(small, hana, live)
    small.goto(at("group_session_code", session.pk))
    shown = Image.open(io.BytesIO(small.screenshot())).convert("L")
    width, height = small.viewport_size["width"] // 2, small.viewport_size["height"] // 2
    (read,) = zxingcpp.read_barcodes(shown.resize((width, height)))
    assert len(read.text) <= len(f"{live}/timebank/h/") + 15

    scanner = browse(phone=True, javascript=False, base_url=live)
    become(scanner, ann, live)
    scanner.goto(another.text)
    scanner.get_by_role("button", name="I am here").click()
    assert "You are here. Enjoy it." in text(scanner)
    host.reload()
    assert "1 of 5 are here" in text(host)

    host.goto(at("group_session_register", session.pk))
    host.get_by_label("Bob").check()
    host.get_by_label("Fay").check()
    host.get_by_role("button", name="Close the register").click()
    assert "it settles in 72 hours" in text(host)
    become(phone, fay, live)
    phone.goto(at("group_session", session.pk))
    phone.get_by_role("link", name="I was not there").click()
    phone.get_by_label("What happened?").fill("I was on a late shift")
    phone.get_by_role("button", name="Send").click()
    host.goto(at("group_session", session.pk))
    assert "I was on a late shift" in text(host)
    host.get_by_role("button", name="Fay was not there").click()

    shift(session, 73 * HOUR)
    assert group_register.sweep()["settled"] == 1
    for person, paid in ((ann, 60), (bob, 60), (cas, 0), (dee, 0), (eve, 0), (fay, 0)):
        assert credits_of(person) == (600 - paid, 0), person
    become(phone, bob, live)
    phone.goto(at("statement"))
    assert "You took part in a group session Run charts for beginners −1 h Balance 9 h" in text(phone)
    host.goto(at("statement"))
    assert "You gave time to a group Run charts for beginners +2 h 2 h" in text(host)
    no_console_errors(host)
    no_console_errors(phone)
    assert not verification.findings()


def test_every_page_passes_on_a_phone(phone, live):
    hana, ann, steward, broker = a_member("Hana Host"), rich("Ann Other"), a_member("Stella Steward"), a_broker()
    draft = a_draft(hana, pot=a_pot(steward, 600, name="Run charts for all"), sponsored_minutes=60, shortfall="pot")
    group_sessions.ask_to_give(by=hana, session=draft, email=ann.email, preparation=20)
    published, begun, noted, settled = (a_session(hana, title=f"Run charts {n}") for n in range(4))
    for session in (published, begun, noted, settled):
        a_place(session, ann)
    for session in (begun, noted, settled):
        begin(session)
    note(noted, *noted.bookings.all())
    scan(settled, ann)
    note(settled)
    become(phone, hana, live)
    html = look_at(
        phone,
        {
            "calendar": at("group_sessions"),
            "mine": at("group_sessions_mine"),
            "new": at("group_session_new"),
            "draft": at("group_session", draft.pk),
            "published": at("group_session", published.pk),
            "change": at("group_session_change", published.pk),
            "cancel": at("group_session_cancel", published.pk),
            "begun": at("group_session", begun.pk),
            "code": at("group_session_code", begun.pk),
            "register": at("group_session_register", begun.pk),
            "noted": at("group_session", noted.pk),
            "settled": at("group_session", settled.pk),
            "home": "/home/",
        },
    )
    become(phone, ann, live)
    html |= look_at(
        phone,
        {
            "asked": at("group_session", draft.pk),
            "place": at("group_session", published.pk),
            "give up": at("group_session_give_up", published.pk),
            "ticked": at("group_session", noted.pk),
            "object": at("group_session_object", noted.pk),
            "paid": at("group_session", settled.pk),
            "here": group_codes.address_of(group_codes.code_for(begun.pk)),
        },
    )
    become(phone, steward, live)
    html |= look_at(phone, {"sponsor": at("group_session", draft.pk)})
    group_register.object_to_tick(by=ann, session=noted, words="I was on a late shift")
    become(phone, broker, live)
    (question,) = noted.bookings.all()
    html |= look_at(
        phone, {"objections": at("group_session_objections"), "decide": at("group_session_decide", question.pk)}
    )
    check_html(html)
