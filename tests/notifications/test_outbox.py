import datetime as dt
import smtplib
import threading

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from notifications import actions, mailer
from notifications.models import InboxItem, OutboxMessage, Preference
from notifications.tasks import send_messages
from tests.notifications.factories import letter, person
from tests.people.factories import pause
from ui.errors import Invalid, Missing, NotAllowed

State = OutboxMessage.State


def test_a_message_is_owed_by_e_mail_and_in_the_app(db):
    ada = person()
    message = letter(ada, subject="Your poster\r\nis up")
    assert (message.state, message.subject) == ("queued", "Your poster is up")
    assert actions.send(message.pk)
    (sent,) = mail.outbox
    assert sent.to == [ada.email]
    assert "Hello Ada Lovelace," in sent.body and "The poster is up." in sent.body
    assert sent.extra_headers["Message-ID"] == message.message_id
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    message.refresh_from_db()
    assert message.state == "sent" and message.sent_at and message.attempts == 1
    assert InboxItem.objects.get(user=ada).text.startswith("The poster is up.")


def test_a_second_send_of_the_same_row_sends_nothing(db):
    message = letter(person())
    assert actions.send(message.pk)
    assert not actions.send(message.pk)
    assert len(mail.outbox) == 1


def test_the_same_key_to_the_same_person_is_one_message_but_each_person_gets_theirs(db):
    ada, ben = person(), person("Ben")
    assert letter(ada, key="x") == letter(ada, key="x") != letter(ben, key="x")
    assert OutboxMessage.objects.count() == 2
    first = letter(to_email="Someone@Example.org", key="x")
    assert letter(to_email="someone@example.org ", key="x") == first


@pytest.mark.parametrize(
    "broken",
    [
        {"user": None, "to_email": ""},
        {"to_email": "both@example.org"},
        {"state": "sent"},
        {"state": "sending"},
        {"state": "folded"},
        {"purged_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)},
        {"sent_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)},
    ],
)
def test_the_database_refuses_rows_that_make_no_sense(db, broken):
    message = letter(person())
    with pytest.raises(IntegrityError), transaction.atomic():
        OutboxMessage.objects.filter(pk=message.pk).update(**broken)


def test_the_database_refuses_a_second_row_with_the_same_key(db):
    message = letter(person(), key="x")
    message.pk, message.message_id = None, mailer.new_message_id()
    with pytest.raises(IntegrityError), transaction.atomic():
        message.save(force_insert=True)


def test_who_has_switched_a_kind_off_gets_no_e_mail_but_finds_it_in_the_app(db):
    ada = person()
    actions.set_preference(by=ada, kind="test_news", how="off")
    message = letter(ada)
    assert message.state == "dropped"
    assert not actions.send(message.pk)
    assert InboxItem.objects.filter(user=ada).count() == 1 and not mail.outbox


def test_what_concerns_safety_cannot_be_switched_off(db):
    ada = person()
    with pytest.raises(Invalid, match="your safety"):
        actions.set_preference(by=ada, kind="test_firm", how="off")
    with pytest.raises(Missing):
        actions.set_preference(by=ada, kind="nonsense", how="off")
    with pytest.raises(Invalid):
        actions.set_preference(by=ada, kind="test_news", how="sometimes")
    assert letter(ada, kind="test_firm").state == "queued"
    assert not Preference.objects.exists()


def test_a_person_without_an_address_still_has_the_message(db):
    from people.models import User

    broker_made = User.objects.create_user(None, name="Nan")
    assert letter(broker_made).state == "dropped"
    assert InboxItem.objects.filter(user=broker_made).exists()


def test_somebody_suspended_after_it_was_written_is_not_written_to(db):
    ada = person()
    message = letter(ada)
    pause(ada)
    OutboxMessage.objects.exclude(pk=message.pk).delete()
    mail.outbox.clear()
    assert not actions.send(message.pk)
    message.refresh_from_db()
    assert message.state == "dropped" and not mail.outbox


class RefusingBackend:
    """A provider that fails in the way a test wants; stands where EMAIL_BACKEND names it."""

    error: Exception = smtplib.SMTPServerDisconnected("gone")

    def __init__(self, **options):
        pass

    def send_messages(self, messages):
        raise self.error


def test_a_provider_that_is_down_is_tried_again_later_and_at_last_given_up(db, settings):
    settings.EMAIL_BACKEND = "tests.notifications.test_outbox.RefusingBackend"
    message = letter(person())
    for attempt in range(1, 7):
        OutboxMessage.objects.filter(pk=message.pk).update(not_before=timezone.now())
        actions.send(message.pk)
        message.refresh_from_db()
        assert message.attempts == attempt
        assert message.state == ("failed" if attempt == 6 else "queued")
    assert message.last_error == "SMTPServerDisconnected"
    assert message.pk not in actions.sweep()


def test_what_waits_for_its_next_try_is_not_swept_too_early(db, settings):
    settings.EMAIL_BACKEND = "tests.notifications.test_outbox.RefusingBackend"
    message = letter(person())
    actions.send(message.pk)
    assert actions.sweep() == []
    assert actions.sweep(now=timezone.now() + dt.timedelta(minutes=2)) == [message.pk]


def test_a_row_found_sending_after_ten_minutes_is_uncertain_counted_and_sent_with_the_same_message_id(db):
    message = letter(person())
    claimed = actions.claim(message.pk)  # and here the worker dies
    assert claimed.state == "sending"
    assert actions.sweep(now=timezone.now() + dt.timedelta(minutes=9)) == []
    assert not actions.send(message.pk)
    assert actions.sweep(now=timezone.now() + dt.timedelta(minutes=11)) == [message.pk]
    message.refresh_from_db()
    assert (message.state, message.uncertain_count) == ("uncertain", 1)
    assert actions.send(message.pk)
    assert mail.outbox[0].extra_headers["Message-ID"] == message.message_id
    message.refresh_from_db()
    assert (message.state, message.attempts) == ("sent", 2)


def test_only_an_administrator_sends_a_failed_message_again_and_a_second_click_is_harmless(db):
    from people.models import RoleGrant

    ada, root = person(), person("Root")
    message = letter(ada)
    OutboxMessage.objects.filter(pk=message.pk).update(state="failed", attempts=6)
    with pytest.raises(NotAllowed):
        actions.retry(by=ada, message_id=message.pk)
    RoleGrant.objects.create(user=root, role="administrator", reason="Test")
    actions.retry(by=root, message_id=message.pk)
    assert actions.send(message.pk)
    actions.retry(by=root, message_id=message.pk)
    assert not actions.send(message.pk)
    assert len(mail.outbox) == 1


def test_bodies_are_emptied_after_ninety_days_and_not_before(db):
    old, young = letter(person()), letter(person())
    for message in (old, young):
        actions.send(message.pk)
    OutboxMessage.objects.filter(pk=old.pk).update(created_at=timezone.now() - dt.timedelta(days=91))
    assert old.text
    assert actions.purge_bodies() == 1
    old.refresh_from_db()
    young.refresh_from_db()
    assert old.text == "" and old.purged_at and old.state == "sent"
    assert young.text
    assert actions.purge_bodies() == 0


def test_closing_an_account_empties_what_was_written_to_it(db):
    ada, ben = person(), person("Ben")
    message, other = letter(ada), letter(ben)
    actions.close_account(ada, ada)
    message.refresh_from_db()
    other.refresh_from_db()
    assert (message.text, message.subject, message.state) == ("", "", "dropped")
    assert not InboxItem.objects.filter(user=ada).exists()
    assert other.text and InboxItem.objects.filter(user=ben).exists()


def test_a_rolled_back_transaction_owes_nothing(db, django_capture_on_commit_callbacks):
    ada = person()
    with django_capture_on_commit_callbacks() as callbacks:
        try:
            with transaction.atomic():
                letter(ada)
                raise RuntimeError
        except RuntimeError:
            pass
    assert callbacks == [] and not OutboxMessage.objects.exists()


def test_everybody_who_is_told_at_once_is_handed_to_the_worker_in_one_message(db, django_capture_on_commit_callbacks):
    people = [person() for _n in range(30)]
    with django_capture_on_commit_callbacks() as callbacks:
        messages = actions.notify_each(
            people=people, kind="test_news", key="all", subject="News", template="notifications/sample"
        )
    assert len(callbacks) == 1
    rows = list(actions.in_rows([message.pk for message in messages]))
    assert [len(row) for row in rows] == [25, 5]
    send_messages(rows[0])
    assert [sent.to for sent in mail.outbox] == [[one.email] for one in people[:25]]


def test_what_somebody_wrote_cannot_become_markup_in_a_mail(db):
    ada = person("<b>Ada</b>")
    assert actions.send(letter(ada, subject="<script>alert(1)</script>").pk)
    [sent] = mail.outbox
    [(html, _type)] = sent.alternatives
    assert "<script>" not in html and "<b>Ada</b>" not in html
    assert "&lt;script&gt;" in html
    assert "<b>Ada</b>" in sent.body  # text is text


def test_sign_in_codes_are_sent_at_once_and_kept_nowhere(db):
    mailer.send_now(
        to_email="a@example.org",
        subject="123456 is your code",
        template="notifications/sample",
        context={"what": "Type it in."},
        large="123456",
    )
    assert "123456" in mail.outbox[0].body
    assert not OutboxMessage.objects.exists() and not InboxItem.objects.exists()


def test_eight_at_once_with_the_same_key_make_one_message(real_db):
    ada = person()
    barrier, ids = threading.Barrier(8), []

    def one() -> None:
        barrier.wait()
        try:
            ids.append(letter(ada, key="same").pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(ids) == 8 and len(set(ids)) == 1
    assert OutboxMessage.objects.count() == InboxItem.objects.count() == 1


def test_eight_workers_on_one_message_send_it_once(real_db):
    message = letter(person())
    barrier, sent = threading.Barrier(8), []

    def one() -> None:
        barrier.wait()
        try:
            sent.append(actions.send(message.pk))
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sent.count(True) == 1 and len(mail.outbox) == 1
