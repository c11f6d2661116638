"""What names a patient: two taps to say so, one to take it away everywhere, a week to undo it, then it is gone."""

import datetime as dt

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from accelerator.actions import apply, quarantine, review
from accelerator.models import Answer, Decision, KeptText, PatientFlag, Upload
from accelerator.queries import quarantine as queries
from accelerator.queries import review as review_queries
from accelerator.queries.home_apply import export_for
from audit.models import Event
from notifications.actions import notify
from notifications.models import InboxItem, OutboxMessage
from tests.accelerator.apply.test_helping import a_draft_with_fund, agreed, ask
from tests.accelerator.apply.test_pages import as_, page_of
from tests.accelerator.apply.test_phone import as_staff
from tests.accelerator.factories import (
    a_full_draft,
    a_manager,
    a_person,
    a_reviewer,
    a_wave,
    an_application,
    an_assignment,
    an_upload,
)
from ui.errors import DomainError, Invalid, Missing, NotAllowed

pytestmark = pytest.mark.django_db
NAMED = "Mrs Edith Winterbottom of bed 12 fell twice last week."


def question_of(application, key="problem"):
    return application.wave.question_set.questions.get(key=key)


def flagged(application, key="problem", **given) -> PatientFlag:
    return quarantine.flag(by=a_person(), application=application, question=question_of(application, key), **given)


def taken(application, key="problem", manager=None) -> PatientFlag:
    return quarantine.quarantine(by=manager or a_manager(), flagged=flagged(application, key))


def test_what_is_taken_away_is_gone_from_every_page_and_export_and_message():
    application = an_application(problem=NAMED, sentence=NAMED)
    assignment = an_assignment(application, a_reviewer("Rae Reader"))
    review.accept_assignment(by=assignment.reviewer, assignment=assignment)
    manager = a_manager()
    mail = OutboxMessage.objects.get(kind="application_received", user=application.lead)
    assert NAMED in mail.text, "there is something to take away"
    assert "Winterbottom" in str(export_for(application.lead))
    pages = [
        (as_(application.lead), f"/applications/{application.pk}/"),
        (as_(application.lead), "/applications/"),
        (as_staff(assignment.reviewer), f"/reviews/{assignment.pk}/"),
        (as_staff(manager), f"/selection/application/{application.pk}/"),
        (as_staff(manager), f"/selection/{application.wave.slug}/export.csv"),
    ]
    for client, path in pages[2:4]:
        assert "Winterbottom" in page_of(client.get(path)), path
    for key in ("problem", "sentence"):
        taken(application, key, manager)
    for client, path in pages:
        answer = client.get(path)
        assert answer.status_code == 200
        body = b"".join(answer) if answer.streaming else answer.content
        assert b"Winterbottom" not in body, path
    for message in [*OutboxMessage.objects.all(), *InboxItem.objects.all()]:
        assert "Winterbottom" not in f"{message.subject} {message.text}"
    assert "Winterbottom" not in str(export_for(application.lead))
    assert "Winterbottom" not in str([event.facts for event in Event.objects.all()])
    assert review_queries.blind_application(assignment).answers


def test_a_message_that_has_not_left_yet_never_goes():
    application = an_application(sentence=NAMED)
    OutboxMessage.objects.filter(user=application.lead).update(state="queued", sent_at=None)
    taken(application, "sentence")
    mail = OutboxMessage.objects.get(kind="application_received", user=application.lead)
    assert (mail.state, mail.text) == ("dropped", "")
    assert mail.purged_at


def test_a_short_answer_empties_only_what_tells_of_its_own_application():
    application, other = an_application(problem="Ann"), an_application(problem="The Annual flu clinic runs late.")
    notify(
        to=other.lead,
        kind="application_received",
        key="somebody else's",
        subject="Ann Smith's Annual report",
        template="accelerator/letters/patient_given_back",
        context={"question": "Ann"},
        url=f"/applications/{other.pk}/",
    )
    quoted = notify(
        to=application.lead,
        kind="application_received",
        key="their own",
        subject="About Ann",
        template="accelerator/letters/patient_given_back",
        context={"question": "Ann"},
        url=f"/applications/{application.pk}/",
    )
    Decision.objects.create(
        application=application, outcome="decline", decided_by=a_manager(), letter="Ann is named in your Annual plan."
    )
    before = dict(OutboxMessage.objects.exclude(pk=quoted.pk).values_list("pk", "text"))
    taken(application)
    quoted.refresh_from_db()
    assert "Ann" not in f"{quoted.subject} {quoted.text}"
    after = dict(OutboxMessage.objects.filter(pk__in=before).exclude(user=application.lead).values_list("pk", "text"))
    assert after
    assert after == {pk: before[pk] for pk in after}
    assert InboxItem.objects.get(user=other.lead, subject__contains="Annual").text
    letter = Decision.objects.get(application=application).letter
    assert letter == "[taken out] is named in your Annual plan."


def test_the_writer_is_told_kindly_and_may_answer_that_one_question_again_after_sending():
    application = an_application(problem=NAMED)
    taken(application)
    told = InboxItem.objects.get(user=application.lead, kind="patient_taken_away")
    assert "does not count against you" in told.text
    assert "Winterbottom" not in told.text
    client = as_(application.lead)
    page = page_of(client.get(f"/applications/{application.pk}/"))
    assert "Please write one answer again" in page
    question = f"/applications/{application.pk}/question/problem/"
    assert client.get(question).status_code == 200
    assert client.get(f"/applications/{application.pk}/question/idea/").status_code == 302
    version = Answer.objects.get(application=application, question__key="problem").version
    again = client.post(question, {"answer": "A patient fell twice.", "version": version, "page": "new"})
    assert again.url == f"/applications/{application.pk}/"
    assert Answer.objects.get(application=application, question__key="problem").value == "A patient fell twice."
    other = client.post(f"/applications/{application.pk}/question/idea/", {"answer": "Another", "version": 1})
    assert other.status_code == 409
    with time_machine.travel(timezone.now() + dt.timedelta(days=7, minutes=1), tick=False):
        assert client.get(question).status_code == 302


def test_a_page_that_lay_open_does_not_bring_the_name_back():
    draft = a_full_draft(problem=NAMED)
    Answer.objects.filter(application=draft, question__key="problem").update(page="open page")
    taken(draft)
    saved = apply.save_answer(
        by=draft.lead,
        application=draft,
        question=question_of(draft),
        value=NAMED,
        seen_version=1,
        page="open page",
    )
    assert saved.stale
    assert Answer.objects.get(application=draft, question__key="problem").value == ""


def test_what_was_kept_beside_the_answer_goes_too():
    draft = a_full_draft(problem="Somebody fell")
    KeptText.objects.create(application=draft, question=question_of(draft), user=draft.lead, value=NAMED)
    taken(draft)
    assert not KeptText.objects.exists()


def test_a_file_is_taken_away_given_back_and_after_a_week_deleted():
    application = a_full_draft()
    upload = an_upload(application)
    manager = a_manager()
    flag = taken(application, "show", manager)
    client = as_(application.lead)
    path = f"/applications/{application.pk}/file/{upload.pk}/"
    assert client.get(path).status_code == 404
    quarantine.restore(by=manager, flagged=flag)
    assert client.get(path).status_code == 200
    again = taken(application, "show", manager)
    storage, name = upload.file.storage, upload.file.name
    assert quarantine.purge_taken() == 0
    with time_machine.travel(timezone.now() + dt.timedelta(days=7, minutes=1), tick=False):
        with transaction.atomic():
            assert quarantine.purge_taken() == 1
        assert quarantine.purge_taken() == 0
    again.refresh_from_db()
    assert again.original is None
    assert Upload.objects.get(pk=upload.pk).name == "[taken out]"
    assert storage.exists(name), "a test's transaction never commits; on_commit deletes it"


def test_a_mistake_is_undone_within_a_week_and_not_after():
    application, manager = an_application(problem=NAMED), a_manager()
    flag = taken(application, manager=manager)
    for _ in range(2):
        quarantine.restore(by=manager, flagged=flag)
    assert Answer.objects.get(application=application, question__key="problem").value == NAMED
    flag = taken(application, manager=manager)
    with time_machine.travel(timezone.now() + dt.timedelta(days=8), tick=False):
        quarantine.purge_taken()
        with pytest.raises(DomainError, match="deleted"):
            quarantine.restore(by=manager, flagged=flag)


def test_what_was_written_again_is_not_overwritten_by_an_undo():
    draft, manager = a_full_draft(problem=NAMED), a_manager()
    flag = taken(draft, manager=manager)
    answer = Answer.objects.get(application=draft, question__key="problem")
    apply.save_answer(
        by=draft.lead,
        application=draft,
        question=answer.question,
        value="A patient fell.",
        seen_version=answer.version,
    )
    with pytest.raises(DomainError, match="written again"):
        quarantine.restore(by=manager, flagged=flag)


def test_managers_of_the_wave_and_safeguarding_leads_are_told_and_nobody_else_decides():
    application, manager, lead = (
        an_application(problem=NAMED),
        a_manager(),
        a_person(role="safeguarding_lead"),
    )
    elsewhere = a_person(role="portfolio_manager", scope=a_wave().pk)
    flag = flagged(application, note="A surname")
    told = set(InboxItem.objects.filter(kind="patient_flag").values_list("user_id", flat=True))
    assert told == {manager.pk, lead.pk}
    assert NAMED not in str(list(InboxItem.objects.filter(kind="patient_flag").values("text", "subject")))
    assert list(queries.flags_for(elsewhere)) == []
    for user in (elsewhere, a_reviewer(), a_person(role="broker"), application.lead):
        for action in (quarantine.quarantine, quarantine.dismiss):
            with pytest.raises(NotAllowed):
                action(by=user, flagged=flag)
    assert as_staff(elsewhere).post(f"/staff/patients/{flag.pk}/take/").status_code == 404
    client = as_staff(lead)
    page = page_of(client.get("/staff/patients/"))
    assert NAMED in page
    assert "A surname" in page
    assert "Does this name a patient?" in page_of(client.get("/home/"))
    client.post(f"/staff/patients/{flag.pk}/take/")
    page = page_of(client.get("/staff/patients/"))
    assert NAMED not in page
    assert "give it back" in page
    assert client.post(f"/staff/patients/{flag.pk}/burn/").status_code == 404


def test_what_names_nobody_stays_and_can_be_flagged_again():
    application, manager = an_application(), a_manager()
    flag = flagged(application)
    assert flagged(application) == flag, "a second reader finds the first one's"
    for _ in range(2):
        quarantine.dismiss(by=manager, flagged=flag)
    with pytest.raises(DomainError):
        quarantine.quarantine(by=manager, flagged=flag)
    assert flagged(application) != flag
    with pytest.raises(Missing):
        flagged(application, "stage")
    with pytest.raises(Invalid):
        flagged(application, "idea", note="x" * 301)


def test_everybody_who_reads_an_answer_can_say_so_in_two_taps():
    draft, helper = a_draft_with_fund(), a_person()
    asked = ask(draft)
    agreed(asked, helper)
    application = an_application()
    assignment = an_assignment(application, a_reviewer())
    review.accept_assignment(by=assignment.reviewer, assignment=assignment)
    ways = [
        (as_(helper), f"/helping/{asked.pk}/", f"/helping/{asked.pk}/names-a-patient/"),
        (
            as_staff(assignment.reviewer),
            f"/reviews/{assignment.pk}/",
            f"/reviews/{assignment.pk}/names-a-patient/idea/",
        ),
        (
            as_staff(a_manager()),
            f"/selection/application/{application.pk}/",
            f"/selection/application/{application.pk}/names-a-patient/who/",
        ),
        (
            as_(application.lead),
            f"/applications/{application.pk}/",
            f"/applications/{application.pk}/question/problem/names-a-patient/",
        ),
    ]
    for number, (client, page, way) in enumerate(ways, start=1):
        assert way in page_of(client.get(page)), page
        assert client.get(way).status_code == 200
        assert client.post(way, {"note": "x" * 301}).status_code == 422
        assert client.post(way).status_code == 302
        assert PatientFlag.objects.count() == number
        assert client.get(way.replace("/idea/", "/team/").replace("/who/", "/stage/")).status_code in (200, 404)
    assert as_(a_person()).get(ways[0][2]).status_code == 404
    assert as_staff(assignment.reviewer).get(f"/reviews/{assignment.pk}/names-a-patient/team/").status_code == 404


def test_the_list_costs_the_same_for_three_and_for_ten(django_assert_max_num_queries):
    manager = a_manager()

    def cost() -> int:
        return len(queries.with_texts(queries.flags_for(manager)))

    for expected in (3, 10):
        while PatientFlag.objects.count() < expected:
            flagged(an_application())
        with django_assert_max_num_queries(6):  # the manager's roles, what is kept from them, the flags, answers, files
            assert cost() == expected


def test_the_database_refuses_a_decision_without_a_name_and_an_original_of_what_stands():
    flag = flagged(an_application())
    for change, name in (
        ({"state": "taken"}, "patient_flag_decided_by_somebody"),
        ({"original": {"value": "x"}}, "patient_flag_keeps_only_what_was_taken"),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            PatientFlag.objects.filter(pk=flag.pk).update(**change)
    with pytest.raises(IntegrityError, match="patient_flag_one_open"), transaction.atomic():
        PatientFlag.objects.create(application=flag.application, question=flag.question, flagged_by=a_person())
