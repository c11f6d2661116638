"""What the privacy page promises about this room is done, to old rows and to no others."""

import re
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from django.utils import timezone

from config.celery import app
from notifications.models import OutboxMessage
from notifications.tasks import purge_what_has_run_out
from people import queries
from people.actions import retention, safety
from people.models import CaseNote, DataComplaint, Report, SafeguardingCase, SignInCode, User
from tests.people.factories import make_staff, make_user, pause
from ui import registries

pytestmark = pytest.mark.django_db

NOW = timezone.now()
OLD, NEW = NOW - timedelta(days=6 * 366), NOW - timedelta(days=6 * 365 - 10)


def test_every_night_beat_does_what_the_privacy_page_says():
    tasks = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert "notifications.tasks.purge_what_has_run_out" in tasks
    words = Client().get("/privacy/").content.decode()
    for entry in registries.retention:
        assert str(entry.what) in words and str(entry.how_long) in words
    ama, broker = make_user(), make_staff("broker")
    told = safety.close_report(by=broker, report=safety.report(by=ama, about=make_user(), text="x"), outcome="Talked")
    Report.objects.filter(pk=told.pk).update(closed_at=OLD)
    SignInCode.objects.create(
        email="a@example.org",
        code_hash="0" * 64,
        token_hash="0" * 64,
        expires_at=NOW,
        created_at=NOW - timedelta(days=2),
    )
    purge_what_has_run_out()
    assert (Report.objects.count(), SignInCode.objects.count()) == (0, 0)


def test_reports_and_cases_go_six_years_after_they_were_closed_and_open_ones_never():
    ama, other, broker, lead = make_user(), make_user(), make_staff("broker"), make_staff("safeguarding_lead")
    for closed in (OLD, NEW):
        told = safety.report(by=ama, about=other, text="x")
        safety.close_report(by=broker, report=told, outcome=f"{closed:%Y}")
        Report.objects.filter(pk=told.pk).update(at=OLD, closed_at=closed)
        case = safety.open_case(by=ama, about=other, worry="other", text=f"{closed:%Y}")
        safety.add_note(by=lead, case=case, text="I rang", close=True)
        SafeguardingCase.objects.filter(pk=case.pk).update(at=OLD, closed_at=closed)
    safety.report(by=ama, about=other, text="still open")
    safety.open_case(by=ama, about=other, worry="other", text="still open")
    for model in (Report, SafeguardingCase):
        model.objects.open().update(at=OLD)
    assert retention.purge_safety(NOW) == 2
    assert set(Report.objects.values_list("outcome", flat=True)) == {f"{NEW:%Y}", ""}
    assert set(SafeguardingCase.objects.values_list("text", flat=True)) == {f"{NEW:%Y}", "still open"}
    assert set(CaseNote.objects.values_list("case__text", flat=True)) == {f"{NEW:%Y}"}
    assert retention.purge_safety(NOW) == 0


def test_complaints_go_six_years_after_the_answer_and_unanswered_ones_never():
    admin = make_staff("administrator")
    for closed in (OLD, NEW):
        DataComplaint.objects.create(
            email="x@example.org", text="x", received_at=OLD, closed_at=closed, closed_by=admin, outcome=f"{closed:%Y}"
        )
    DataComplaint.objects.create(email="x@example.org", text="x", received_at=OLD)
    assert retention.purge_complaints(NOW) == 1
    assert set(DataComplaint.objects.values_list("outcome", flat=True)) == {f"{NEW:%Y}", ""}


def last_seen(days, **fields):
    """Somebody who joined long ago and last signed in so many days ago."""
    seen = NOW - timedelta(days=days)
    return make_user(joined_at=NOW - timedelta(days=2000), last_login=seen, **fields)


def sent(user):
    """What the outbox owes this person, sent."""
    OutboxMessage.objects.filter(user=user).update(state="sent", sent_at=NOW)


def test_a_dormant_account_is_warned_once_and_closed_thirty_days_later():
    quiet, lively = last_seen(3 * 365 - 20), last_seen(900)
    never = make_user(joined_at=NOW - timedelta(days=3 * 365 - 20))
    for _night in range(2):
        assert retention.close_dormant(NOW) == 0
    assert set(OutboxMessage.objects.values_list("user", flat=True)) == {quiet.pk, never.pk}
    assert OutboxMessage.objects.count() == 2
    sent(quiet)
    assert retention.close_dormant(NOW + timedelta(days=29)) == 0
    assert retention.close_dormant(NOW + timedelta(days=31)) == 1
    assert User.objects.get(pk=quiet.pk).closed_at is not None
    assert not User.objects.filter(pk__in=[lively.pk, never.pk]).exclude(closed_at=None).exists()


def test_whoever_signs_in_after_the_warning_stays():
    quiet = last_seen(3 * 365 - 20)
    retention.close_dormant(NOW)
    sent(quiet)
    User.objects.filter(pk=quiet.pk).update(last_login=NOW + timedelta(days=3))
    assert retention.close_dormant(NOW + timedelta(days=60)) == 0
    assert User.objects.get(pk=quiet.pk).closed_at is None


def test_a_warning_that_never_left_closes_nothing():
    quiet = last_seen(4 * 365)
    retention.close_dormant(NOW)
    assert retention.close_dormant(NOW + timedelta(days=31)) == 0
    assert User.objects.get(pk=quiet.pk).closed_at is None


def test_nobody_without_an_email_address_or_with_a_paused_account_is_closed():
    last_seen(4 * 365, email=None)
    pause(last_seen(4 * 365))
    retention.close_dormant(NOW)
    assert not OutboxMessage.objects.filter(kind=retention.DORMANT).exists()
    assert retention.close_dormant(NOW + timedelta(days=60)) == 0


def test_the_last_administrator_keeps_a_dormant_account():
    admin = make_staff("administrator", joined_at=NOW - timedelta(days=4 * 365))
    retention.close_dormant(NOW)
    sent(admin)
    assert retention.close_dormant(NOW + timedelta(days=31)) == 0
    assert User.objects.get(pk=admin.pk).closed_at is None


def sign_in(client, user):
    """Signs in as people do: only then is anything kept about the session."""
    page = client.post("/sign-in/", {"email": user.email})["Location"]
    client.post(page, {"code": re.search(r"\b\d{6}\b", mail.outbox[-1].body)[0]})


def test_what_is_kept_of_a_session_goes_when_it_has_run_out_or_was_ended():
    ama = make_user()
    going_on, run_out, ended = Client(), Client(), Client()
    for client in (going_on, run_out, ended):
        sign_in(client, ama)
    assert UserSession.objects.filter(user=ama).count() == 3
    Session.objects.filter(pk=run_out.session.session_key).update(expire_date=NOW - timedelta(minutes=1))
    Session.objects.filter(pk=ended.session.session_key).delete()
    assert retention.purge_sessions() == 2
    assert UserSession.objects.get().session_key == Session.objects.get().session_key == going_on.session.session_key
    assert retention.purge_sessions() == 0


def test_where_one_is_signed_in_is_in_the_download_without_an_address():
    ama = make_user()
    sign_in(Client(REMOTE_ADDR="203.0.113.9", HTTP_USER_AGENT="Firefox"), ama)
    [session] = queries.my_data(ama)["where_you_are_signed_in"]
    assert set(session) == {"since", "browser"}
