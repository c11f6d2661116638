import datetime as dt

import pytest
import time_machine
from django.db import connection

from notifications import actions, reminders
from notifications.models import InboxItem, OutboxMessage, ReminderSent
from notifications.reminders import Due, Reminder
from tests.notifications.factories import london, person
from ui.errors import Invalid

MONDAY = london(2026, 11, 23, 9)


@pytest.fixture
def register(monkeypatch):
    """Registers reminders for one test only."""
    monkeypatch.setattr(reminders, "_reminders", {})

    def add(slug, due, kind="test_news", **more):
        reminders.register(Reminder(slug, kind, due, "notifications/sample", "About %(what)s", **more))

    return add


def due(user, key="one", what="your draft", **more):
    """A query that yields one row, whatever the time."""
    return lambda now: [Due(user, key, {"what": what}, "/inbox/", **more)]


def test_a_reminder_is_given_once_over_many_sweeps(db, register):
    ada = person()
    register("draft", due(ada))
    assert reminders.sweep(now=MONDAY) == 1
    assert reminders.sweep(now=MONDAY) == 0
    assert reminders.sweep(now=MONDAY + dt.timedelta(days=3)) == 0
    message = OutboxMessage.objects.get()
    assert (message.subject, message.state, message.pace) == ("About your draft", "queued", "reminder")
    assert ReminderSent.objects.get().key == f"draft:{ada.pk}:one"


def test_the_same_occasion_goes_to_each_person(db, register):
    ada, ben = person(), person("Ben")
    register("draft", lambda now: [(ada, "one", {"what": "it"}, "/inbox/"), (ben, "one", {"what": "it"}, "/inbox/")])
    assert reminders.sweep(now=MONDAY) == 2


def test_nobody_is_reminded_at_night_and_what_was_missed_is_caught_up_in_the_morning(db, register):
    register("draft", due(person()))
    assert reminders.sweep(now=london(2026, 11, 23, 20, 0)) == 0
    assert reminders.sweep(now=london(2026, 11, 24, 7, 59)) == 0
    assert reminders.sweep(now=london(2026, 11, 24, 8, 0)) == 1


def test_the_night_is_londons_in_summer_too(db, register):
    register("draft", due(person()))
    assert reminders.sweep(now=dt.datetime(2026, 7, 1, 6, 59, tzinfo=dt.UTC)) == 0
    assert reminders.sweep(now=dt.datetime(2026, 7, 1, 7, 0, tzinfo=dt.UTC)) == 1


def test_who_works_nights_is_reminded_in_their_own_hours(db, register):
    ada = person()
    with pytest.raises(Invalid):
        actions.set_quiet_hours(by=ada, starts=dt.time(9), ends=dt.time(9))
    actions.set_quiet_hours(by=ada, starts=dt.time(8), ends=dt.time(18))
    register("draft", due(ada))
    assert reminders.sweep(now=MONDAY) == 0
    assert reminders.sweep(now=london(2026, 11, 23, 21)) == 1


def test_a_working_day_reminder_waits_for_the_nations_next_working_day(db, register):
    register("poster", due(person()), working_days=True)
    register("scots", due(person(), nation="SCT"), working_days=True)
    assert reminders.sweep(now=london(2026, 11, 28, 12)) == 0  # a Saturday
    assert reminders.sweep(now=london(2026, 11, 30, 12)) == 1  # Saint Andrew's Day
    assert reminders.sweep(now=london(2026, 12, 1, 12)) == 1


def test_an_offset_reminder_comes_at_each_offset_and_stops_at_the_date(db, register):
    ada, close = person(), dt.date(2026, 11, 30)

    def before_close(now):
        offset = reminders.offset_in_force(close, (7, 2, 1), now)
        return [] if offset is None else [Due(ada, f"{offset} before", {"what": f"{offset} days"})]

    register("close", before_close, kind="test_money")
    days = [day for day in range(18, 35) if reminders.sweep(now=london(2026, 11, 1, 12) + dt.timedelta(days=day - 1))]
    assert days == [23, 28, 29]


def test_an_overdue_reminder_repeats_weekly_until_it_is_done(db, register):
    ada, date = person(), dt.date(2026, 11, 2)

    def overdue(now):
        week = reminders.weeks_overdue(date, now)
        return [Due(ada, f"week {week}", {"what": "it"})] if week and now < london(2026, 11, 20) else []

    register("overdue", overdue, kind="test_money")
    days = [day for day in range(1, 31) if reminders.sweep(now=london(2026, 11, day, 12))]
    assert days == [3, 10, 17]


def test_a_weekly_reminder_comes_once_in_each_london_week(db, register):
    ada = person()
    register("weekly", lambda now: [Due(ada, reminders.week_of(now), {"what": "it"})], kind="test_money")
    days = [day for day in range(2, 17) if reminders.sweep(now=london(2026, 11, day, 12))]
    assert days == [2, 9, 16]


def test_what_is_due_together_comes_in_one_e_mail(db, register):
    ada = person()
    for slug in ("draft", "goal", "poster"):
        register(slug, due(ada, what=slug))
    assert reminders.sweep(now=MONDAY) == 3
    digest = OutboxMessage.objects.get(kind="digest")
    assert digest.subject == "3 things wait for you" and digest.state == "queued"
    assert all(f"About {slug}" in digest.text for slug in ("draft", "goal", "poster"))
    assert digest.parts.count() == 3 and not OutboxMessage.objects.filter(state="waiting").exists()
    assert InboxItem.objects.filter(user=ada).count() == 3


def test_three_weeks_of_daily_reminders_make_at_most_two_e_mails_in_any_seven_days(db, register):
    ada = person()
    register("daily", lambda now: [Due(ada, f"{now:%F}", {"what": f"{now:%F}"})])
    now, sent = MONDAY, []
    while now < MONDAY + dt.timedelta(days=21):
        reminders.sweep(now=now)
        now += dt.timedelta(hours=1)
    sent = sorted(OutboxMessage.objects.filter(released_at__isnull=False).values_list("released_at", flat=True))
    assert 5 <= len(sent) <= 6
    for start in sent:
        assert len([at for at in sent if start <= at < start + dt.timedelta(days=7)]) <= 2
    assert OutboxMessage.objects.filter(kind="test_news").count() == 22


def test_money_time_and_safety_are_never_folded(db, register):
    ada = person()
    register("draft", due(ada))
    register("hours", due(ada, what="your hours"), kind="test_money")
    register("safety", due(ada, what="your safety"), kind="test_firm")
    reminders.sweep(now=MONDAY)
    reminders.sweep(now=MONDAY + dt.timedelta(minutes=5))
    assert OutboxMessage.objects.filter(state="queued").count() == 3
    assert set(OutboxMessage.objects.values_list("pace", flat=True)) == {"reminder", "at_once"}


def test_a_daily_digest_leaves_at_eight_and_a_weekly_one_on_monday(db):
    from tests.notifications.factories import letter

    ada, ben = person(), person("Ben")
    actions.set_preference(by=ada, kind="test_news", how="daily")
    actions.set_preference(by=ben, kind="test_news", how="weekly")
    for _n in range(2):
        letter(ada, now=MONDAY)
        letter(ben, now=MONDAY)
    assert actions.release_waiting(now=london(2026, 11, 23, 19)) == 0
    assert actions.release_waiting(now=london(2026, 11, 24, 7, 59)) == 0
    assert actions.release_waiting(now=london(2026, 11, 24, 8)) == 1
    assert actions.release_waiting(now=london(2026, 11, 29, 12)) == 0
    assert actions.release_waiting(now=london(2026, 11, 30, 8)) == 1
    assert OutboxMessage.objects.filter(kind="digest").count() == 2


def test_what_goes_into_a_calendar_never_waits_for_a_digest(db):
    from tests.notifications.factories import letter

    ada = person()
    actions.set_preference(by=ada, kind="test_news", how="weekly")
    letter(ada, now=MONDAY)
    invited = letter(ada, now=MONDAY, calendar=lambda user: "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR")
    assert (invited.pace, invited.state) == ("at_once", "queued")
    actions.set_preference(by=ada, kind="test_news", how="off")
    unwanted = letter(ada, now=MONDAY, calendar=lambda user: "BEGIN:VCALENDAR\r\nEND:VCALENDAR")
    assert unwanted.state == "dropped"


def test_switching_a_kind_off_drops_what_was_waiting(db):
    from tests.notifications.factories import letter

    ada = person()
    actions.set_preference(by=ada, kind="test_news", how="weekly")
    message = letter(ada, now=MONDAY)
    actions.set_preference(by=ada, kind="test_news", how="off")
    message.refresh_from_db()
    assert message.state == "dropped"
    assert actions.release_waiting(now=london(2026, 12, 7, 9)) == 0


def test_a_reminder_whose_query_breaks_does_not_stop_the_others(db, register, caplog):
    def broken(now):
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM no_such_table")

    register("a_broken", broken)
    register("b_fine", due(person()))
    assert reminders.sweep(now=MONDAY) == 1
    assert "a_broken failed" in caplog.text


def test_the_sweep_goes_by_the_clock_of_the_day(db, register):
    register("draft", due(person()))
    with time_machine.travel(london(2026, 10, 25, 7, 30), tick=False):  # the morning the clocks went back
        assert reminders.sweep() == 0
    with time_machine.travel(london(2026, 10, 25, 8, 0), tick=False):
        assert reminders.sweep() == 1


def test_two_reminders_may_not_share_a_name(register):
    register("draft", due(None))
    with pytest.raises(ValueError, match="draft"):
        register("draft", due(None))
