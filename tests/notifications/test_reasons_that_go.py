"""Every reminder whose reason goes between its writing and its leaving stays behind, tried with the action that takes the
reason away. Those in WITHOUT have no scenario here yet: of them only that nothing is sent for an occasion that never was
(`test_reminders_in_time.py`) is shown."""

import datetime as dt
from functools import partial

import pytest
import time_machine
from django.utils import timezone

from accelerator.actions import apply, checkins, evidence, review
from accelerator.models import Innovation
from goals import actions as goals
from notifications import actions, reminders
from notifications.calendar import at_london
from notifications.models import InboxItem, OutboxMessage
from tests.accelerator.factories import a_full_draft, a_manager, a_person, a_reviewer, an_application, an_assignment
from tests.accelerator.innovations.factories import an_innovation, evidence_for, first, in_state, lead_of
from tests.goals.factories import member, sign_up
from tests.timebank.factories import a_broker, a_dispute, a_proposal, an_agreement, record
from timebank.actions import calling_off, disputes, exchanges
from timebank.models import Policy

pytestmark = pytest.mark.django_db
DAY, NOON = dt.timedelta(days=1), dt.time(12)

WITHOUT = {
    "application-not-sent", "call-open", "case_unread", "case_unread_administrators", "data_complaint",
    "outreach_poster_silent", "report_open", "review-overdue", "timebank.group_register", "timebank.group_soon",
    "timebank.leaving_the_board", "timebank.say_what_happened",
}  # fmt: skip


def in_days(days):
    return timezone.now() + days * DAY


# --- Each gives who is reminded, when, and the action that takes the reason away. ---


def a_draft_that_is_sent():
    draft = a_full_draft()
    return draft.lead, draft.closes - DAY, partial(apply.submit, by=draft.lead, application=draft)


def an_answer_that_nobody_waits_for():
    application = an_application()
    return application.lead, in_days(15), partial(apply.withdraw, by=application.lead, application=application)


def a_wave_that_gets_a_manager():
    an_application(a_manager())
    return a_person("Ida Administrator", role="administrator"), in_days(1), partial(a_manager, "Brought In")


def a_review_that_is_given_back():
    given = an_assignment(an_application(), a_reviewer())
    return given.reviewer, given.phase.ends - DAY, partial(review.hand_back, by=given.reviewer, assignment=given)


def a_milestone_that_is_sent_in(days):
    milestone = first(an_innovation())
    return lead_of(milestone.innovation), at_london(milestone.end + days * DAY, NOON), partial(evidence_for, milestone)


def evidence_that_is_answered():
    milestone = in_state("returned")
    return lead_of(milestone.innovation), in_days(8), partial(evidence_for, milestone)


def evidence_that_is_read():
    milestone = in_state("submitted")
    manager = milestone.innovation.manager
    return manager, in_days(15), partial(evidence.accept, by=manager, submission=milestone.submissions.get())


def a_check_in_that_is_made():
    innovation = an_innovation(weeks_in=3)
    Innovation.objects.filter(pk=innovation.pk).update(created_at=in_days(-20))  # the database's clock does not travel
    lead = lead_of(innovation)
    return (
        lead,
        timezone.now(),
        partial(checkins.check_in, by=lead, innovation=innovation, progress="A lot", confidence=4),
    )


def a_goal_that_is_assessed():
    mine = sign_up(member(), weeks_ago=3)
    return mine.user, timezone.now(), partial(goals.assess, by=mine.user, sign_up=mine, level=0)


def a_proposal_that_is_declined():
    proposal = a_proposal()
    return proposal.provider, in_days(4), partial(exchanges.decline, by=proposal.provider, exchange=proposal)


def hours_that_are_confirmed():
    exchange = an_agreement()
    record(exchange, exchange.provider, 60)
    return exchange.receiver, in_days(4), partial(record, exchange, exchange.receiver, 60)


def a_meeting_that_is_called_off():
    exchange = an_agreement(starts_at=in_days(5))
    return exchange.provider, in_days(4.5), partial(calling_off.cancel, by=exchange.receiver, exchange=exchange)


def hours_that_are_recorded():
    exchange = an_agreement(starts_at=in_days(5))
    return exchange.provider, in_days(6.5), partial(record, exchange, exchange.receiver, 60)


def a_charge_that_is_waived():
    broker = a_broker()
    Policy.objects.update(charge_late=True)
    exchange = an_agreement(starts_at=in_days(0.1))
    calling_off.cancel(by=exchange.receiver, exchange=exchange)
    return broker, in_days(1.1), partial(calling_off.waive, by=exchange.provider, exchange=exchange)


def a_dispute_that_is_decided():
    asked, decider = a_broker(), a_broker("Second Broker")
    case = a_dispute(heard=True)
    decide = partial(disputes.decide, by=decider, exchange=case, decision="settle", note="So be it.")
    return asked, in_days(1), decide


SCENARIOS = {
    "application-draft": a_draft_that_is_sent,
    "application-waiting": an_answer_that_nobody_waits_for,
    "selection-needs-somebody": a_wave_that_gets_a_manager,
    "review-due": a_review_that_is_given_back,
    "milestone-due": partial(a_milestone_that_is_sent_in, 0),
    "milestone-overdue": partial(a_milestone_that_is_sent_in, 2),
    "evidence-returned": evidence_that_is_answered,
    "evidence-unread": evidence_that_is_read,
    "checkin-due": a_check_in_that_is_made,
    "goal_due": a_goal_that_is_assessed,
    "timebank.unanswered": a_proposal_that_is_declined,
    "timebank.confirm_hours": hours_that_are_confirmed,
    "timebank.tomorrow": a_meeting_that_is_called_off,
    "timebank.record_hours": hours_that_are_recorded,
    "timebank.decide_claims": a_charge_that_is_waived,
    "timebank.decide_disputes": a_dispute_that_is_decided,
}


def test_every_reminder_has_a_scenario_or_says_that_it_has_none():
    slugs = {reminder.slug for reminder in reminders.every()}
    assert not set(SCENARIOS) & WITHOUT
    assert set(SCENARIOS) | WITHOUT == slugs


@pytest.mark.parametrize("slug", SCENARIOS)
def test_a_reminder_whose_reason_goes_before_it_leaves_stays_behind(slug):
    user, at, goes = SCENARIOS[slug]()
    reminder = next(one for one in reminders.every() if one.slug == slug)
    with time_machine.travel(at, tick=False):
        rows = [row if isinstance(row, reminders.Due) else reminders.Due(*row) for row in reminder.due(at)]
        for row in rows:
            reminders._say(reminder, reminders._key(reminder, row), row, at)
        message = OutboxMessage.objects.get(user=user, reminder=slug)
        assert InboxItem.objects.filter(user=user, key=message.key).exists()
        assert actions._still_holds(message, at), "its reason is there"
        goes()
        assert not actions._still_holds(message, at), "its reason has gone"
    message.refresh_from_db()
    assert message.state == "gone" and message.sent_at is None
    assert not InboxItem.objects.filter(user=user, key=message.key).exists()
