"""The pages of group sessions over HTTP: what they show to whom, what is typed wrongly, and a constant number of queries."""

import datetime as dt
from html import unescape
from re import sub

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from icalendar import Calendar

from people.models import Block
from tests.matrix import make_client
from tests.timebank.browsing import at
from tests.timebank.factories import a_broker, a_floor, a_member, credits_of, key
from tests.timebank.group_sessions.factories import (
    HOUR,
    a_draft,
    a_place,
    a_session,
    begin,
    note,
    rich,
    scan,
)
from timebank import group_codes, group_reminders
from timebank.actions import group_register, group_sessions
from timebank.models import GroupBooking, GroupSession
from timebank.queries import group_sessions as queries

pytestmark = pytest.mark.django_db


def text_of(response):
    """What a page says, on one line."""
    return " ".join(unescape(sub(r"<[^>]+>", " ", response.content.decode())).split())


def counted(browser, address):
    """How many queries a page asks."""
    browser.get(address)  # the session's own
    with CaptureQueriesContext(connection) as asked:
        assert browser.get(address).status_code == 200
    return len(asked)


def typed(**changes):
    """What the form of a new session posts."""
    day = timezone.localdate() + dt.timedelta(days=3)
    return {
        "title": "Run charts", "description": "", "date-day": day.day, "date-month": day.month, "date-year": day.year,
        "time": "14:30", "minutes": "2", "preparation": "30 min", "online_link": "", "place": "Leeds", "places": "10",
        "most_minutes": "1", "sponsor": "no", "shortfall": "forgone", "stay_away_pays": "no", "key": key(), **changes,
    }  # fmt: skip


def test_a_session_is_prepared_once_from_a_form_that_is_sent_twice():
    host = a_member()
    browser, form = make_client(host), typed()
    for _click in range(2):
        answer = browser.post(at("group_session_new"), form)
        assert answer.status_code == 302
    session = GroupSession.objects.get()
    assert (session.title, session.minutes, session.most_minutes, session.state) == ("Run charts", 120, 60, "draft")
    assert queries.page(session.pk, host).cost == 150


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": ""}, "Give it a title"),
        ({"date-day": "31", "date-month": "2"}, "date"),
        ({"date-year": "2020"}, "The date must be today or later"),
        ({"time": "25:00"}, "Enter a time like 14:30"),
        ({"minutes": "0"}, "Enter more than 0 hours"),
        ({"minutes": "1 h 10"}, "quarter"),
        ({"preparation": "25"}, "24 h or less"),
        ({"places": "0"}, "1"),
        ({"places": "many"}, "number"),
        ({"most_minutes": "-1"}, "0 hours or more"),
        ({"most_minutes": "2.6"}, "A place cannot cost more than what is left to share, which is 2 h 30"),
        ({"online_link": "ftp://example.org"}, "must start with https://"),
        ({"sponsor": "yes"}, "Choose the pot that you ask"),
        ({"shortfall": "pot"}, "Without a sponsor there is no pot to pay it"),
        ({"key": "x"}, "out of date"),
    ],
)
def test_what_is_typed_wrongly_is_said_and_kept(changes, said):
    answer = make_client(a_member()).post(at("group_session_new"), typed(**changes))
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert 'value="Leeds"' in answer.content.decode()
    assert not GroupSession.objects.exists()


def test_a_draft_and_the_link_are_seen_by_those_whom_they_concern():
    draft, session = a_draft(), a_session()
    place, stranger, co_host = a_place(session), a_member(), a_member()
    group_sessions.ask_to_give(by=draft.host, session=draft, email=co_host.email)
    for reader, status in ((draft.host, 200), (co_host, 200), (stranger, 404), (a_broker(), 404)):
        assert make_client(reader).get(at("group_session", draft.pk)).status_code == status
    link = "https://example.org/meet"
    for reader, sees in ((session.host, True), (place.user, True), (stranger, False)):
        assert (link in make_client(reader).get(at("group_session", session.pk)).content.decode()) is sees
    names = make_client(stranger).get(at("group_session", session.pk)).content.decode()
    assert place.user.name in make_client(session.host).get(at("group_session", session.pk)).content.decode()
    assert place.user.name not in names, "who comes is for those who give it"


def test_the_host_asks_somebody_on_the_page_of_the_draft_and_a_slip_is_kept():
    draft, other = a_draft(), a_member("Olu Adams")
    browser = make_client(draft.host)
    assert "nhsuk-details" in browser.get(at("group_session", draft.pk)).content.decode()
    slip = browser.post(at("group_session_ask", draft.pk), {"email": "olu at work", "preparation": "0"})
    assert slip.status_code == 422
    assert "Enter an email address in the right form" in text_of(slip)
    assert "olu at work" in slip.content.decode()
    assert (
        browser.post(at("group_session_ask", draft.pk), {"email": other.email, "preparation": "20 min"}).status_code
        == 302
    )
    assert f"Waiting for a yes from: {other.email}" in text_of(browser.get(at("group_session", draft.pk)))
    assert draft.providers.get(user=other).preparation == 20


def test_across_a_block_there_is_no_session():
    session, other = a_session(), rich()
    Block.objects.create(blocker=other, blocked=session.host)
    browser = make_client(other)
    assert browser.get(at("group_session", session.pk)).status_code == 404
    assert browser.post(at("group_session_book", session.pk), {"key": key()}).status_code == 404
    assert session.title not in text_of(browser.get(at("group_sessions")))
    assert session.title in text_of(make_client(rich()).get(at("group_sessions")))


def test_a_place_that_cannot_be_paid_and_a_page_that_is_stale_are_said_on_the_page():
    session, ben = a_session(), a_member()
    a_floor(0)
    browser = make_client(ben)
    short = browser.post(at("group_session_book", session.pk), {"key": key()})
    assert short.status_code == 422
    assert "you are 1 h short" in text_of(short)
    assert browser.post(at("group_session_book", session.pk), {}).status_code == 422
    assert browser.post(at("group_session_answer", session.pk), {"answer": "perhaps"}).status_code == 422
    assert not GroupBooking.objects.exists()


# ── the code ──


def here(code):
    return group_codes.address_of(code)


def test_opening_the_code_changes_nothing_and_its_button_notes_who_is_here():
    session = a_session()
    place = a_place(session)
    begin(session)
    browser = make_client(place.user)
    page = browser.get(here(group_codes.code_for(session.pk)))
    place.refresh_from_db()
    assert place.state == "booked"
    long_gone = group_codes.code_for(session.pk, timezone.now() - HOUR)
    seen = page.context["form"].initial["seen"]
    answer = browser.post(here(long_gone), {"key": key(), "seen": seen})  # the page was open for five minutes
    assert answer.status_code == 302
    place.refresh_from_db()
    assert (place.state, place.proof) == ("attended", "scan")
    assert "Yes: we have noted it." in text_of(browser.get(here(group_codes.code_for(session.pk))))


def test_a_code_runs_out_cannot_be_altered_and_what_one_saw_is_of_no_use_to_another():
    session = a_session()
    ann, ben = a_place(session).user, a_place(session).user
    begin(session)
    good, old = group_codes.code_for(session.pk), group_codes.code_for(session.pk, timezone.now() - HOUR)
    browser = make_client(ben)
    gone = browser.get(here(old))
    assert gone.status_code == 409
    assert "This code has run out" in text_of(gone)
    altered = good[:-1] + ("Y" if good[-1] == "X" else "X")
    for code in (altered, "x" * 20, group_codes.seen_by(ben, session.pk)):
        assert browser.get(here(code)).status_code == 404
    of_ann = group_codes.seen_by(ann, session.pk)
    assert browser.post(here(old), {"key": key(), "seen": of_ann}).status_code == 409
    assert not GroupBooking.objects.filter(state="attended").exists()
    assert make_client(None).get(here(good)).status_code == 302  # to the door, and back here


def test_the_screen_shows_another_code_each_second_and_only_while_the_doors_are_open():
    session = a_session()
    browser = make_client(session.host)
    assert browser.get(at("group_session_code", session.pk)).status_code == 409
    begin(session)
    page = browser.get(at("group_session_code", session.pk))
    assert "no-store" in page["Cache-Control"]
    assert "<svg" in page.content.decode()
    now = timezone.now()
    assert group_codes.code_for(session.pk, now) != group_codes.code_for(session.pk, now + dt.timedelta(seconds=1))


# ── lists ──


def a_calendar(number):
    """`number` sessions, each with a place taken."""
    while GroupSession.objects.count() < number:
        a_place(a_session())


def test_the_calendar_costs_the_same_however_full_it_is_and_is_soonest_first():
    browser = make_client(a_member())
    a_calendar(3)
    few = counted(browser, at("group_sessions"))
    a_calendar(30)
    assert counted(browser, at("group_sessions")) == few
    soonest = a_session(title="Tomorrow's", starts_at=timezone.now() + dt.timedelta(days=1))
    page = browser.get(at("group_sessions"))
    assert page.context["listed"].object_list[0] == soonest
    assert "31 results" in text_of(page)
    assert "1 result" in text_of(browser.get(at("group_sessions"), {"q": "tomorrow"}))


def test_what_is_mine_costs_the_same_however_much_it_is():
    ann = rich(minutes=6000)
    browser = make_client(ann)
    counts = []
    for number in (3, 30):
        while GroupSession.objects.count() < number:
            a_place(a_session(), ann)
        counts.append(counted(browser, at("group_sessions_mine")))
    assert counts[0] == counts[1]


def test_the_page_and_the_register_cost_the_same_however_many_come():
    session = a_session(places=40)
    browser, counts = make_client(session.host), []
    for number in (3, 30):
        while session.bookings.count() < number:
            a_place(session)
        counts.append((counted(browser, at("group_session", session.pk)), counted(browser, at("group_sessions"))))
    begin(session)
    assert counts[0] == counts[1]
    assert counted(browser, at("group_session_register", session.pk)) <= counts[0][0]


def test_the_brokers_questions_cost_the_same_however_many_and_leave_out_the_brokers_own():
    broker = a_broker()
    browser, counts = make_client(broker), []
    for number in (2, 6):
        while queries.objections_for(broker).count() < number:
            an_objection(a_session())
        counts.append(counted(browser, at("group_session_objections")))
    assert counts[0] == counts[1]
    own = an_objection(a_session(broker))
    assert queries.objections_for(broker).count() == 6
    assert browser.get(at("group_session_decide", own.pk)).status_code == 404


def an_objection(session):
    place = a_place(session)
    begin(session)
    note(session, place)
    return group_register.object_to_tick(by=place.user, session=session, words="Not me")


def test_a_broker_decides_on_the_page_and_must_say_why():
    broker = make_client(a_broker())
    place = an_objection(a_session())
    address = at("group_session_decide", place.pk)
    assert broker.post(address, {"was_there": "yes", "note": ""}).status_code == 422
    assert broker.post(address, {"was_there": "yes", "note": "The chat shows it"}).status_code == 302
    assert credits_of(place.user) == (540, 0)
    assert broker.get(address).status_code == 404


# ── what comes with it ──


def test_the_calendar_file_says_when_where_and_that_it_was_cancelled():
    session = a_session(place="Leeds")
    browser = make_client(a_member())
    (event,) = Calendar.from_ical(browser.get(at("group_session_calendar", session.pk)).content).walk("VEVENT")
    assert str(event["summary"]) == session.title
    assert event.decoded("dtend") - event.decoded("dtstart") == dt.timedelta(hours=2)
    assert str(event["location"]) == "Leeds"
    assert "https://example.org/meet" not in event.to_ical().decode(), "the link is for those who have a place"
    group_sessions.cancel(by=session.host, session=session)
    (event,) = Calendar.from_ical(browser.get(at("group_session_calendar", session.pk)).content).walk("VEVENT")
    assert str(event["status"]) == "CANCELLED"


def test_the_home_says_what_waits():
    draft, other = a_draft(), a_member()
    group_sessions.ask_to_give(by=draft.host, session=draft, email=other.email)
    assert queries.waiting_card(other) == {"rows": [(draft, "give")]}
    session = a_session(draft.host)
    begin(session)
    assert queries.waiting_card(draft.host) is None, "it has not ended"
    GroupSession.objects.filter(pk=session.pk).update(starts_at=timezone.now() - 3 * HOUR)
    assert queries.waiting_card(draft.host) == {"rows": [(session, "register")]}
    assert "Say who was there" in text_of(make_client(draft.host).get("/home/"))


def test_reminders_go_the_day_before_and_to_the_host_whose_register_is_open():
    session = a_session()
    place = a_place(session)
    now = timezone.now()
    assert not list(group_reminders.soon(now))
    day_before = session.starts_at - 20 * HOUR
    assert {due.user for due in group_reminders.soon(day_before)} == {session.host, place.user}
    after = session.starts_at + 30 * HOUR
    (due,) = group_reminders.register(after)
    assert (due.user, due.key) == (session.host, f"group:{session.pk}:register:1")
    begin(session)
    scan(session, place.user)
    note(session)
    assert not list(group_reminders.register(after))


def test_a_persons_sessions_are_in_their_data():
    session = a_session()
    place = a_place(session)
    begin(session)
    scan(session, place.user)
    note(session)
    (paid,) = queries.export_for(place.user)["places"]
    assert (paid["state"], paid["paid_minutes"]) == ("attended", 60)
    (gave,) = queries.export_for(session.host)["gave"]
    assert (gave["preparation_minutes"], gave["credited_minutes"]) == (30, 60)
    assert queries.totals(session.host) == queries.Totals(60, 0)
    assert queries.totals(place.user) == queries.Totals(0, 60)
