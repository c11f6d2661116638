import datetime as dt
import gzip
import re
import threading

import pytest
from django.contrib.staticfiles import finders
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from notifications.tasks import purge_what_has_run_out
from outreach import actions, registries, tickets
from outreach.models import Arrival, OpenCount, Placement, Start
from tests.outreach.factories import PHONE, person, placement
from tests.signing_in import sign_in
from ui.errors import Missing

IDEA = "Let porters book the lift before they need it."


def ticket_in(response) -> str:
    """The ticket in a page's form."""
    return re.search(r'name="ticket" value="([^"]+)"', response.content.decode())[1]


def scan(client, poster, agent=PHONE, **more):
    """Opens the door behind a poster."""
    return client.get(f"/j/{poster.code}", headers={"user-agent": agent}, **more)


def totals(poster) -> tuple[int, int, int]:
    """(opens, continues, taken back) over all hours and devices."""
    rows = OpenCount.objects.filter(placement=poster).values_list("opens", "continues", "taken_back")
    return tuple(map(sum, zip(*rows, strict=True))) if rows else (0, 0, 0)


def test_a_scan_counts_an_hour_and_a_device_and_keeps_nothing_else(client, db):
    poster = placement()
    events = Event.objects.count()
    response = client.get(
        f"/j/{poster.code}?utm_source=tracker",
        headers={"user-agent": PHONE, "referer": "https://intranet.example/secret", "cookie": "old=1"},
        REMOTE_ADDR="203.0.113.77",
    )
    assert response.status_code == 200 and "I have an idea" in response.content.decode()
    assert not response.cookies
    row = OpenCount.objects.values().get()
    row.pop("id")
    assert row == {
        "placement_id": poster.pk, "hour": tickets.this_hour(), "device": "phone",
        "opens": 1, "continues": 0, "taken_back": 0,
    }  # fmt: skip
    assert not Start.objects.exists() and Event.objects.count() == events
    leaks = ("203.0.113.77", "Pixel", "Mozilla", "intranet.example", "tracker")
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT t::text FROM "{table}" AS t')
            kept = " ".join(line[0] for line in cursor.fetchall())
            assert not [word for word in leaks if word in kept], table


@pytest.mark.parametrize(
    "agent",
    ["", "facebookexternalhit/1.1", "WhatsApp/2.23", "Slackbot-LinkExpanding 1.0", "Mozilla/5.0 (compatible; bingbot/2.0)",
     "Microsoft Teams SkypeUriPreview", "curl/8.1", "TelegramBot (like TwitterBot)"],
)  # fmt: skip
def test_link_previewers_are_not_counted(client, db, agent):
    poster = placement()
    assert scan(client, poster, agent).status_code == 200
    assert totals(poster) == (0, 0, 0)
    scan(client, poster)
    assert totals(poster) == (1, 0, 0)


def test_head_requests_and_prefetches_are_not_counted(client, db):
    poster = placement()
    assert client.head(f"/j/{poster.code}", headers={"user-agent": PHONE}).status_code == 200
    client.get(f"/j/{poster.code}", headers={"user-agent": PHONE, "sec-purpose": "prefetch;prerender"})
    assert totals(poster) == (0, 0, 0)


@pytest.mark.parametrize(
    ("agent", "device"),
    [(PHONE, "phone"), ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5)", "phone"), ("Mozilla/5.0 (iPad; CPU OS 16_0)", "tablet"),
     ("Mozilla/5.0 (Linux; Android 13; SM-X200) Safari", "tablet"), ("Mozilla/5.0 (Windows NT 10.0; Win64)", "computer")],
)  # fmt: skip
def test_devices_are_told_apart_no_finer_than_three_classes(client, db, agent, device):
    scan(client, placement(), agent)
    assert OpenCount.objects.get().device == device


def test_an_open_can_be_taken_back_once_by_whoever_made_it(client, db):
    poster = placement()
    scan(client, poster)
    ticket = ticket_in(scan(client, poster))
    assert totals(poster) == (2, 0, 0)
    first = client.post("/j/take-back/", {"ticket": ticket})
    assert "You are not counted" in first.content.decode() and totals(poster) == (1, 0, 1)
    again = client.post("/j/take-back/", {"ticket": ticket})
    assert "Nothing to take back" in again.content.decode() and totals(poster) == (1, 0, 1)
    assert client.post("/j/take-back/", {"ticket": "forged"}).status_code == 404
    assert client.post("/j/take-back/").status_code == 404
    assert client.get("/j/take-back/").status_code == 405
    assert totals(poster) == (1, 0, 1)


def test_an_uncounted_page_has_nothing_to_take_back(client, db):
    poster = placement()
    scan(client, poster)
    ticket = ticket_in(scan(client, poster, "curl/8.1"))
    client.post("/j/take-back/", {"ticket": ticket})
    assert totals(poster) == (1, 0, 0)


def test_the_landing_weighs_under_sixty_kilobytes_with_everything_it_loads(client, db):
    html = scan(client, placement()).content
    files = re.findall(rb'(?:href|src)="/static/([^"]+)"', html)
    assert files and b"<script" not in html
    weight = len(html)
    for name in files:
        path = re.sub(r"\.[0-9a-f]{12}(\.\w+)$", r"\1", name.decode())
        with open(finders.find(path), "rb") as file:
            weight += len(file.read())
    assert weight < 60_000  # before compression
    assert len(gzip.compress(html)) < 8_000


def test_an_idea_is_kept_from_the_second_it_is_said_and_leads_to_the_e_mail_form(client, db):
    poster = placement()
    response = client.post(
        f"/j/{poster.code}", {"ticket": ticket_in(scan(client, poster)), "door": "idea", "sentence": f"  {IDEA}\n"}
    )
    begun = Start.objects.get()
    assert (begun.sentence, begun.door, begun.placement, begun.user) == (IDEA, "idea", poster, None)
    assert totals(poster) == (1, 1, 0)
    assert not response.cookies
    page = client.get(response["Location"])
    assert IDEA in page.content.decode() and "email address" in page.content.decode()


def test_a_second_click_is_the_same_start_and_may_correct_the_sentence(client, db):
    poster = placement()
    ticket = ticket_in(scan(client, poster))
    for sentence in (IDEA, IDEA, "Better said."):
        client.post(f"/j/{poster.code}", {"ticket": ticket, "door": "idea", "sentence": sentence})
    assert Start.objects.get().sentence == "Better said."
    assert totals(poster) == (1, 1, 0)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"door": "idea", "sentence": "   "}, "Say your idea in a sentence"),
        ({"door": "idea", "sentence": "x" * 301}, "You have used 301"),
        ({"door": "idea", "sentence": "a\x00b"}, "cannot be shown"),
        ({"door": "window", "sentence": IDEA}, "Choose one of the two"),
        ({"sentence": IDEA}, "Choose one of the two"),
        ({"door": "idea", "sentence": IDEA, "ticket": "forged"}, "out of date"),
    ],
)
def test_what_cannot_be_used_is_said_and_what_was_typed_stays(client, db, given, says):
    poster = placement()
    data = {"ticket": ticket_in(scan(client, poster)), **given}
    response = client.post(f"/j/{poster.code}", data)
    text = response.content.decode()
    assert response.status_code == 422 and says in text
    if "\x00" not in given["sentence"]:
        assert given["sentence"].strip() in text
    assert not Start.objects.exists() and totals(poster) == (1, 0, 0)


def test_a_page_that_was_out_of_date_works_at_the_second_press(client, db):
    poster = placement()
    stale = client.post(f"/j/{poster.code}", {"ticket": "", "door": "idea", "sentence": IDEA})
    client.post(f"/j/{poster.code}", {"ticket": ticket_in(stale), "door": "idea", "sentence": IDEA})
    assert Start.objects.get().placement == poster


def test_markup_in_an_idea_stays_text(client, db):
    poster = placement()
    nasty = '<script>alert("x")</script>'
    response = client.post(
        f"/j/{poster.code}", {"ticket": ticket_in(scan(client, poster)), "door": "idea", "sentence": nasty}, follow=True
    )
    assert nasty not in response.content.decode() and "&lt;script&gt;" in response.content.decode()


def test_codes_are_read_as_people_type_them(client, db):
    poster = placement(code="7K10MB")
    for typed in ("7k10mb", " 7K-I0-MB ", "7kLoMb"):
        response = client.get("/j", {"code": typed})
        assert response.status_code == 302 and response["Location"] == "/j/7K10MB"
    assert client.get("/j/7klomb")["Location"] == "/j/7K10MB"
    assert totals(poster) == (0, 0, 0)


@pytest.mark.parametrize("code", ["ZZZZZZ", "a", "é<b>", "x" * 500])
def test_an_unknown_code_says_so_and_lets_one_type_again(client, db, code):
    for response in (client.get(f"/j/{code}"), client.get("/j", {"code": code})):
        text = response.content.decode()
        assert response.status_code == 404 and "We do not know this code" in text and 'name="code"' in text
        assert "<b>" not in text.replace("<b>Accelerator</b>", "")


def test_a_retired_code_explains_and_leads_on(client, db):
    poster = placement(retired_at=timezone.now())
    response = scan(client, poster)
    assert "has had its day" in response.content.decode()
    client.post(f"/j/{poster.code}", {"ticket": ticket_in(response), "door": "hour"})
    assert Start.objects.get().placement == poster
    assert totals(poster) == (1, 1, 0)


def test_one_may_come_in_without_a_code(client, db):
    response = client.get("/start/")
    client.post("/start/", {"ticket": ticket_in(response), "door": "hour", "sentence": "left over"})
    begun = Start.objects.get()
    assert (begun.door, begun.placement, begun.sentence) == ("hour", None, "")
    assert not OpenCount.objects.exists()


def code_in_mail() -> str:
    return re.search(r"\b(\d{6})\b", mail.outbox[-1].body)[1]


def test_from_scan_to_on_board_in_another_browser_the_placement_is_known(client, db):
    poster = placement()
    response = client.post(
        f"/j/{poster.code}", {"ticket": ticket_in(scan(client, poster)), "door": "idea", "sentence": IDEA}
    )
    response = client.post(response["Location"], {"email": "hca@example.org"})
    assert response["Location"].startswith("/sign-in")
    response = client.post(response["Location"], {"code": code_in_mail()}, follow=True)
    arrival = Arrival.objects.get(user__email="hca@example.org")
    assert (arrival.placement, arrival.door) == (poster, "idea")
    assert Start.objects.get().user == arrival.user


@pytest.mark.parametrize("address", ["", "nonsense", "a@b", "x" * 300 + "@example.org"])
def test_a_bad_address_is_said_and_nothing_is_sent(client, db, address):
    poster = placement()
    where = client.post(f"/j/{poster.code}", {"ticket": ticket_in(scan(client, poster)), "door": "hour"})["Location"]
    response = client.post(where, {"email": address})
    assert response.status_code == 422 and "There is a problem" in response.content.decode()
    assert not mail.outbox


def test_a_forged_or_purged_start_is_a_page_that_leads_on(client, db):
    assert client.get("/start/forged/").status_code == 404
    begun = actions.start(ticket=tickets.issue(None, "phone", False), door="hour")
    address = reverse("outreach:email", args=[tickets.sign_start(begun.pk)])
    assert client.get(address).status_code == 200
    begun.delete()
    assert client.get(address).status_code == 404


def test_somebody_signed_in_goes_on_with_a_button(client, db):
    ada = person()
    sign_in(client, ada)
    begun = actions.start(ticket=tickets.issue(placement(), "phone", False), door="idea", sentence=IDEA)
    address = reverse("outreach:email", args=[tickets.sign_start(begun.pk)])
    assert "Go on as Ada Lovelace" in client.get(address).content.decode()
    begun.refresh_from_db()
    assert begun.user is None
    assert client.post(address).status_code == client.post(address).status_code == 302
    begun.refresh_from_db()
    assert begun.user == ada


def test_the_first_arrival_is_kept_and_another_persons_start_cannot_be_claimed(db):
    ada, ben, first, second = person(), person("Ben"), placement(), placement()
    one = actions.start(ticket=tickets.issue(first, "phone", True), door="hour")
    two = actions.start(ticket=tickets.issue(second, "phone", True), door="idea", sentence=IDEA)
    actions.claim(by=ada, start_id=one.pk)
    actions.claim(by=ada, start_id=two.pk)
    actions.claim(by=ada, start_id=two.pk)
    assert Arrival.objects.get(user=ada).placement == first
    assert Event.objects.filter(verb="outreach.start.claimed").count() == 2
    with pytest.raises(Missing):
        actions.claim(by=ben, start_id=two.pk)
    assert not Arrival.objects.filter(user=ben).exists()
    actions.claim_on_sign_in(ben, True, {"start": str(two.pk)})  # signing in itself is not stopped
    assert actions.next_address(ben, {"start": str(two.pk)}) is None


def test_the_room_behind_a_door_says_where_to_go(db, monkeypatch):
    desk = registries.OnBoard()
    desk.add("idea", lambda user, start: f"/apply?from={start.pk}")
    monkeypatch.setattr(actions, "on_board", desk)
    ada = person()
    begun = actions.start(ticket=tickets.issue(None, "phone", False), door="idea", sentence=IDEA)
    actions.claim(by=ada, start_id=begun.pk)
    assert actions.next_address(ada, {"start": str(begun.pk)}) == f"/apply?from={begun.pk}"
    assert actions.next_address(ada, {}) is None
    with pytest.raises(ValueError, match="Two rooms"):
        desk.add("idea", lambda user, start: "/elsewhere")


def test_what_nobody_claimed_is_deleted_after_thirty_days(db):
    ada = person()
    old, claimed, young = (
        actions.start(ticket=tickets.issue(None, "phone", False), door="idea", sentence=IDEA) for _n in range(3)
    )
    actions.claim(by=ada, start_id=claimed.pk)
    Start.objects.exclude(pk=young.pk).update(created_at=timezone.now() - dt.timedelta(days=31))
    purge_what_has_run_out()  # as beat does each night
    assert set(Start.objects.all()) == {claimed, young} and old not in Start.objects.all()


@pytest.mark.parametrize(
    ("model", "broken"),
    [
        (Placement, {"code": "SHORT"}), (Placement, {"code": "OOOOOO"}), (Placement, {"site": ""}),
        (OpenCount, {"hour": dt.datetime(2026, 1, 1, 1, 30, tzinfo=dt.UTC)}), (OpenCount, {"opens": -1}),
        (Start, {"sentence": ""}), (Start, {"door": "hour"}),
    ],
)  # fmt: skip
def test_the_database_refuses_rows_that_make_no_sense(client, db, model, broken):
    poster = placement()
    client.post(f"/j/{poster.code}", {"ticket": ticket_in(scan(client, poster)), "door": "idea", "sentence": IDEA})
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.update(**broken)


def test_twenty_at_once_are_counted_as_twenty(real_db):
    poster = placement()
    ticket = tickets.issue(poster, "phone", True)
    barrier = threading.Barrier(20)

    def one() -> None:
        barrier.wait()
        try:
            actions.count_open(ticket=ticket)
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _n in range(20)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert totals(poster) == (20, 0, 0)
