"""What names a patient in the evidence of a milestone: said in two taps, taken away, given back, deleted after a week."""

import datetime as dt

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from accelerator.actions import evidence
from accelerator.actions import quarantine_evidence as quarantine
from accelerator.models import EvidenceFile, EvidenceFlag, Innovation, Submission
from accelerator.queries import quarantine as queries
from audit.models import Event
from notifications.models import InboxItem
from people.actions import safety
from people.models import Report
from tests.accelerator.apply.test_pages import as_, page_of
from tests.accelerator.apply.test_phone import as_staff
from tests.accelerator.factories import a_manager, a_person, a_wave
from tests.accelerator.innovations.factories import a_file, an_innovation, evidence_for, first, lead_of
from ui.errors import DomainError, Invalid, Missing, NotAllowed

pytestmark = pytest.mark.django_db
NAMED = "Mrs Edith Winterbottom of bed 12 fell twice last week."


def shown(**fields) -> Submission:
    """Evidence with a name in it."""
    return evidence_for(first(an_innovation()), account=NAMED, links=["https://example.org/winterbottom"], **fields)


def team_of(submission):
    return lead_of(submission.milestone.innovation)


def test_the_team_and_the_manager_say_so_in_two_taps_from_the_words_and_from_a_file():
    sent = shown(files=[a_file("winterbottom.pdf")])
    file = sent.files.get()
    manager, page = sent.milestone.innovation.manager, f"/milestones/{sent.milestone_id}/"
    ways = [
        (as_(team_of(sent)), page, f"/evidence/{sent.pk}/names-a-patient/"),
        (as_staff(manager), f"/evidence/{sent.pk}/", f"/evidence/files/{file.pk}/names-a-patient/"),
    ]
    for number, (client, where, way) in enumerate(ways, start=1):
        assert way in page_of(client.get(where))
        assert client.get(way).status_code == 200
        assert client.post(way, {"note": "x" * 301}).status_code == 422
        for _ in range(2):
            assert client.post(way).url == (page if number == 1 else "/staff/patients/")
        assert EvidenceFlag.objects.count() == number
        assert as_(a_person()).post(way).status_code == 404
    told = InboxItem.objects.filter(kind="patient_flag")
    assert set(told.values_list("user_id", flat=True)) == {manager.pk}
    assert "Winterbottom" not in str(list(told.values("text", "subject")))


def test_what_a_report_keeps_of_it_loses_its_words_and_gets_them_back():
    sent = shown()
    manager = sent.milestone.innovation.manager
    told = safety.report(by=manager, kind="evidence", object_id=sent.pk, text="It names somebody")
    assert "Winterbottom" in told.words
    flag = quarantine.flag(by=team_of(sent), submission=sent)
    quarantine.quarantine(by=manager, flagged=flag)
    assert Report.objects.get().words == "[taken out]"
    quarantine.restore(by=manager, flagged=flag)
    assert Report.objects.get().words == told.words


def test_its_words_are_taken_away_from_pages_comments_and_messages_and_the_team_shows_it_again():
    sent = shown(cycle=("She falls less", f"She did not: {NAMED}", "Ask her"))
    team, manager = team_of(sent), sent.milestone.innovation.manager
    page = f"/milestones/{sent.milestone_id}/"
    assert "Winterbottom" in page_of(as_(team).get(page))
    flag = quarantine.flag(by=team, submission=sent, note="a surname")
    assert "Winterbottom" in page_of(as_staff(manager).get("/staff/patients/"))
    assert "1 text or file waits" in page_of(as_staff(manager).get("/home/"))
    for _ in range(2):
        assert as_staff(manager).post(f"/staff/patients/evidence/{flag.pk}/take/").status_code == 302
    for client, where in (
        (as_(team), page),
        (as_staff(manager), f"/evidence/{sent.pk}/"),
        (as_staff(manager), "/staff/patients/"),
    ):
        assert "interbottom" not in page_of(client.get(where)), where
    sent.refresh_from_db()
    assert (sent.state, sent.links, sent.cycle_happened) == ("returned", [], "[taken out]")
    told = InboxItem.objects.get(user=team, kind="patient_taken_away")
    assert "does not count against you" in told.text
    assert "Winterbottom" not in str([event.facts for event in Event.objects.all()])
    again = evidence_for(sent.milestone, account="A patient fell twice.")
    assert again.number == 2


def test_a_comment_that_quotes_it_loses_the_quotation():
    sent = shown()
    evidence.send_back(
        by=sent.milestone.innovation.manager, submission=sent, comment="Who is Mrs Winterbottom? Say more."
    )
    flag = quarantine.flag(by=team_of(sent), submission=sent)
    quarantine.quarantine(by=sent.milestone.innovation.manager, flagged=flag)
    sent.refresh_from_db()
    assert sent.comment == "Who is Mrs [taken out]? Say more."


def test_a_file_is_taken_away_given_back_and_after_a_week_deleted():
    sent = shown(files=[a_file("ward.pdf"), a_file("other.pdf")])
    file, other = sent.files.order_by("id")
    team, manager = team_of(sent), sent.milestone.innovation.manager
    client, path = as_(team), f"/evidence/files/{file.pk}/"
    flag = quarantine.flag(by=team, submission=sent, file=file)
    lead = as_staff(a_person(role="safeguarding_lead"))
    assert f"/staff/patients/{flag.pk}/file/" in page_of(lead.get("/staff/patients/"))
    assert b"".join(lead.get(f"/staff/patients/{flag.pk}/file/")).startswith(b"%PDF")
    quarantine.quarantine(by=manager, flagged=flag)
    assert client.get(path).status_code == 404
    assert lead.get(f"/staff/patients/{flag.pk}/file/").status_code == 404
    page = page_of(client.get(f"/milestones/{sent.milestone_id}/"))
    assert "ward.pdf" not in page
    assert "other.pdf" in page
    assert client.get(f"/evidence/files/{other.pk}/").status_code == 200
    with pytest.raises(Missing):
        quarantine.flag(by=team, submission=sent, file=EvidenceFile.objects.get(pk=file.pk))
    for _ in range(2):
        quarantine.restore(by=manager, flagged=flag)
    assert client.get(path).status_code == 200
    quarantine.quarantine(
        by=manager, flagged=quarantine.flag(by=team, submission=sent, file=EvidenceFile.objects.get(pk=file.pk))
    )
    assert quarantine.purge_taken() == 0
    with time_machine.travel(timezone.now() + dt.timedelta(days=7, minutes=1), tick=False):
        assert quarantine.purge_taken() == 1
        assert quarantine.purge_taken() == 0
    assert EvidenceFile.objects.get(pk=file.pk).name == "[taken out]"


def test_words_are_given_back_within_a_week_and_not_after():
    sent, manager = shown(), a_manager()
    flag = quarantine.flag(by=manager, submission=sent)
    quarantine.quarantine(by=manager, flagged=flag)
    quarantine.restore(by=manager, flagged=flag)
    sent.refresh_from_db()
    assert (sent.account, sent.links, sent.comment) == (NAMED, ["https://example.org/winterbottom"], "")
    assert (sent.state, sent.milestone.state) == ("submitted", "submitted"), "it waits to be read again"
    flag = quarantine.flag(by=manager, submission=sent)
    quarantine.quarantine(by=manager, flagged=flag)
    with time_machine.travel(timezone.now() + dt.timedelta(days=8), tick=False):
        quarantine.purge_taken()
        with pytest.raises(DomainError, match="deleted"):
            quarantine.restore(by=manager, flagged=flag)


def test_what_the_team_has_shown_anew_is_not_disturbed_by_an_undo():
    sent, manager = shown(files=[a_file("ward.pdf")]), a_manager()
    flag = quarantine.flag(by=manager, submission=sent, file=sent.files.get())
    quarantine.quarantine(by=manager, flagged=flag)
    sent.milestone.refresh_from_db()
    again = evidence_for(sent.milestone, account="Without the face")
    quarantine.restore(by=manager, flagged=flag)
    sent.refresh_from_db()
    assert sent.state == "returned"
    assert "identify a patient" in sent.comment
    assert again.state == "submitted"


def test_only_managers_of_the_wave_and_safeguarding_leads_decide_also_once_the_innovation_has_ended():
    sent, lead = shown(), a_person(role="safeguarding_lead")
    elsewhere = a_person(role="portfolio_manager", scope=a_wave().pk)
    Innovation.objects.update(life="graduated")
    flag = quarantine.flag(by=team_of(sent), submission=sent)
    for user in (elsewhere, team_of(sent), a_person(role="broker")):
        for action in (quarantine.quarantine, quarantine.dismiss, quarantine.restore):
            with pytest.raises(NotAllowed):
                action(by=user, flagged=flag)
    assert list(queries.evidence_flags_for(elsewhere)) == []
    assert as_staff(elsewhere).post(f"/staff/patients/evidence/{flag.pk}/take/").status_code == 404
    assert as_staff(lead).post(f"/staff/patients/evidence/{flag.pk}/burn/").status_code == 404
    for _ in range(2):
        quarantine.dismiss(by=lead, flagged=flag)
    with pytest.raises(DomainError):
        quarantine.quarantine(by=lead, flagged=flag)
    with pytest.raises(Missing):
        quarantine.flag(by=a_person(), submission=sent)
    with pytest.raises(Invalid):
        quarantine.flag(by=team_of(sent), submission=sent, note="x" * 301)


def test_the_database_refuses_a_decision_without_a_name_and_an_original_of_what_stands():
    sent = shown()
    flag = quarantine.flag(by=team_of(sent), submission=sent)
    for change, name in (
        ({"state": "taken"}, "evidence_flag_decided_by_somebody"),
        ({"original": {"account": "x"}}, "evidence_flag_keeps_only_what_was_taken"),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            EvidenceFlag.objects.filter(pk=flag.pk).update(**change)
    with pytest.raises(IntegrityError, match="evidence_flag_one_open"), transaction.atomic():
        EvidenceFlag.objects.create(submission=sent, flagged_by=a_person())
