"""From the sentence to the confirmation, as actions."""

import datetime as dt

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from accelerator.actions import apply
from accelerator.models import Answer, Application, KeptText
from accelerator.rules import apply as rules
from notifications import reminders
from notifications.models import OutboxMessage
from tests.accelerator.factories import (
    GOOD_ANSWERS,
    a_draft,
    a_full_draft,
    a_manager,
    a_person,
    a_wave,
    an_application,
    answer,
    close_call,
)
from ui.errors import DomainError, Invalid, Missing, NotAllowed

pytestmark = pytest.mark.django_db


def the_question(application, key="problem"):
    return application.wave.question_set.questions.get(key=key)


def save(application, value, *, by=None, key="problem", seen=0, page=""):
    return apply.save_answer(
        by=by or application.lead,
        application=application,
        question=the_question(application, key),
        value=value,
        seen_version=seen,
        page=page,
    )


class AtTheDoor:
    sentence = "Bigger clocks on the ward"
    onward = ""
    placement = None


def test_a_sentence_at_the_door_is_a_draft_with_its_first_answer_from_that_second():
    wave, user = a_wave(), a_person()
    url = apply.from_the_door(user, AtTheDoor())
    draft = Application.objects.get(lead=user)
    assert (draft.wave, draft.state, draft.sentence) == (wave, "draft", "Bigger clocks on the ward")
    assert draft.answers.get().value == "Bigger clocks on the ward"
    assert url == f"/applications/{draft.pk}/"


def test_the_door_called_again_for_the_same_start_finds_the_same_draft_even_after_it_was_sent():
    a_wave()
    user = a_person()
    first = apply.from_the_door(user, AtTheDoor())
    assert apply.from_the_door(user, AtTheDoor()) == first
    draft = Application.objects.get(lead=user)
    answer(draft, **{k: v for k, v in GOOD_ANSWERS.items() if k != "sentence"})
    apply.submit(by=user, application=draft)
    assert apply.from_the_door(user, AtTheDoor()) == first


def test_a_second_sentence_does_not_overwrite_the_first_but_is_kept_beside_it():
    draft = a_draft(sentence="Bigger clocks")
    apply.begin(by=draft.lead, wave=draft.wave, sentence="Quieter bins")
    assert draft.answers.get().value == "Bigger clocks"
    assert KeptText.objects.get(application=draft).value == "Quieter bins"


def test_without_any_wave_an_idea_is_kept_and_moves_into_the_next_call():
    user = a_person()
    kept = apply.begin(by=user, wave=None, sentence="Bigger clocks")
    assert kept.wave is None
    wave = a_wave()
    moved = apply.begin(by=user, wave=wave)
    assert moved.pk == kept.pk
    assert moved.wave == wave
    assert moved.answers.get().value == "Bigger clocks"


def test_a_closed_call_takes_no_new_draft_and_says_when_it_closed():
    wave = a_wave(call="closed")
    with pytest.raises(DomainError, match="closed on"):
        apply.begin(by=a_person(), wave=wave, sentence="Bigger clocks")
    assert not Application.objects.exists()


def test_saving_counts_versions_and_the_same_text_again_changes_nothing():
    draft = a_draft()
    save(draft, "One")
    save(draft, "One", seen=1)
    save(draft, "Two", seen=1)
    stands = Answer.objects.get(application=draft, question__key="problem")
    assert (stands.value, stands.version) == ("Two", 2)


def test_a_stale_page_overwrites_nothing_and_loses_nothing():
    draft = a_draft()
    colleague = a_person()
    apply.invite(by=draft.lead, application=draft, user=colleague, may="edit")
    apply.join(by=colleague, application=draft)
    save(draft, "What the lead wrote", seen=0)
    saved = save(draft, "What the colleague wrote", by=colleague, seen=0)
    assert saved.stale
    assert saved.answer.value == "What the lead wrote"
    assert saved.kept.value == "What the colleague wrote"
    settled = save(draft, "Both together", by=colleague, seen=1)
    assert not settled.stale
    assert not KeptText.objects.exists()


def test_a_page_that_saved_itself_is_not_stale_for_its_own_next_save():
    draft = a_draft()
    save(draft, "Half a sen", seen=0, page="page-1")
    assert not save(draft, "Half a sentence", seen=0, page="page-1").stale
    assert save(draft, "From another tab", seen=0, page="page-2").stale


def test_only_those_asked_to_write_may_write_and_strangers_learn_nothing():
    draft, reader, stranger = a_draft(), a_person(), a_person()
    apply.invite(by=draft.lead, application=draft, user=reader, may="view")
    with pytest.raises(Missing):
        save(draft, "Not joined yet", by=reader)
    apply.join(by=reader, application=draft)
    with pytest.raises(NotAllowed):
        save(draft, "Only a reader", by=reader)
    with pytest.raises(Missing):
        save(draft, "Stranger", by=stranger)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("stage", "nonsense"),
        ("stage", ["thought"]),
        ("unfair", "age"),
        ("unfair", ["age", "hack"]),
        ("problem", "x" * 20_001),
    ],
)
def test_what_no_page_sends_is_refused(key, value):
    draft = a_draft()
    with pytest.raises(Invalid):
        save(draft, value, key=key)
    assert not draft.answers.filter(question__key=key).exists()


def test_a_question_of_another_set_is_missing():
    draft, other = a_draft(), a_draft(wave=a_wave())
    question = the_question(other)
    question.pk, question.question_set = None, type(question.question_set).objects.create(name="Another")
    question.save()
    with pytest.raises(Missing):
        apply.save_answer(by=draft.lead, application=draft, question=question, value="x", seen_version=0)


def test_submitting_checks_everything_again_names_what_is_missing_and_sends_one_mail(
    django_capture_on_commit_callbacks,
):
    draft = a_draft()
    with pytest.raises(Invalid, match="Write an answer: the problem"):
        apply.submit(by=draft.lead, application=draft)
    full = a_full_draft(wave=draft.wave)
    sent = apply.submit(by=full.lead, application=full)
    assert (sent.state, sent.submitted_at is not None) == ("submitted", True)
    apply.submit(by=full.lead, application=full)
    mail = OutboxMessage.objects.get(user=full.lead)
    assert mail.kind == "application_received"
    assert "Picture cards" in mail.text


def test_an_answer_over_its_limit_stays_in_the_draft_and_stops_the_sending():
    draft = a_full_draft()
    save(draft, "word " * 251, seen=1)
    assert draft.answers.get(question__key="problem").value.startswith("word")
    with pytest.raises(Invalid, match="1 word too long"):
        apply.submit(by=draft.lead, application=draft)


def test_after_the_close_a_draft_is_told_plainly_and_keeps_its_words():
    draft = a_full_draft()
    close_call(draft.wave)
    draft.refresh_from_db()
    assert not save(draft, "Typed as the call closed", seen=1).stale
    with pytest.raises(DomainError, match="Everything you wrote is kept"):
        apply.submit(by=draft.lead, application=draft)
    assert draft.answers.get(question__key="problem").value == "Typed as the call closed"


def test_more_time_for_one_applicant_needs_a_manager_and_a_reason():
    draft = a_full_draft()
    close_call(draft.wave)
    until = timezone.now() + dt.timedelta(days=2)
    with pytest.raises(NotAllowed):
        apply.extend(by=draft.lead, application=draft, until=until, reason="Please")
    with pytest.raises(Invalid):
        apply.extend(by=a_manager(), application=draft, until=until, reason=" ")
    apply.extend(by=a_manager(), application=draft, until=until, reason="Was in hospital")
    draft.refresh_from_db()
    assert apply.submit(by=draft.lead, application=draft).state == "submitted"


def test_what_is_typed_after_sending_is_kept_beside_it():
    sent = an_application()
    saved = save(sent, "A better thought", seen=1)
    assert saved.stale
    assert saved.answer.value == GOOD_ANSWERS["problem"]
    assert KeptText.objects.get().value == "A better thought"


def test_withdrawing_twice_is_withdrawing_once_and_keeps_the_answers():
    sent = an_application()
    apply.withdraw(by=sent.lead, application=sent)
    again = apply.withdraw(by=sent.lead, application=sent)
    assert again.state == "withdrawn"
    assert again.answers.count() == len(GOOD_ANSWERS)
    with pytest.raises(DomainError):
        apply.submit(by=sent.lead, application=sent)


def test_only_the_lead_sends_and_withdraws():
    draft, colleague = a_full_draft(), a_person()
    apply.invite(by=draft.lead, application=draft, user=colleague, may="edit")
    apply.join(by=colleague, application=draft)
    for action in (apply.submit, apply.withdraw):
        with pytest.raises(NotAllowed):
            action(by=colleague, application=draft)


@pytest.mark.parametrize(
    "broken",
    [
        {"state": "submitted"},
        {"state": "draft", "submitted_at": timezone.now()},
        {"state": "submitted", "submitted_at": timezone.now(), "wave": None},
        {"state": "withdrawn"},
    ],
)
def test_the_database_ties_times_to_states(broken):
    draft = a_draft()
    with pytest.raises(IntegrityError), transaction.atomic():
        Application.objects.filter(pk=draft.pk).update(**broken)


def test_the_database_allows_one_draft_a_person_and_wave_and_one_without_a_wave():
    draft = a_draft()
    with pytest.raises(IntegrityError), transaction.atomic():
        Application.objects.create(lead=draft.lead, wave=draft.wave)
    Application.objects.create(lead=draft.lead)
    with pytest.raises(IntegrityError), transaction.atomic():
        Application.objects.create(lead=draft.lead)


def test_the_public_label_is_calm_at_every_step():
    wave = a_wave()
    draft = a_draft(wave=wave)
    now = timezone.now()
    assert rules.standing(draft, now=now).label == "Draft"
    assert rules.standing(draft, now=now + dt.timedelta(days=21)).label == "Not sent"
    sent = an_application(wave=wave)
    assert rules.standing(sent, public_phase="Being read", now=now).label == "Being read"
    assert rules.standing(sent, outcome="decline", now=now).label == "Not this time"


def test_drafts_hear_7_2_and_1_days_before_the_close_until_they_are_sent():
    from accelerator.reminders_apply import drafts_before_close

    with time_machine.travel(dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC), tick=False):
        wave = a_wave(call_closes=dt.datetime(2026, 3, 20, 17, tzinfo=dt.UTC))
        draft = a_full_draft(wave=wave)
    for day, expected in [(12, []), (13, ["7"]), (16, ["7"]), (18, ["2"]), (19, ["1"]), (21, [])]:
        now = dt.datetime(2026, 3, day, 12, tzinfo=dt.UTC)
        assert [due.key.rsplit(":", 1)[1] for due in drafts_before_close(now)] == expected, day
    with time_machine.travel(dt.datetime(2026, 3, 14, 12, tzinfo=dt.UTC), tick=False):
        apply.submit(by=draft.lead, application=draft)
    assert list(drafts_before_close(dt.datetime(2026, 3, 18, 12, tzinfo=dt.UTC))) == []


def test_a_draft_with_more_time_hears_before_its_own_close():
    from accelerator.reminders_apply import drafts_before_close, not_sent

    with time_machine.travel(dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC), tick=False):
        wave = a_wave(call_closes=dt.datetime(2026, 3, 20, 17, tzinfo=dt.UTC))
        draft = a_full_draft(wave=wave)
        until = dt.datetime(2026, 4, 10, 16, tzinfo=dt.UTC)
        apply.extend(by=a_manager(), application=draft, until=until, reason="Night shifts.")
    for day, expected in [((3, 19), []), ((3, 22), []), ((4, 3), ["7"]), ((4, 9), ["1"]), ((4, 11), [])]:
        now = dt.datetime(2026, *day, 12, tzinfo=dt.UTC)
        found = list(drafts_before_close(now))
        assert [due.key.rsplit(":", 1)[1] for due in found] == expected, day
        assert all("10 Apr" in due.context["closes"] for due in found)
        assert bool(list(not_sent(now))) == (day == (4, 11)), day


def test_whoevers_draft_was_not_sent_is_told_so_plainly_once_after_the_close():
    from accelerator.reminders_apply import not_sent

    with time_machine.travel(dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC), tick=False):
        wave = a_wave(call_closes=dt.datetime(2026, 3, 20, 17, tzinfo=dt.UTC))
        draft, sent = a_full_draft(wave=wave), an_application(wave=wave)
        apply.withdraw(by=(back := a_full_draft(wave=wave)).lead, application=back)
    assert sent.state == "submitted"
    for day, told in [(20, []), (21, [draft.lead]), (23, [draft.lead]), (26, [])]:
        with time_machine.travel(now := dt.datetime(2026, 3, day, 12, tzinfo=dt.UTC), tick=False):
            assert [due.user for due in not_sent(now)] == told, day
    with time_machine.travel(dt.datetime(2026, 3, 21, 12, tzinfo=dt.UTC), tick=False):
        for _sweep in range(2):
            reminders.sweep(now=timezone.now())
    letters = OutboxMessage.objects.filter(user=draft.lead, kind="application_draft")
    assert [letter.subject for letter in letters] == ["The call has closed: your idea was not sent, and is kept"]
    assert draft.sentence in letters[0].text and "everything you wrote is kept" in letters[0].text


def test_a_close_that_moves_is_told_anew():
    from accelerator.reminders_apply import drafts_before_close

    with time_machine.travel(dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC), tick=False):
        draft = a_draft(wave=(wave := a_wave(call_closes=dt.datetime(2026, 3, 20, 17, tzinfo=dt.UTC))))
    before = {due.key for due in drafts_before_close(dt.datetime(2026, 3, 19, 12, tzinfo=dt.UTC))}
    type(wave).objects.filter(pk=draft.wave_id).update(call_closes=dt.datetime(2026, 3, 25, 17, tzinfo=dt.UTC))
    after = {due.key for due in drafts_before_close(dt.datetime(2026, 3, 24, 12, tzinfo=dt.UTC))}
    assert len(before) == len(after) == 1 and not after & before  # the day before the new close, told once more


def test_those_who_wait_hear_something_every_two_weeks_until_the_letter():
    from accelerator.reminders_apply import still_waiting

    sent = an_application()
    keys = [
        [due.key for due in still_waiting(sent.submitted_at + dt.timedelta(days=days))] for days in (13, 14, 27, 28)
    ]
    assert keys == [[], [f"{sent.pk}:1"], [f"{sent.pk}:1"], [f"{sent.pk}:2"]]
