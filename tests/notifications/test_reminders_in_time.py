"""A reminder comes before its date, and never after its reason has gone."""

import datetime as dt

import pytest
import time_machine

from accelerator.actions import apply
from notifications import actions, reminders, rules
from notifications.models import InboxItem, OutboxMessage
from notifications.reminders import Due, Reminder, every
from tests.accelerator.factories import a_full_draft, a_wave
from tests.notifications.factories import london, person

pytestmark = pytest.mark.django_db
MONDAY = london(2026, 11, 23, 9)
DAY = dt.timedelta(days=1)


@pytest.fixture
def occasions(monkeypatch):
    """A reminder of one test, which yields what stands in the list."""
    standing = []
    monkeypatch.setattr(reminders, "_reminders", {})
    reminders.register(
        Reminder("draft", "test_news", lambda now: list(standing), "notifications/sample", "About %(what)s")
    )
    return standing


def due(user, key="one", **more):
    return Due(user, key, {"what": key}, "/inbox/", **more)


def states(user):
    rows = OutboxMessage.objects.filter(user=user).exclude(kind="digest").order_by("created_at", "id")
    return list(rows.values_list("subject", "state"))


def test_within_72_hours_of_its_date_a_reminder_does_not_wait_for_the_next_e_mail(occasions):
    ada = person()
    occasions.append(due(ada, "the first"))
    reminders.sweep(now=MONDAY)
    occasions.append(due(ada, "the last", deadline=MONDAY + 2 * DAY))
    occasions.append(due(ada, "in a week", deadline=MONDAY + 9 * DAY))
    occasions.append(due(ada, "over", deadline=MONDAY - DAY))
    reminders.sweep(now=MONDAY + dt.timedelta(minutes=5))
    assert states(ada) == [
        ("About the first", "queued"), ("About the last", "queued"), ("About in a week", "waiting"), ("About over", "waiting"),
    ]  # fmt: skip


def test_a_digest_that_would_come_after_the_date_is_not_waited_for(occasions):
    ada = person()
    actions.set_preference(by=ada, kind="test_news", how="weekly")
    occasions.append(due(ada, "on Friday", deadline=MONDAY + 4 * DAY))
    occasions.append(due(ada, "next month", deadline=MONDAY + 30 * DAY))
    reminders.sweep(now=MONDAY)
    assert states(ada) == [("About on Friday", "queued"), ("About next month", "waiting")]


@pytest.mark.parametrize("how", ["at_once", "daily", "weekly"])
def test_what_waits_is_asked_again_and_goes_line_by_line(occasions, how):
    ada = person()
    actions.set_preference(by=ada, kind="test_news", how=how)
    occasions.append(due(ada, "the first"))
    reminders.sweep(now=MONDAY - DAY)
    actions.release_waiting(now=MONDAY)  # whatever the pace, it has gone by now
    occasions[:] = [due(ada, "done since"), due(ada, "holds")]
    reminders.sweep(now=MONDAY + dt.timedelta(minutes=5))
    assert states(ada)[1:] == [("About done since", "waiting"), ("About holds", "waiting")]
    occasions.pop(0)
    assert actions.release_waiting(now=MONDAY + 8 * DAY) == 1
    assert states(ada)[1:] == [("About done since", "gone"), ("About holds", "queued")]
    assert OutboxMessage.objects.get(subject="About done since").sent_at is None
    inbox = InboxItem.objects.filter(user=ada).order_by("created_at", "id")
    assert list(inbox.values_list("subject", flat=True)) == ["About the first", "About holds"]


def test_what_somebody_has_opened_stays_in_their_inbox_when_its_reason_has_gone(occasions):
    ada, ben = person(), person()
    occasions[:] = [due(ada, "the first"), due(ben, "the first")]
    reminders.sweep(now=MONDAY)
    occasions[:] = [due(ada), due(ben)]
    reminders.sweep(now=MONDAY + DAY)
    actions.mark_read(by=ada, item_id=InboxItem.objects.get(user=ada, subject="About one").pk)
    occasions.clear()
    actions.release_waiting(now=MONDAY + 5 * DAY)
    assert states(ada)[1:] == states(ben)[1:] == [("About one", "gone")]
    assert list(InboxItem.objects.filter(subject="About one").values_list("user", flat=True)) == [ada.pk]


def test_where_nothing_of_it_holds_no_e_mail_leaves(occasions):
    ada = person()
    occasions.append(due(ada, "the first"))
    reminders.sweep(now=MONDAY)
    occasions[:] = [due(ada, "one"), due(ada, "two")]
    reminders.sweep(now=MONDAY + DAY)
    occasions.clear()
    assert actions.release_waiting(now=MONDAY + 5 * DAY) == 0
    assert states(ada)[1:] == [("About one", "gone"), ("About two", "gone")]
    assert not OutboxMessage.objects.filter(kind="digest").exists()


def test_a_digest_that_was_left_in_the_queue_is_asked_again_line_by_line(occasions):
    ada = person()
    occasions[:] = [due(ada, "one"), due(ada, "two"), due(ada, "three")]
    reminders.sweep(now=MONDAY)
    digest = OutboxMessage.objects.get(kind="digest")
    occasions.pop(0)
    with time_machine.travel(MONDAY + DAY, tick=False):
        assert actions._still_holds(digest, MONDAY + DAY)
    digest.refresh_from_db()
    assert digest.subject == "2 things wait for you" and "About one" not in digest.text and "About two" in digest.text
    occasions.clear()
    assert not actions._still_holds(digest, MONDAY + 2 * DAY)
    digest.refresh_from_db()
    assert digest.state == "gone"


def test_one_that_failed_to_leave_is_asked_again_before_the_next_try(occasions):
    ada = person()
    occasions.append(due(ada))
    reminders.sweep(now=MONDAY)
    [message] = OutboxMessage.objects.all()
    assert not reminders.Standing(MONDAY + DAY).gone(message)
    occasions.clear()
    assert not actions._still_holds(message, MONDAY + DAY)
    assert states(ada) == [("About one", "gone")]


def test_news_is_never_asked_again_and_a_query_that_breaks_holds_nothing_back(occasions, monkeypatch):
    ada = person()
    occasions.append(due(ada))
    reminders.sweep(now=MONDAY)
    occasions.append("no row at all")
    [message] = OutboxMessage.objects.all()
    assert not reminders.Standing(MONDAY).gone(message)
    assert not reminders.Standing(MONDAY).gone(OutboxMessage(user=ada, key="news"))


@pytest.mark.parametrize("slug", [reminder.slug for reminder in every()])
def test_every_reminder_of_the_platform_stays_behind_when_its_reason_has_gone(slug):
    reminder = next(one for one in every() if one.slug == slug)
    ada = person()
    message = actions.notify(
        to=ada, kind=reminder.kind, key=f"reminder:{slug}:an occasion", subject="x", template="notifications/sample",
        reminder=slug, now=MONDAY,
    )  # fmt: skip
    OutboxMessage.objects.filter(pk=message.pk).update(state="waiting", pace="reminder")
    assert actions.release_waiting(now=MONDAY + DAY) == 0, "nothing of it is there any more"
    message.refresh_from_db()
    assert message.state == "gone"


def test_a_draft_is_reminded_of_the_day_before_though_it_was_reminded_two_days_before_and_not_once_it_is_sent():
    wave = a_wave()
    closes = london(2027, 3, 5, 17)
    wave.call_opens, wave.call_closes = closes - 30 * DAY, closes
    wave.support_starts, wave.community_starts = (closes + 30 * DAY).date(), (closes + 120 * DAY).date()
    wave.evaluation_starts, wave.ends = (closes + 240 * DAY).date(), (closes + 330 * DAY).date()
    wave.save()
    with time_machine.travel(closes - 12 * DAY, tick=False) as clock:
        drafts = [a_full_draft(None, wave) for _ in range(2)]
        left = {}
        for days in (7, 2, 1):
            clock.move_to(closes - days * DAY - dt.timedelta(hours=5))
            reminders.sweep()
            left[days] = OutboxMessage.objects.filter(reminder="application-draft", state="queued").count()
            if days == 2:
                apply.submit(by=drafts[0].lead, application=drafts[0])
        assert left == {7: 2, 2: 4, 1: 5}, "each in time; the one that was sent in hears no more"
        stale = OutboxMessage.objects.filter(user=drafts[0].lead, reminder="application-draft").last()
        assert not actions._still_holds(stale, closes - DAY), "and what was left in the queue stays behind"
    assert dt.timedelta(hours=72) == rules.DEADLINE_NEAR
