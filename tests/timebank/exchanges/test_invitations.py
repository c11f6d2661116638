import datetime as dt
from email import message_from_bytes
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail
from django.urls import reverse
from icalendar import Calendar

from notifications.actions import purge_bodies, send
from notifications.models import OutboxMessage
from tests.timebank.factories import a_member, a_proposal, an_agreement
from timebank.actions import calling_off, exchanges, leaving

pytestmark = pytest.mark.django_db

LONDON = ZoneInfo("Europe/London")
SUMMER = dt.datetime(2027, 7, 5, 14, 30, tzinfo=LONDON)
WINTER = dt.datetime(2027, 12, 6, 14, 30, tzinfo=LONDON)


@pytest.fixture(autouse=True)
def spring():
    with time_machine.travel(dt.datetime(2027, 3, 1, 9, tzinfo=dt.UTC), tick=True):
        yield


def entries(user):
    """(METHOD, the event) of every invitation that was written to this person, oldest first."""
    rows = OutboxMessage.objects.filter(user=user).exclude(calendar="").order_by("id")
    calendars = [Calendar.from_ical(row.calendar) for row in rows]
    return [(str(c["METHOD"]), c.events[0]) for c in calendars]


def test_both_receive_an_invitation_that_updates_and_cancels_under_one_identity():
    exchange = an_agreement(starts_at=SUMMER, place="Ward 6")
    exchanges.arrange(by=exchange.receiver, exchange=exchange, starts_at=WINTER, place="Library")
    calling_off.cancel(by=exchange.provider, exchange=exchange)
    for person in (exchange.provider, exchange.receiver):
        found = entries(person)
        assert [method for method, _event in found] == ["REQUEST", "REQUEST", "CANCEL"]
        assert [int(event["SEQUENCE"]) for _method, event in found] == [0, 1, 2]
        assert {str(event["UID"]) for _method, event in found} == {f"exchange-{exchange.pk}@localhost"}
        assert [str(event["LOCATION"]) for _method, event in found] == ["Ward 6", "Library", "Library"]
        assert [str(event["STATUS"]) for _method, event in found] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
        assert str(found[0][1]["ATTENDEE"]) == f"mailto:{person.email}"
        other = exchange.receiver if person == exchange.provider else exchange.provider
        assert other.email not in found[0][1].to_ical().decode()


@pytest.mark.parametrize(("starts", "offset"), [(SUMMER, 1), (WINTER, 0)])
def test_the_time_is_londons_with_its_clock_changes(starts, offset):
    exchange = an_agreement(starts_at=starts, minutes=90)
    text = OutboxMessage.objects.filter(user=exchange.receiver).exclude(calendar="").get().calendar
    [event] = Calendar.from_ical(text).events
    assert event["DTSTART"].dt == starts and event["DTEND"].dt == starts + dt.timedelta(minutes=90)
    assert event["DTSTART"].dt.utcoffset() == dt.timedelta(hours=offset)
    assert "TZID=Europe/London" in text and "BEGIN:VTIMEZONE" in text


def test_an_exchange_across_the_end_of_summer_time_is_as_long_as_it_is():
    exchange = an_agreement(starts_at=dt.datetime(2027, 10, 31, 0, 30, tzinfo=LONDON), minutes=180)
    [event] = Calendar.from_ical(
        OutboxMessage.objects.filter(user=exchange.receiver).exclude(calendar="").get().calendar
    ).events
    assert event["DTEND"].dt.astimezone(dt.UTC) - event["DTSTART"].dt.astimezone(dt.UTC) == dt.timedelta(hours=3)


def test_without_a_date_nothing_is_sent_a_date_that_is_given_up_is_cancelled():
    exchange = an_agreement()
    assert not entries(exchange.provider) and not entries(exchange.receiver)
    exchanges.arrange(by=exchange.provider, exchange=exchange, starts_at=SUMMER)
    exchanges.arrange(by=exchange.provider, exchange=exchange, starts_at=None)
    exchanges.arrange(by=exchange.receiver, exchange=exchange, starts_at=WINTER)
    for person in (exchange.provider, exchange.receiver):
        found = entries(person)
        assert [method for method, _event in found] == ["REQUEST", "CANCEL", "REQUEST"]
        sequence = [int(event["SEQUENCE"]) for _method, event in found]
        assert sequence == sorted(set(sequence))


def test_a_proposal_is_in_nobodys_calendar_and_a_leaver_takes_it_out_of_the_others():
    proposal = a_proposal(starts_at=SUMMER)
    exchanges.arrange(by=proposal.receiver, exchange=proposal, starts_at=WINTER)
    assert not entries(proposal.provider)
    agreed = an_agreement(starts_at=SUMMER)
    leaving.leave(user=agreed.provider, by=agreed.provider)
    assert [(method, int(event["SEQUENCE"])) for method, event in entries(agreed.receiver)][-1] == ("CANCEL", 1)


def test_the_mail_carries_it_as_a_calendar_part_and_forgets_it_with_its_words():
    exchange = an_agreement(starts_at=SUMMER)
    row = OutboxMessage.objects.filter(user=exchange.receiver).exclude(calendar="").get()
    assert send(row.pk)
    sent = message_from_bytes(mail.outbox[-1].message().as_bytes())
    [part] = [part for part in sent.walk() if part.get_content_type() == "text/calendar"]
    assert part.get_param("method") == "REQUEST"
    assert Calendar.from_ical(part.get_payload(decode=True)).events[0]["UID"] == f"exchange-{exchange.pk}@localhost"
    with time_machine.travel(SUMMER, tick=False):
        purge_bodies()
    row.refresh_from_db()
    assert (row.text, row.calendar) == ("", "")


def test_the_entry_is_downloaded_by_the_two_sides_only_and_only_where_there_is_a_date(as_):
    exchange, undated = an_agreement(starts_at=SUMMER), an_agreement()
    address = reverse("timebank:calendar", args=[exchange.pk])
    answer = as_(exchange.receiver).get(address)
    assert answer["Content-Type"].startswith("text/calendar") and "exchange.ics" in answer["Content-Disposition"]
    found = Calendar.from_ical(answer.content)
    assert str(found["METHOD"]) == "PUBLISH" and "ATTENDEE" not in found.events[0]
    assert as_(a_member()).get(address).status_code == 404
    assert as_(undated.receiver).get(reverse("timebank:calendar", args=[undated.pk])).status_code == 404
