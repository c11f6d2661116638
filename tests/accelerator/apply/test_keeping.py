"""Between calls: an idea is kept, goes on prefilled in the next call, and whoever asked is told when it opens."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from accelerator import reminders_apply
from accelerator.actions import apply, copies, decisions, keeping, leaving, quarantine, questions, review
from accelerator.models import Application, CallWish, Decision, PatientFlag, Upload, Wave
from accelerator.queries import apply as apply_queries
from accelerator.queries import keeping as queries
from accelerator.rules import keeping as rules
from tests.accelerator.apply.test_pages import as_, page_of
from tests.accelerator.apply.test_phone import as_staff
from tests.accelerator.factories import (
    GOOD_ANSWERS,
    PNG,
    a_draft,
    a_full_draft,
    a_manager,
    a_person,
    a_reviewer,
    a_wave,
    an_application,
    an_assignment,
    an_upload,
    answer,
    close_call,
)
from ui.errors import DomainError, Invalid, Missing, NotAllowed

pytestmark = pytest.mark.django_db
LETTER = "What reviewers liked: you have seen it yourself."


def declined(lead=None, **answers) -> Application:
    """An application that was answered with a letter that said no."""
    return declined_as_sent(an_application(lead, **answers))


def declined_as_sent(application: Application) -> Application:
    close_call(application.wave)
    manager = a_manager()
    decisions.decide(by=manager, application=application, outcome="decline")
    Decision.objects.filter(application=application).update(
        sent_at=timezone.now(), sent_by=manager, signed_as="Mo Manager", letter=LETTER
    )
    return Application.objects.get(pk=application.pk)


def go_on(application, wave, by=None):
    earlier = Application.objects.get(pk=application.pk)
    return keeping.go_on(by=by or earlier.lead, application=earlier, wave=wave)


def test_someone_declined_goes_on_in_the_next_call_with_what_they_wrote():
    earlier, wave = declined(), a_wave()
    draft = go_on(earlier, wave)
    assert (draft.lead, draft.wave, draft.state, draft.earlier) == (earlier.lead, wave, "draft", earlier)
    answers = dict(draft.answers.values_list("question__key", "value"))
    assert answers == GOOD_ANSWERS
    assert draft.answers.filter(question__question_set=wave.question_set).count() == len(GOOD_ANSWERS)
    assert go_on(earlier, wave) == draft, "a second click finds it"


def declined_with_a_file(**more):
    """An application with a drawing that a manager cleared, answered with a letter that said no."""
    draft = a_full_draft()
    upload = an_upload(draft, **more)
    wave = draft.wave
    review.clear_upload(by=a_manager(), upload=upload)
    earlier = declined_as_sent(apply.submit(by=draft.lead, application=draft))
    close_call(wave)
    return earlier, Upload.objects.get(pk=upload.pk)


def test_a_file_goes_along_as_a_new_file_that_a_manager_must_clear_again():
    earlier, old = declined_with_a_file()
    draft = go_on(earlier, a_wave())
    new = draft.uploads.get()
    assert (new.name, new.content_type, new.size) == (old.name, old.content_type, old.size)
    assert new.question.question_set == draft.wave.question_set and new.uploaded_by == earlier.lead
    assert new.file.name != old.file.name and old.name not in new.file.name
    with new.file.open("rb") as content:
        assert content.read() == PNG
    assert old.cleared_at is not None and new.cleared_at is None
    assert old.name in page_of(as_(earlier.lead).get(f"/applications/{draft.pk}/question/show/"))
    apply.remove_upload(by=draft.lead, application=draft, question=new.question)
    with old.file.open("rb") as content:
        assert content.read() == PNG, "the earlier application keeps its own"
    assert go_on(earlier, draft.wave).uploads.count() == 1, "a second click copies nothing"


@pytest.mark.parametrize("why", ["removed", "flagged", "taken away", "not asked", "another is there"])
def test_a_file_stays_behind_where_it_was_taken_away_may_name_a_patient_or_has_no_place(why):
    earlier, old = declined_with_a_file()
    wave = a_wave()
    if why == "removed":
        copies.take_away(old, for_good=True)
    elif why in ("flagged", "taken away"):
        flagged = quarantine.flag(by=earlier.lead, application=earlier, question=old.question)
        if why == "taken away":
            quarantine.quarantine(by=a_manager(), flagged=flagged)
    elif why == "not asked":
        fresh = questions.new_version(by=a_manager(), question_set=wave.question_set)
        questions.remove_question(by=a_manager(), question=fresh.questions.get(key="show"))
        Wave.objects.filter(pk=wave.pk).update(question_set=fresh)
        wave.refresh_from_db()
    else:
        an_upload(a_draft(earlier.lead, wave), name="newer.png")
    kept = go_on(earlier, wave).uploads.filter(removed_at=None)
    assert [one.name for one in kept] == (["newer.png"] if why == "another is there" else [])


def test_what_stands_in_the_new_draft_is_not_overwritten():
    earlier, wave = declined(), a_wave()
    begun = a_draft(earlier.lead, wave, sentence="Quieter bins")
    draft = go_on(earlier, wave)
    assert draft == begun
    assert draft.answers.get(question__key="sentence").value == "Quieter bins"
    assert draft.answers.get(question__key="problem").value == GOOD_ANSWERS["problem"]


@pytest.mark.parametrize("state", ["on its way", "open draft", "accepted", "somebody else's", "closed call"])
def test_an_idea_that_is_on_its_way_or_is_somebody_elses_does_not_go_on(state):
    wave = a_wave()
    if state == "on its way":
        with pytest.raises(DomainError, match="on its way"):
            go_on(an_application(), wave)
    elif state == "open draft":
        with pytest.raises(DomainError, match="on its way"):
            go_on(a_full_draft(), wave)
    elif state == "accepted":
        taken = declined()
        Decision.objects.filter(application=taken).update(outcome="accept")
        with pytest.raises(DomainError, match="on its way"):
            go_on(taken, wave)
    elif state == "somebody else's":
        earlier = declined()
        with pytest.raises(Missing):
            go_on(earlier, wave, by=a_person())
        friend = a_person()
        apply_joined(earlier, friend)
        with pytest.raises(NotAllowed):
            go_on(earlier, wave, by=friend)
        assert as_(friend).post(f"/applications/{earlier.pk}/into/{wave.slug}/").status_code == 404
    else:
        with pytest.raises(DomainError, match="closed on"):
            go_on(declined(), close_call(wave))
    assert not Application.objects.filter(wave=wave).exists()


def apply_joined(application, friend):
    apply.invite(by=application.lead, application=application, user=friend)
    apply.join(by=friend, application=application)


def test_an_unsent_draft_and_one_that_was_taken_back_go_on_too():
    unsent = a_full_draft()
    close_call(unsent.wave)
    back = apply.withdraw(by=unsent.lead, application=an_application(unsent.lead))
    wave, other = a_wave(), a_wave()
    assert go_on(unsent, wave).earlier == unsent
    assert go_on(back, other).earlier == back
    client = as_(unsent.lead)
    for old, new in ((unsent, wave), (back, other)):
        page = page_of(client.get(f"/applications/{old.pk}/"))
        assert f"You have an idea in {new.name}: see it" in page
        assert f"Take it into {new.name}" not in page
    third = a_wave()
    assert f"Take it into {third.name}" in page_of(client.get(f"/applications/{back.pk}/"))


def test_what_was_taken_back_can_be_sent_again_in_the_same_call_with_all_its_answers():
    sent = apply.submit(by=(draft := a_full_draft()).lead, application=draft)
    client = as_(sent.lead)
    assert client.post(f"/applications/{sent.pk}/withdraw/", {"sure": "on"}).url == f"/applications/{sent.pk}/"
    shown = page_of(client.get(f"/applications/{sent.pk}/"))
    assert "Your application is taken back" in shown and f"Take it into {sent.wave.name}" in shown
    assert "Bring a new idea" in page_of(client.get("/applications/"))
    again = client.post(f"/applications/{sent.pk}/into/{sent.wave.slug}/")
    draft = Application.objects.get(earlier=sent)
    assert again.url == f"/applications/{draft.pk}/"
    assert apply_queries.read_answers(draft) == apply_queries.read_answers(sent)
    tasks = page_of(client.get(again.url))
    assert "Read it again" in tasks and "with what reviewers said" not in tasks
    assert client.post(f"/applications/{sent.pk}/into/{sent.wave.slug}/").url == again.url
    assert "Bring a new idea" not in page_of(client.get("/applications/"))
    assert apply.submit(by=sent.lead, application=draft).state == "submitted"


def test_a_kept_idea_says_so_while_a_call_is_open_on_every_page():
    kept = keeping.keep(by=a_person(), sentence="Bigger clocks")
    client = as_(kept.lead)
    for path in ("/home/", "/applications/", f"/applications/{kept.pk}/"):
        assert "No call is open at the moment" in page_of(client.get(path)), path
    assert "Get an hour of help with it" in page_of(client.get(f"/applications/{kept.pk}/"))
    assert "claim what taking part costs you" not in page_of(client.get("/applications/"))
    a_wave()
    for path in ("/home/", "/applications/", f"/applications/{kept.pk}/"):
        shown = page_of(client.get(path))
        assert "A call is open now" in shown and "No call is open" not in shown, path


def test_the_applicant_reads_the_earlier_feedback_and_managers_see_the_history_and_reviewers_do_not():
    earlier, wave = declined(), a_wave()
    draft = go_on(earlier, wave)
    client = as_(draft.lead)
    assert "with what reviewers said" in page_of(client.get(f"/applications/{draft.pk}/"))
    assert LETTER in page_of(client.get(f"/applications/{earlier.pk}/"))
    sent = apply.submit(by=draft.lead, application=draft)
    assignment = an_assignment(sent, a_reviewer())
    page = page_of(as_staff(a_manager()).get(f"/selection/application/{sent.pk}/"))
    assert "What they sent to other calls" in page
    assert earlier.reference in page
    reviewer = as_staff(assignment.reviewer)
    for path in (f"/reviews/{assignment.pk}/", "/reviews/"):
        page = page_of(reviewer.get(path))
        assert earlier.reference not in page
        assert earlier.wave.name not in page


def test_outside_a_call_an_idea_is_kept_and_twice_is_once():
    user = a_person()
    kept = keeping.keep(by=user, sentence="Bigger clocks")
    assert (kept.wave, kept.sentence) == (None, "Bigger clocks")
    assert keeping.keep(by=user, sentence="Bigger clocks") == kept
    for wrong in ("", "   ", "x" * 301):
        with pytest.raises(Invalid):
            keeping.keep(by=user, sentence=wrong)
    client = as_(user)
    assert client.post("/apply/keep/", {"sentence": ""}).status_code == 422
    assert client.post("/apply/keep/", {"sentence": "Bigger clocks"}).url == f"/applications/{kept.pk}/"


@pytest.mark.parametrize("path", ["/apply/", "/waves/"])
def test_outside_a_call_the_pages_offer_three_ways(path):
    for client in (Client(), as_(a_person())):
        page = page_of(client.get(path))
        for way in ("Keep my idea", "Tell me when it opens", "Get an hour of help now"):
            assert way in page
    a_wave()
    assert "Tell me when it opens" not in page_of(Client().get("/waves/"))


def test_being_told_can_be_asked_for_and_taken_back():
    user = a_person()
    client = as_(user)
    for _ in range(2):
        client.post("/apply/tell-me/", {"wanted": "yes"})
    assert CallWish.objects.filter(user=user).count() == 1
    assert "Do not tell me" in page_of(client.get("/apply/"))
    client.post("/apply/tell-me/", {"wanted": "no"})
    assert not CallWish.objects.exists()
    keeping.tell_me(by=user, wanted=True)
    leaving.leave(user=user)
    assert not CallWish.objects.exists()


def test_when_a_call_opens_whoever_asked_and_whoevers_idea_waits_is_told_once():
    wishes, keeps, unsent, early, late = (a_person() for _ in range(5))
    keeping.tell_me(by=wishes, wanted=True)
    idea = keeping.keep(by=keeps, sentence="Bigger clocks")
    left = a_full_draft(unsent)
    close_call(left.wave)
    wave = a_wave(call="ahead")
    begun = a_draft(early, wave)
    now = timezone.now()
    assert list(reminders_apply.calls_open(now)) == []
    opens = wave.call_opens + dt.timedelta(hours=1)
    due = {one.user: one for one in reminders_apply.calls_open(opens)}
    assert set(due) == {wishes, keeps, unsent, early}
    assert due[keeps].url == f"/applications/{idea.pk}/"
    assert due[keeps].context["sentence"] == "Bigger clocks"
    assert due[wishes].url == f"/waves/{wave.slug}/apply/"
    assert due[early].url == f"/applications/{begun.pk}/"
    Application.objects.filter(pk=a_draft(late, wave).pk).update(created_at=opens)
    keeping.tell_me(by=late, wanted=True)
    assert late not in {one.user for one in reminders_apply.calls_open(opens)}, "they are here already"
    assert list(reminders_apply.calls_open(wave.call_opens + dt.timedelta(days=8))) == []


def test_telling_costs_the_same_for_one_and_for_ten(django_assert_max_num_queries):
    wave = a_wave()
    for expected in (1, 10):
        while CallWish.objects.count() < expected:
            keeping.tell_me(by=a_person(), wanted=True)
        with django_assert_max_num_queries(2):
            assert len(queries.to_tell(wave, timezone.now())) == expected


class Asked:
    def __init__(self, kind, choices=()):
        self.kind, self.choices = kind, choices


@pytest.mark.parametrize(
    ("kind", "before", "value", "fits"),
    [
        ("long_text", "long_text", "Words", True),
        ("long_text", "short_text", "Words", False),
        ("long_text", "long_text", " ", False),
        ("choice", "choice", "a", True),
        ("choice", "choice", "gone", False),
        ("several", "several", ["a", "b"], True),
        ("several", "several", ["a", "gone"], False),
        ("file", "file", ["sketch.png"], False),
    ],
)
def test_which_earlier_answers_fit_the_next_calls_questions(kind, before, value, fits):
    assert rules.fits(Asked(kind, [["a", "A"], ["b", "B"]]), before, value) is fits


def test_what_names_a_patient_is_flagged_where_it_went_along_too():
    named = "Mrs Edith Winterbottom of bed 12 fell twice last week."
    draft = a_full_draft(problem=named)
    an_upload(draft)
    earlier = declined_as_sent(apply.submit(by=draft.lead, application=draft))
    close_call(draft.wave)
    later = go_on(earlier, a_wave())
    answer(later, idea="Something else than before")
    manager, questions = a_manager(), earlier.wave.question_set.questions
    for key in ("problem", "show", "idea"):
        flag = quarantine.flag(by=a_person(), application=earlier, question=questions.get(key=key))
        quarantine.quarantine(by=manager, flagged=flag)
    waiting = PatientFlag.objects.filter(state="open")
    assert {(one.application_id, one.question.key) for one in waiting} == {(later.pk, "problem"), (later.pk, "show")}
    assert later.answers.get(question__key="problem").value == named, "it is looked at in its own right"
    for one in waiting:
        quarantine.quarantine(by=manager, flagged=one)
    assert not PatientFlag.objects.filter(state="open").exists(), "and does not come back to where it was"
