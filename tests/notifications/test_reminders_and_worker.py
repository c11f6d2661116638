"""The last reminder of a draft, with a real Celery worker and beat on the real broker."""

import datetime as dt

import time_machine
from django.utils import timezone

from accelerator.actions import apply
from notifications import actions, reminders
from notifications.calendar import at_london, london
from notifications.models import CaughtMail, InboxItem, OutboxMessage
from tests.accelerator.factories import a_full_draft, a_wave
from tests.live import celery, wait_until

DAY = dt.timedelta(days=1)


def theirs(user):
    return OutboxMessage.objects.filter(user=user, reminder="application-draft").order_by("created_at", "id")


def in_daylight(user, now):
    """So that it is not this person's night, whatever the time of day is."""
    far = (london(now) + dt.timedelta(hours=12)).time().replace(minute=0, second=0, microsecond=0)
    actions.set_quiet_hours(by=user, starts=far, ends=far.replace(minute=1))


def states(user):
    return list(theirs(user).values_list("state", flat=True))


def test_a_drafts_last_reminder_leaves_before_the_close_after_two_this_week_and_none_whose_reason_has_gone(
    real_db, tmp_path
):
    now = timezone.now()
    today, clock_time = london(now).date(), london(now).time()
    closes = at_london(today + DAY, dt.time(17))
    wave = a_wave()
    wave.call_opens, wave.call_closes = closes - 30 * DAY, closes
    wave.save()
    with time_machine.travel(at_london(today - 10 * DAY, clock_time), tick=False) as clock:
        writing, queued = a_full_draft(None, wave), a_full_draft(None, wave)
        for draft in (writing, queued):
            in_daylight(draft.lead, now)
        clock.move_to(at_london(today - 6 * DAY, clock_time))
        reminders.sweep()
        actions.send(theirs(writing.lead).get().pk)
        clock.move_to(at_london(today - 3 * DAY, clock_time))
        digested = a_full_draft(None, wave)
        in_daylight(digested.lead, now)
        actions.set_preference(by=digested.lead, kind="application_draft", how="daily")
        clock.move_to(at_london(today - DAY, clock_time))
        reminders.sweep()
        actions.send(theirs(writing.lead).last().pk)
        for draft in (digested, queued):
            apply.submit(by=draft.lead, application=draft)
    assert states(writing.lead) == ["sent", "sent"], "two in this week"
    assert (states(digested.lead), states(queued.lead)) == (["waiting"], ["queued"] * 2)
    with celery(database_url=real_db.url, folder=tmp_path):
        wait_until(lambda: states(writing.lead) == ["sent"] * 3, what="the third reminder of the week")
        wait_until(lambda: {*states(digested.lead), *states(queued.lead)} == {"gone"}, what="the others to be put by")
    last = theirs(writing.lead).last()
    assert last.sent_at < closes
    assert CaughtMail.objects.filter(to=writing.lead.email, subject=last.subject).exists()
    for draft in (digested, queued):
        subject = theirs(draft.lead).last().subject
        assert not CaughtMail.objects.filter(to=draft.lead.email, subject=subject).exists()
        assert not InboxItem.objects.filter(user=draft.lead, subject=subject).exists(), "nor is it in their messages"
