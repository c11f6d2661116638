"""A letter that asks for time: from the applicant's own answers, to print, sent to nobody and kept nowhere."""

import io

import pytest
from pypdf import PdfReader

from accelerator.actions import apply
from accelerator.queries.time_letter import time_letter
from notifications.models import OutboxMessage
from tests.accelerator.apply.test_pages import as_, page_of
from tests.accelerator.factories import a_draft, a_full_draft, a_person, an_application
from ui.formats import full_day

pytestmark = pytest.mark.django_db


def test_the_letter_is_filled_from_the_application_and_addressed_as_it_is_said():
    draft = a_full_draft(a_person("Ada Applicant"))
    client, url = as_(draft.lead), f"/applications/{draft.pk}/time-letter/"
    page = page_of(client.get(f"{url}?to=Sister+Amy+Lee"))
    for words in (
        "Dear Sister Amy Lee,",
        "1 to 2 hours a week of my working time",
        draft.sentence,
        draft.wave.name,
        full_day(draft.wave.support_starts),
        full_day(draft.wave.ends),
        "Ada Applicant",
        "We send it to nobody",
    ):
        assert words in page
    assert "Dear ……" in page_of(client.get(url))
    assert client.get(f"{url}?to={'x' * 101}").status_code == 422
    assert not OutboxMessage.objects.exists()


def test_the_pdf_says_the_same_and_is_accessible():
    draft = a_full_draft(a_person("Ada Applicant"))
    answer = as_(draft.lead).get(f"/applications/{draft.pk}/time-letter.pdf?to=Amy+Lee")
    assert answer["Content-Type"] == "application/pdf"
    document = PdfReader(io.BytesIO(answer.content))
    assert b"pdfuaid" in document.trailer["/Root"]["/Metadata"].get_data()
    text = " ".join(" ".join(page.extract_text() for page in document.pages).split())
    assert "Dear Amy Lee," in text
    assert "1 to 2 hours a week" in text
    assert len(document.pages) == 1


def test_what_is_not_said_yet_is_left_to_fill_in_and_nothing_is_made_up():
    draft = a_draft(sentence="")
    letter = time_letter(draft)
    assert (letter.hours, letter.sentence, letter.sent) == ("", "", False)
    page = page_of(as_(draft.lead).get(f"/applications/{draft.pk}/time-letter/"))
    assert "……… hours a week" in page
    assert "Say how much time you could give" in page
    assert time_letter(an_application()).sent


def test_it_is_for_the_lead_only():
    draft, friend = a_full_draft(), a_person()
    apply.invite(by=draft.lead, application=draft, user=friend, may="edit")
    apply.join(by=friend, application=draft)
    for user in (friend, a_person()):
        assert as_(user).get(f"/applications/{draft.pk}/time-letter/").status_code == 404
        assert as_(user).get(f"/applications/{draft.pk}/time-letter.pdf").status_code == 404
    kept = apply.begin(by=a_person(), wave=None, sentence="An idea")
    assert as_(kept.lead).get(f"/applications/{kept.pk}/time-letter/").status_code == 404


def test_it_is_offered_to_whoever_may_have_a_manager_while_it_can_help():
    offer = "Print a letter that asks your manager for time"
    draft = a_full_draft(employer="letter")
    client = as_(draft.lead)
    for path in ("", "question/employer/"):
        assert offer in page_of(client.get(f"/applications/{draft.pk}/{path}"))
    sent = apply.submit(by=draft.lead, application=draft)
    assert offer in page_of(client.get(f"/applications/{sent.pk}/"))
    apply.withdraw(by=sent.lead, application=sent)
    assert offer not in page_of(client.get(f"/applications/{sent.pk}/"))

    alone = a_full_draft(employer="none")
    for path in ("", "question/employer/"):
        assert offer not in page_of(as_(alone.lead).get(f"/applications/{alone.pk}/{path}"))
