"""What those who work on an application say about its answers: to one another, and to nobody else."""

import uuid

import pytest

from accelerator.actions import apply, comments, quarantine, questions, versions
from accelerator.models import AnswerComment, CoApplicant
from notifications.models import OutboxMessage
from tests.accelerator.factories import a_draft, a_full_draft, a_manager, a_person, a_wave, an_assignment, answer
from tests.matrix import make_client
from ui.errors import DomainError, Missing, NotAllowed

pytestmark = pytest.mark.django_db
WORDS = "Say how many cups you counted."


def a_key() -> str:
    return str(uuid.uuid4())


def joined(draft, may, name=""):
    person = a_person(name)
    CoApplicant.objects.create(application=draft, user=person, may=may, accepted_at=draft.created_at)
    return person


def about(draft, key="problem"):
    return draft.wave.question_set.questions.get(key=key)


def page(draft, key="problem"):
    return f"/applications/{draft.pk}/question/{key}/comments/"


def said(draft, by, text=WORDS):
    return comments.say(by=by, application=draft, question=about(draft), text=text, key=a_key())


def test_a_comment_is_read_by_all_who_work_on_it_and_the_others_are_told_that_there_is_one():
    draft = a_draft()
    sam, ann, asked = joined(draft, "comment", "Sam Osei"), joined(draft, "edit"), a_person()
    CoApplicant.objects.create(application=draft, user=asked, may="edit")  # and has not joined
    client, sent = make_client(sam), {"text": WORDS, "key": a_key()}
    for _click in range(2):
        assert client.post(page(draft), sent).status_code == 302
    assert AnswerComment.objects.get().text == WORDS
    told = OutboxMessage.objects.filter(kind="application_comment")
    assert {one.user for one in told} == {draft.lead, ann}
    assert all("Sam Osei" in one.subject and WORDS not in one.text for one in told)
    for reader in (draft.lead, ann, sam, joined(draft, "view")):
        theirs = make_client(reader)
        assert WORDS in theirs.get(page(draft)).content.decode()
        assert "1 comment on this answer" in theirs.get(page(draft)[: -len("comments/")]).content.decode()
    assert WORDS not in make_client(sam).get(page(draft, "idea")).content.decode()


def test_who_may_only_read_says_nothing_and_strangers_find_nothing():
    draft = a_draft()
    reads, asked, stranger = joined(draft, "view"), a_person(), a_person()
    CoApplicant.objects.create(application=draft, user=asked, may="comment")  # and has not joined
    said(draft, draft.lead)
    assert "What do you want to say?" not in make_client(reads).get(page(draft)).content.decode()
    assert make_client(reads).post(page(draft), {"text": "No", "key": a_key()}).status_code == 403
    for nobody in (asked, stranger, a_manager()):
        client = make_client(nobody)
        assert client.get(page(draft)).status_code == 404 == client.post(page(draft), {"text": "No"}).status_code
        with pytest.raises(Missing):
            said(draft, nobody)
    assert AnswerComment.objects.count() == 1


def test_its_author_and_the_lead_take_a_comment_away_and_nobody_else():
    draft = a_draft()
    sam, ann = joined(draft, "comment"), joined(draft, "edit")
    first, second = said(draft, sam), said(draft, sam, "And where.")
    with pytest.raises(NotAllowed):
        comments.take_away(by=ann, application=draft, comment_id=first.pk)
    assert make_client(sam).post(page(draft), {"away": str(first.pk)}).status_code == 302
    for _click in range(2):
        assert make_client(draft.lead).post(page(draft), {"away": str(second.pk)}).status_code == 302
    assert not AnswerComment.objects.exists()
    other = a_draft()
    theirs = said(other, other.lead)
    make_client(draft.lead).post(page(draft), {"away": str(theirs.pk)})
    assert make_client(draft.lead).post(page(draft), {"away": "x"}).status_code == 404
    assert AnswerComment.objects.get() == theirs


@pytest.mark.parametrize("text", ["", "   ", "long " * 500])
def test_a_comment_that_cannot_be_kept_comes_back_with_what_was_typed(text):
    draft = a_draft()
    answered = make_client(draft.lead).post(page(draft), {"text": text, "key": a_key()})
    assert answered.status_code == 422 and "There is a problem" in answered.content.decode()
    assert text.strip()[:40] in answered.content.decode()
    assert not AnswerComment.objects.exists()


def test_once_it_is_sent_nothing_more_is_said_and_reviewers_never_read_it():
    draft = a_full_draft()
    said(draft, draft.lead, "Grace thinks so")
    apply.submit(by=draft.lead, application=draft)
    with pytest.raises(DomainError, match="no draft any more"):
        said(draft, draft.lead)
    given = an_assignment(draft)
    given.state = "accepted"
    given.save(update_fields=["state"])
    client = make_client(given.reviewer)
    assert client.get(page(draft)).status_code == 404
    assert "Grace thinks" not in client.get(f"/reviews/{given.pk}/").content.decode()


def test_a_comment_goes_with_its_answer_when_that_names_a_patient_and_into_a_new_version_of_the_questions():
    manager, wave = a_manager(), a_wave(call="ahead")
    draft = a_draft(wave=wave)
    answer(draft, problem="Mrs Smith fell.")
    said(draft, draft.lead, "Mrs Smith of bed four?")
    new = questions.new_version(by=manager, question_set=wave.question_set)
    questions.use_in_wave(by=manager, wave=wave, question_set=versions.publish(by=manager, versioned=new))
    draft = type(draft).objects.get(pk=draft.pk)
    assert "bed four" in make_client(draft.lead).get(page(draft)).content.decode()
    flagged = quarantine.flag(by=draft.lead, application=draft, question=about(draft))
    quarantine.quarantine(by=manager, flagged=flagged)
    assert not AnswerComment.objects.exists()


def test_the_page_costs_the_same_however_much_is_said(django_assert_max_num_queries):
    draft = a_draft()
    people = [joined(draft, "comment") for _number in range(5)]
    AnswerComment.objects.bulk_create(
        AnswerComment(application=draft, question=about(draft), author=people[n % 5], text=f"{n}", key=a_key())
        for n in range(60)
    )
    client = make_client(draft.lead)
    client.get(page(draft))
    with django_assert_max_num_queries(16):
        assert "59" in client.get(page(draft)).content.decode()
