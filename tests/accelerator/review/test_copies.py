"""The copies that reviewers open: every state has an action that leads there, and no worker's end loses or doubles one."""

import datetime as dt
import signal
import subprocess
import threading

import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from accelerator.actions import apply, copies, letters, quarantine, review
from accelerator.cleaning import run
from accelerator.models import Upload
from accelerator.queries.quarantine import asked_again
from notifications.models import OutboxMessage
from tests.accelerator.cleaning.leaky_files import docx, names_somebody
from tests.accelerator.factories import (
    a_decision,
    a_full_draft,
    a_manager,
    a_person,
    a_wave,
    an_application,
    an_assignment,
    an_upload,
)
from tests.matrix import make_client
from ui.errors import DomainError, NotAllowed

Safety = Upload.Safety
SOUND = b"ID3\x03" + b"\x00" * 60


def sent_with(name: str = "plan.docx", content: bytes | None = None, **more):
    """A sent application with a file, and the file."""
    draft = a_full_draft(a_person(), a_wave())
    upload = an_upload(draft, name, docx() if content is None else content, **more)
    return apply.submit(by=draft.lead, application=draft), upload


def told(kind: str) -> int:
    return OutboxMessage.objects.filter(kind=kind).count()


@pytest.mark.django_db
def test_a_file_waits_until_the_worker_has_made_its_copy_and_reviewers_get_that(django_capture_on_commit_callbacks):
    application, upload = sent_with(copied=False)
    manager, assignment = a_manager(), an_assignment(application)
    url = f"/reviews/{assignment.pk}/file/{upload.pk}/"
    page = make_client(manager).get(f"/selection/application/{application.pk}/").content.decode()
    assert "Copy is being made" in page
    with pytest.raises(DomainError, match="still being made"):
        review.clear_upload(by=manager, upload=upload)

    assert copies.make_copy(upload_id=upload.pk) == "clean"
    assert copies.make_copy(upload_id=upload.pk) == "", "a second message of the queue makes no second copy"

    shown = make_client(manager).get(f"/selection/application/{application.pk}/file/{upload.pk}/copy/")
    review.clear_upload(by=manager, upload=upload)
    got = make_client(assignment.reviewer).get(url)
    reviewers = b"".join(got.streaming_content)
    assert reviewers == b"".join(shown.streaming_content), "the manager cleared exactly this"
    assert not names_somebody(reviewers)
    assert got["Content-Disposition"] == f'attachment; filename="{application.reference}-1.pdf"'
    original = make_client(manager).get(f"/selection/application/{application.pk}/file/{upload.pk}/")
    assert names_somebody(b"".join(original.streaming_content)), "the original is the manager's"


@pytest.mark.django_db
def test_adding_a_file_asks_the_worker_once_it_is_committed(django_capture_on_commit_callbacks, monkeypatch):
    asked = []
    monkeypatch.setattr("accelerator.tasks.make_copy.delay", asked.append)
    with django_capture_on_commit_callbacks(execute=True):
        upload = an_upload(a_full_draft(a_person(), a_wave()), copied=False)
        assert asked == []
    assert asked == [str(upload.pk)]


@pytest.mark.django_db
def test_a_file_that_cannot_be_made_safe_is_the_managers_to_act_on():
    application, upload = sent_with("talk.mp3", SOUND, copied=False)
    manager, client = a_manager(), make_client(a_manager())
    assert copies.make_copy(upload_id=upload.pk) == "refused"
    upload.refresh_from_db()
    assert (upload.safety, upload.refused_because, upload.copy.name) == ("refused", "kind", "")
    assert told("file_refused") >= 1
    page = client.get(f"/selection/application/{application.pk}/").content.decode()
    assert all(
        words in page for words in ("Cannot be shown", "Try again", "Read the original", "Ask them for another file")
    )

    client.post(f"/selection/application/{application.pk}/file/{upload.pk}/try-again/")
    upload.refresh_from_db()
    assert (upload.safety, upload.tries) == ("waiting", 0)
    assert copies.try_again(by=manager, upload=upload).safety == "waiting", "a second click changes nothing"
    with pytest.raises(NotAllowed):
        copies.try_again(by=application.lead, upload=upload)


@pytest.mark.django_db
def test_a_draft_is_nothing_to_tell_managers_of_until_it_is_sent():
    a_manager()
    draft = a_full_draft(a_person(), a_wave())
    an_upload(draft, "talk.mp3", SOUND)
    assert told("file_refused") == 0
    page = make_client(draft.lead).get(reverse("accelerator:question", args=[draft.pk, "show"])).content.decode()
    assert "could not be made safe to show" in page and "Choose another if you can" in page
    apply.submit(by=draft.lead, application=draft)
    assert told("file_refused") == 1


@pytest.mark.django_db
def test_whoever_is_asked_for_another_file_may_send_it_although_the_application_has_gone_in():
    application, upload = sent_with("talk.mp3", SOUND)
    manager = a_manager()
    with pytest.raises(DomainError):
        an_upload(application)
    for _ in range(2):
        copies.ask_for_another(by=manager, upload=upload)
    assert told("file_asked_again") == 1 and asked_again(application) == {upload.question_id}
    fresh = an_upload(application)
    assert fresh.safety == "clean" and asked_again(application) == set()
    with pytest.raises(DomainError, match="sent, so its files"):
        an_upload(application)
    with pytest.raises(DomainError, match="taken away or replaced"):
        copies.ask_for_another(by=manager, upload=upload)


@pytest.mark.django_db
def test_nobody_is_asked_for_another_file_once_the_letter_has_gone():
    application, upload = sent_with("talk.mp3", SOUND)
    manager = a_manager()
    a_decision(application, "decline", manager)
    letters.edit_letter(by=manager, application=application, letter="Thank you.", signed_as="Mo Manager")
    letters.send_letters(by=manager, applications=[application])
    with pytest.raises(DomainError, match="not being read any more"):
        copies.ask_for_another(by=manager, upload=upload)


@pytest.mark.django_db
def test_a_worker_that_is_killed_over_and_over_ends_in_a_refusal(time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    _application, upload = sent_with(copied=False)
    for _ in range(copies.MOST_TRIES):
        assert copies._begin(upload.pk) is not None, "and then the worker is killed"
        assert copies.make_copy(upload_id=upload.pk) == "", "while it is at it, nobody else is"
        assert copies.left() == []
        time_machine.shift(copies.AN_ATTEMPT + dt.timedelta(minutes=5))
        assert copies.left() == [upload.pk], "beat finds it again"
    assert copies.make_copy(upload_id=upload.pk) == "refused"
    upload.refresh_from_db()
    assert upload.refused_because == "failed"


@pytest.mark.django_db
def test_a_file_that_is_gone_is_refused_and_its_page_says_so():
    application, upload = sent_with(copied=False)
    default_storage.delete(upload.file.name)
    assert copies.make_copy(upload_id=upload.pk) == "refused"
    gone = make_client(a_manager()).get(f"/selection/application/{application.pk}/file/{upload.pk}/")
    assert gone.status_code == 410 and "This file is not there any more." in gone.content.decode()


@pytest.mark.django_db
def test_what_is_taken_away_loses_its_copy_at_once_and_gets_a_new_one_when_it_is_given_back(
    django_capture_on_commit_callbacks,
):
    application, upload = sent_with()
    manager = a_manager()
    review.clear_upload(by=manager, upload=upload)
    copy = upload.copy.name
    assert default_storage.exists(copy)
    flagged = quarantine.flag(by=application.lead, application=application, question=upload.question)
    with django_capture_on_commit_callbacks(execute=True):
        quarantine.quarantine(by=manager, flagged=flagged)
    assert not default_storage.exists(copy) and default_storage.exists(upload.file.name)
    quarantine.restore(by=manager, flagged=flagged)
    upload.refresh_from_db()
    assert (upload.safety, upload.cleared_at, upload.removed_at) == ("waiting", None, None)
    assert copies.make_copy(upload_id=upload.pk) == "clean"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [
        {"safety": "clean"},
        {"copy": "copies/x", "copy_kind": "image/png"},
        {"safety": "refused"},
        {"refused_because": "kind"},
    ],
)
def test_the_database_keeps_what_belongs_together(wrong):
    _application, upload = sent_with(copied=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        Upload.objects.filter(pk=upload.pk).update(**wrong)


@pytest.mark.django_db
def test_only_a_copy_can_be_cleared():
    _application, upload = sent_with(copied=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        Upload.objects.filter(pk=upload.pk).update(cleared_at=timezone.now(), cleared_by=a_manager())


@pytest.mark.realdb
def test_two_workers_at_once_make_one_copy_and_a_killed_one_leaves_nothing(real_db, monkeypatch):
    upload = an_upload(a_full_draft(a_person(), a_wave()), copied=False)
    ready, became = threading.Barrier(2), []

    def work():
        try:
            ready.wait(60)
            became.append(copies.make_copy(upload_id=upload.pk))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    [thread.start() for thread in threads]
    [thread.join(120) for thread in threads]
    assert sorted(became) == ["", "clean"]

    second = an_upload(a_full_draft(a_person(), a_wave()), copied=False)
    killed = subprocess.CompletedProcess([], -signal.SIGKILL)
    monkeypatch.setattr(run.subprocess, "run", lambda *a, **k: killed)
    assert copies.make_copy(upload_id=second.pk) == "refused"
    second.refresh_from_db()
    assert second.refused_because == "too_much"


@pytest.mark.django_db
def test_a_file_that_was_replaced_while_the_worker_was_at_it_gets_no_copy(monkeypatch):
    draft = a_full_draft(a_person(), a_wave())
    upload = an_upload(draft, copied=False)
    cleaned = run.cleaned

    def slow(file, kind):
        apply.remove_upload(by=draft.lead, application=draft, question=upload.question)
        return cleaned(file, kind)

    monkeypatch.setattr(run, "cleaned", slow)
    assert copies.make_copy(upload_id=upload.pk) == ""
    upload.refresh_from_db()
    assert not upload.copy and upload.removed_at is not None


@pytest.mark.django_db
def test_an_application_without_files_is_as_it_was():
    assert asked_again(an_application()) == set()
