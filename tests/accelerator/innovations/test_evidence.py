"""What an upload is, and who hears of evidence."""

import io
import zipfile

import pytest
from django.utils import timezone

from accelerator.actions import evidence
from accelerator.models import EvidenceFile, Submission
from accelerator.rules import files
from notifications.models import InboxItem
from people.actions import safety
from people.actions.privacy import close_account
from people.models import User
from tests.accelerator.factories import a_person
from tests.accelerator.innovations.factories import (
    PDF,
    a_file,
    an_innovation,
    evidence_for,
    first,
    hours_given,
    in_state,
    lead_of,
)
from ui.errors import DomainError, Invalid, Missing, NotAllowed


def a_zip(name: str = "inside.txt") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, "text")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PDF, "application/pdf"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 30, "image/png"),
        (b"\xff\xd8\xff\xe0" + b"\x00" * 30, "image/jpeg"),
        ("Gemessen: 3 °C\n".encode(), "text/plain"),
        (("ä" * 5000).encode()[: files.HEAD_BYTES - 1], "text/plain"),
        (b"<!doctype html><script>alert(1)</script>", None),
        (b"  <svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"#!/bin/sh\nrm -rf .", None),
        (b"MZ\x90\x00\x03", None),
        (b"\x7fELF" + b"\x00" * 60, None),
        (b"plain\x00with a zero", None),
        (b"\xff\xfe\xfa not utf-8", None),
        (a_zip(), None),
    ],
)
def test_a_file_is_what_its_content_says(content, kind):
    assert files.media_type(content) == kind


@pytest.mark.parametrize(
    ("given", "kind", "offered"),
    [
        ("ward map.pdf", "application/pdf", "ward map.pdf"),
        ("../../etc/passwd", "application/pdf", "passwd.pdf"),
        ("C:\\Users\\ada\\scan.PDF", "application/pdf", "scan.pdf"),
        ("cat.exe", "image/png", "cat.png"),
        ('a"b\r\nc.png', "image/png", "a_bc.png"),
        (".png", "image/png", "file.png"),
        ("", "image/png", "file.png"),
        ("figures.csv", "text/plain", "figures.csv"),
    ],
)
def test_the_name_that_is_offered_is_harmless(given, kind, offered):
    assert files.harmless_name(given, kind) == offered


def test_a_file_over_20_mb_or_empty_is_refused_by_name():
    for size, says in [(files.LARGEST_BYTES + 1, "larger than 20 MB"), (0, "is empty")]:
        with pytest.raises(Invalid, match=says) as refused:
            files.check("big.pdf", size, PDF)
        assert "big.pdf" in str(refused.value) and refused.value.field == "files"
    assert files.check("big.pdf", files.LARGEST_BYTES, PDF) == ("application/pdf", "big.pdf")


@pytest.mark.django_db
def test_files_are_stored_under_random_names():
    sent = evidence_for(first(an_innovation()), files=[a_file("Mrs Smith.pdf")])
    file = sent.files.get()
    assert "Smith" not in file.file.name and len(file.file.name.split("/")[-1]) == 32
    assert (file.name, file.kind, file.size) == ("Mrs Smith.pdf", "application/pdf", len(PDF))


@pytest.mark.django_db
def test_one_bad_file_keeps_all_of_them_out():
    milestone = first(an_innovation())
    with pytest.raises(Invalid):
        evidence_for(milestone, files=[a_file(), a_file("x.pdf", b"MZ\x90\x00")])
    milestone.refresh_from_db()
    assert milestone.state == "not_started"
    assert not EvidenceFile.objects.exists() and not Submission.objects.exists()


@pytest.mark.django_db
def test_the_manager_hears_of_evidence_and_the_team_of_the_answer():
    milestone = in_state("returned")
    innovation = milestone.innovation
    assert InboxItem.objects.filter(user=innovation.manager, kind="evidence_sent").count() == 1
    letter = InboxItem.objects.get(user=lead_of(innovation), kind="evidence_answered")
    assert "Which ward was it?" in letter.text


@pytest.mark.django_db
def test_everybody_who_gave_an_hour_hears_what_it_did():
    milestone = first(an_innovation())
    helper = hours_given(milestone, 60)
    bystander = a_person()
    sent = evidence_for(milestone)
    assert not InboxItem.objects.filter(kind="what_your_hour_did").exists()
    evidence.accept(by=milestone.innovation.manager, submission=sent)
    letter = InboxItem.objects.get(kind="what_your_hour_did")
    assert letter.user == helper != bystander
    assert letter.subject == "What your hour did"
    assert all(words in letter.text for words in ("1 h", milestone.title, milestone.innovation.name))


@pytest.mark.django_db
def test_what_an_hour_did_is_told_once_and_not_to_the_team_to_leavers_or_across_a_block():
    milestone = first(an_innovation())
    helper, leaver, paused, blocked, blocker = (a_person() for _helper in range(5))
    for minutes, person in ((60, helper), (75, helper), (90, leaver), (30, paused), (45, blocked), (15, blocker)):
        hours_given(milestone, minutes, person)
    lead = lead_of(milestone.innovation)
    close_account(by=leaver, user=leaver)
    User.objects.filter(pk=paused.pk).update(suspended_at=timezone.now())
    safety.block(by=lead, user=blocked)
    safety.block(by=blocker, user=lead)
    sent = evidence_for(milestone)
    for _time in range(2):
        evidence.accept(by=milestone.innovation.manager, submission=sent)
    letter = InboxItem.objects.get(kind="what_your_hour_did")
    assert letter.user == helper and letter.subject == "What your hours did" and "2 h 15" in letter.text


@pytest.mark.django_db
def test_accepting_twice_is_harmless_and_answers_do_not_change():
    milestone = first(an_innovation())
    sent, manager = evidence_for(milestone), milestone.innovation.manager
    first_answer = evidence.accept(by=manager, submission=sent)
    assert evidence.accept(by=manager, submission=sent).reviewed_at == first_answer.reviewed_at
    with pytest.raises(DomainError, match="already been read"):
        evidence.send_back(by=manager, submission=sent, comment="On second thoughts")


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["submitted", "accepted", "not_applicable"])
def test_evidence_cannot_be_sent_out_of_turn(state):
    milestone = in_state(state)
    with pytest.raises(DomainError):
        evidence_for(milestone, account="Something else altogether")


@pytest.mark.django_db
def test_only_the_team_sends_and_only_a_manager_reads():
    milestone = first(an_innovation())
    innovation = milestone.innovation
    for by, error in [(innovation.manager, NotAllowed), (a_person(), Missing)]:
        with pytest.raises(error):
            evidence.submit(by=by, milestone=milestone, account="x")
    sent = evidence_for(milestone)
    for by, error in [(lead_of(innovation), NotAllowed), (a_person(), Missing)]:
        with pytest.raises(error):
            evidence.accept(by=by, submission=sent)
