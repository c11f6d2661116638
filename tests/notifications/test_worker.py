"""The outbox with a real Celery worker and beat on the real broker, and real processes that are really killed."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from notifications.models import CaughtMail, OutboxMessage
from tests.live import wait_until
from tests.notifications.factories import letter, person

SLOW_WORKER = """
import os, sys, time
import django
django.setup()
from notifications import actions, mailer
real = mailer.deliver
def deliver(**mail):
    real(**mail) if sys.argv[2] == "after" else None
    print("provider", flush=True)
    time.sleep(60)
mailer.deliver = deliver
from tests.notifications import factories
actions.send(sys.argv[1])
"""


def killed_while_sending(real_db, message, moment: str) -> None:
    """Sends in a process of its own, which is killed with the provider in hand: before or after it took the mail."""
    environment = os.environ | {
        "DATABASE_URL": real_db.url,
        "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"],
    }
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW_WORKER, str(message.pk), moment], stdout=subprocess.PIPE, env=environment
    )
    assert process.stdout.readline() == b"provider\n"
    process.send_signal(signal.SIGKILL)
    process.wait()


def ten_minutes_later(message) -> None:
    OutboxMessage.objects.filter(pk=message.pk).update(claimed_at=timezone.now() - timedelta(minutes=11))


def state(message) -> str:
    return OutboxMessage.objects.values_list("state", flat=True).get(pk=message.pk)


def test_a_message_goes_out_once_after_the_commit_and_a_left_one_is_swept_up(real_db, worker):
    ada = person()
    with transaction.atomic():
        told = letter(ada, kind="digest", subject="Told")
        time.sleep(0.5)
        assert not CaughtMail.objects.exists()
    left = letter(ada, kind="digest", subject="Left behind")
    wait_until(lambda: state(told) == state(left) == "sent", what="both mails")
    from notifications.tasks import send_messages, sweep_outbox

    for _n in range(3):
        send_messages.delay([str(told.pk)])
        sweep_outbox.delay()
    later = letter(ada, kind="digest", subject="Last in the queue")
    wait_until(lambda: state(later) == "sent", what="the last mail")
    assert sorted(CaughtMail.objects.values_list("subject", flat=True)) == ["Last in the queue", "Left behind", "Told"]


def test_what_was_never_enqueued_is_found_by_the_sweep(real_db, worker):
    with transaction.atomic():
        message = letter(person(), kind="digest")
        transaction.get_connection().run_on_commit = []  # as if the broker had been away
    assert state(message) == "queued"
    from notifications.tasks import sweep_outbox

    sweep_outbox.delay()
    wait_until(lambda: state(message) == "sent", what="the swept mail")
    assert CaughtMail.objects.count() == 1


def test_a_worker_killed_before_the_provider_took_it_leaves_a_mail_that_is_sent_later(real_db):
    from notifications import actions

    message = letter(person(), kind="digest")
    killed_while_sending(real_db, message, "before")
    assert state(message) == "sending" and not CaughtMail.objects.exists()
    ten_minutes_later(message)
    assert actions.sweep() == [message.pk]
    assert state(message) == "uncertain"


def test_a_worker_killed_after_the_provider_took_it_sends_a_rare_duplicate_with_the_same_message_id(real_db, request):
    message = letter(person(), kind="digest", key="waits")
    killed_while_sending(real_db, message, "after")
    assert state(message) == "sending" and CaughtMail.objects.count() == 1
    ten_minutes_later(message)
    request.getfixturevalue("worker")  # only now, or its sweep takes the message before the process that is killed
    from notifications.tasks import sweep_outbox

    sweep_outbox.delay()
    wait_until(lambda: state(message) == "sent", what="the second mail")
    message.refresh_from_db()
    assert message.uncertain_count == 1
    assert [mail.headers["Message-ID"] for mail in CaughtMail.objects.all()] == [message.message_id] * 2
