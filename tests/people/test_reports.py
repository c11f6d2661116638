"""A report that waits: who is reminded of it, when, and who never is."""

import datetime as dt

import pytest
import time_machine
from django.urls import reverse

from notifications import reminders
from notifications.calendar import LONDON
from notifications.models import OutboxMessage
from people.actions import safety
from people.models import Report
from people.reminders import reports_open
from tests.matrix import make_client
from tests.people.factories import make_staff, make_user

pytestmark = pytest.mark.django_db
CAME = dt.datetime(2026, 12, 3, 15, 0, tzinfo=LONDON)  # a Thursday: the answer is promised by Tuesday the 8th
PROMISED = dt.date(2026, 12, 8)


def on(day, hour=11):
    return dt.datetime(2026, 12, day, hour, tzinfo=LONDON)


def a_report(about=None):
    told = safety.report(by=make_user(), about=about or make_user(name="Ben Nevis"), text="He swore at us")
    Report.objects.filter(pk=told.pk).update(at=CAME)
    told.refresh_from_db()
    return told


@pytest.mark.parametrize(
    ("came", "promised"),
    [
        (dt.datetime(2026, 12, 1, 23, 59, tzinfo=LONDON), dt.date(2026, 12, 4)),
        (dt.datetime(2026, 12, 5, 10, tzinfo=LONDON), dt.date(2026, 12, 9)),  # a Saturday
        (dt.datetime(2026, 12, 24, 10, tzinfo=LONDON), dt.date(2026, 12, 31)),  # Christmas, Boxing Day's substitute
        (dt.datetime(2026, 6, 1, 23, 30, tzinfo=dt.UTC), dt.date(2026, 6, 5)),  # Tuesday already, in London
    ],
)
def test_three_working_days_are_counted_as_people_in_london_work(came, promised):
    assert Report(at=came).answer_by == promised


def test_brokers_are_reminded_a_working_day_before_on_the_day_and_every_week_after_until_it_is_closed():
    broker, admin = make_staff("broker"), make_staff("administrator")
    report = a_report()
    days = {day: [(due.user, due.key.partition(":")[2]) for due in reports_open(on(day))] for day in range(4, 24)}
    assert days[4] == [], "Friday"
    assert days[5] == days[6] == [], "two working days are left"
    assert (days[7], days[8]) == ([(broker, "1")], [(broker, "0")])
    assert days[9] == days[15] == [(broker, "late 1")] and days[16] == [(broker, "late 2")]
    for day in (7, 7, 8, 9, 10):
        with time_machine.travel(on(day)):
            reminders.sweep()
    letters = OutboxMessage.objects.filter(user=broker, kind=safety.REPORTED).exclude(subject__contains="Somebody")
    assert letters.count() == 3 and not OutboxMessage.objects.filter(user=admin).exists()
    for letter in letters:
        assert "by Tue 8 Dec" in letter.text
        assert "Ben" not in letter.text + letter.subject and "swore" not in letter.text
    page = make_client(broker).get(reverse("people:report", args=[report.pk])).content.decode()
    assert "We promised an answer by" in page and "Tue 8 Dec" in page
    safety.close_report(by=broker, report=report, outcome="Spoke with him")
    assert not any(list(reports_open(on(day))) for day in (7, 8, 9, 16))


def test_whoever_it_is_about_is_never_reminded_and_administrators_are_where_no_broker_may_read_it():
    subject, admin = make_staff("broker"), make_staff("administrator")
    a_report(about=subject)
    assert [due.user for due in reports_open(on(8))] == [admin]
    other = make_staff("broker")
    assert [due.user for due in reports_open(on(8))] == [other]


def test_of_a_report_about_everybody_who_could_read_it_nobody_is_reminded():
    both = make_staff("broker", "administrator")
    a_report(about=both)
    assert not list(reports_open(on(9)))


def test_those_reminded_are_those_whom_the_list_shows_it_to():
    subject, staff = make_staff("broker"), [make_staff("broker"), make_staff("administrator"), make_user()]
    a_report(about=subject)
    reminded = {due.user for due in reports_open(on(9))}
    everybody = [subject, *staff]
    assert reminded == {user for user in everybody if Report.objects.visible_to(user).exists()} == {staff[0]}
