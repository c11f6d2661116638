"""A file leaves the disk with what it belonged to, and one person's files take no more than their share."""

import datetime as dt
import os
import threading

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accelerator.actions import access_fund, apply, retention, room
from accelerator.models import Upload
from tests.accelerator.factories import PNG, a_claim, a_full_draft, a_person, a_wave, an_upload
from tests.matrix import make_client
from ui import stored_files
from ui.errors import Invalid


def stored() -> set[str]:
    return set(stored_files._stored())


@pytest.fixture
def own_disk(tmp_path, settings):
    """A disk with nothing on it but what this test puts there."""
    kept = settings.STORAGES["default"] | {"OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = settings.STORAGES | {"default": kept}
    return tmp_path


def aged(name: str) -> None:
    """Makes a stored file two days old."""
    path = default_storage.path(name)
    os.utime(path, (os.stat(path).st_atime, os.stat(path).st_mtime - 2 * 86400))


@pytest.mark.django_db
def test_a_file_that_is_replaced_or_taken_back_leaves_the_disk(own_disk, django_capture_on_commit_callbacks):
    draft = a_full_draft(a_person(), a_wave())
    first = an_upload(draft)
    assert stored() == {first.file.name, first.copy.name}
    with django_capture_on_commit_callbacks(execute=True):
        second = an_upload(draft, "newer.png")
    assert stored() == {second.file.name, second.copy.name}
    with django_capture_on_commit_callbacks(execute=True):
        apply.remove_upload(by=draft.lead, application=draft, question=second.question)
        assert default_storage.exists(second.file.name), "as long as it could still be rolled back"
    assert stored() == set()
    assert not Upload.objects.exclude(name="[taken out]").exists()


@pytest.mark.django_db
def test_a_draft_that_is_purged_takes_its_files_and_copies_along(
    own_disk, django_capture_on_commit_callbacks, time_machine
):
    an_upload(a_full_draft(a_person(), a_wave()))
    assert len(stored()) == 2
    time_machine.move_to(timezone.now() + dt.timedelta(days=1000))
    with django_capture_on_commit_callbacks(execute=True):
        assert retention.purge_drafts() == 1
    assert stored() == set()


@pytest.mark.django_db
def test_the_receipt_of_a_claim_that_is_taken_back_leaves_the_disk(own_disk, django_capture_on_commit_callbacks):
    ada, wave = a_person(), a_wave()
    a_full_draft(ada, wave)
    made = a_claim(ada, wave, receipt=True)
    assert stored() == {made.receipt.name}
    with django_capture_on_commit_callbacks(execute=True):
        access_fund.withdraw(by=ada, made=made)
    made.refresh_from_db()
    assert stored() == set() and not made.receipt and made.receipt_size == 0


@pytest.mark.django_db
def test_what_a_fault_left_behind_is_found_and_deleted_and_nothing_else(own_disk, capsys):
    upload = an_upload(a_full_draft(a_person(), a_wave()))
    orphan = default_storage.save("uploads/left", ContentFile(b"x"))
    young = default_storage.save("uploads/young", ContentFile(b"x"))
    for name in (orphan, upload.file.name, upload.copy.name):
        aged(name)
    with pytest.raises(SystemExit):
        call_command("compare_files")
    assert f"nobody's: {orphan}" in capsys.readouterr().out
    assert stored_files.purge_without_row() == 1
    assert stored() == {upload.file.name, upload.copy.name, young}
    assert stored_files.purge_without_row() == 0
    call_command("compare_files")


@pytest.mark.django_db
def test_a_row_whose_file_is_gone_is_named(own_disk, capsys):
    upload = an_upload(a_full_draft(a_person(), a_wave()))
    default_storage.delete(upload.file.name)
    with pytest.raises(SystemExit):
        call_command("compare_files", "--delete")
    assert f"gone: accelerator.Upload: {upload.file.name}" in capsys.readouterr().out
    assert stored() == {upload.copy.name}


@pytest.mark.django_db
def test_one_person_s_files_take_no_more_than_their_share_and_replacing_one_frees_it(monkeypatch):
    draft = a_full_draft(a_person(), a_wave())
    an_upload(draft, copied=False)
    monkeypatch.setattr(room, "QUOTA_BYTES", len(PNG))
    an_upload(draft, copied=False)  # instead of the first
    assert room.used(draft.lead) == len(PNG)
    with pytest.raises(Invalid, match="no room for this"):
        an_upload(a_full_draft(draft.lead, a_wave()), copied=False)
    other = a_full_draft(a_person(), a_wave())
    an_upload(other, copied=False)


@pytest.mark.django_db
def test_a_share_that_is_used_up_is_said_on_the_page_and_the_file_that_was_there_stays(monkeypatch):
    draft = a_full_draft(a_person(), a_wave())
    first = an_upload(draft, copied=False)
    monkeypatch.setattr(room, "QUOTA_BYTES", 1)
    answer = make_client(draft.lead).post(
        reverse("accelerator:question", args=[draft.pk, "show"]), {"answer": SimpleUploadedFile("more.png", PNG)}
    )
    assert answer.status_code == 422 and "of the 200 MB" in answer.content.decode()
    first.refresh_from_db()
    assert first.removed_at is None and default_storage.exists(first.file.name)


@pytest.mark.realdb
def test_two_uploads_at_once_cannot_both_take_the_last_room(real_db, monkeypatch):
    ada = a_person()
    drafts = [a_full_draft(ada, a_wave()) for _ in range(2)]
    monkeypatch.setattr(room, "QUOTA_BYTES", int(1.5 * len(PNG)))
    ready, became = threading.Barrier(2), []

    def send(draft):
        try:
            ready.wait(60)
            an_upload(draft, copied=False)
            became.append("kept")
        except Invalid:
            became.append("no room")
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=[draft]) for draft in drafts]
    [thread.start() for thread in threads]
    [thread.join(120) for thread in threads]
    assert sorted(became) == ["kept", "no room"]
    assert room.used(ada) == len(PNG)
