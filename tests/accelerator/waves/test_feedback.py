"""What applicants are promised about feedback: versioned, promised by a wave until its call opens, public, carried on."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accelerator.actions import feedback, versions, waves
from accelerator.models import FeedbackPolicy
from accelerator.rules.feedback import everybody_has_it_by
from tests.accelerator.factories import a_manager, a_person, a_wave
from tests.matrix import make_client
from ui.errors import DomainError, Invalid, NotAllowed
from ui.formats import day

pytestmark = pytest.mark.django_db
PROMISES = ["A letter for everybody.", "Somebody to ring."]


def read(path, user=None):
    return make_client(user).get(path).content.decode()


def a_published(manager, wave, days=7, promises=PROMISES):
    """The next version of what `wave` promises, in force."""
    draft = feedback.new_version(by=manager, policy=wave.feedback_policy)
    feedback.save_policy(by=manager, policy=draft, days=days, promises=promises)
    return versions.publish(by=manager, versioned=draft)


def test_every_wave_promises_something_and_its_public_page_leads_to_it():
    wave = a_wave()
    page = read(f"/waves/{wave.slug}/")
    assert f"Everybody gets feedback by {day(wave.support_starts)}" in page
    assert f'href="/waves/{wave.slug}/feedback/"' in page
    page = read(f"/waves/{wave.slug}/feedback/")
    assert f"gets feedback by {day(wave.support_starts)}, whatever the answer is" in page
    assert "an hour with somebody who coaches" in page


def test_it_is_changed_in_a_draft_looked_at_published_and_taken_up_by_a_wave_to_come():
    manager, wave = a_manager(), a_wave(call="ahead")
    used = wave.feedback_policy
    client = make_client(manager)
    for _ in range(2):
        client.post(f"/staff/feedback/{used.pk}/draft/")
    draft = FeedbackPolicy.objects.get(state="draft")
    assert (draft.version, draft.promises, draft.days) == (2, used.promises, used.days)
    home = f"/staff/feedback/{draft.pk}/"
    assert used.promises[0][:30] in client.get(f"{home}edit/").content.decode()
    for wrong in ({"days": "61"}, {"days": "-1"}, {"promises": " \n "}, {"promises": "x" * 301}, {"days": "soon"}):
        sent = {"days": "7", "promises": "\n".join(PROMISES), **wrong}
        assert client.post(f"{home}edit/", sent).status_code == 422
    assert client.post(f"{home}edit/", {"days": "7", "promises": "\n".join(PROMISES)}).status_code == 302
    page = client.get(home).content.decode()
    assert "Somebody to ring." in page and "by 7 days after support starts" in page
    assert f"{used.name}, version 2" in client.get("/staff/waves/").content.decode()
    with pytest.raises(DomainError, match="Publish the promise"):
        feedback.use_in_wave(by=manager, wave=wave, policy=draft)
    client.post(f"{home}publish/")
    assert f"/staff/waves/{wave.slug}/promise/{draft.pk}/" in client.get(f"/staff/waves/{wave.slug}/").content.decode()
    for _ in range(2):
        assert client.post(f"/staff/waves/{wave.slug}/promise/{draft.pk}/").status_code == 302
    wave.refresh_from_db()
    draft.refresh_from_db()
    assert wave.feedback_policy == draft and draft.promises == PROMISES
    by = wave.support_starts + dt.timedelta(days=7)
    assert everybody_has_it_by(draft, wave) == by and f"by {day(by)}" in read(f"/waves/{wave.slug}/feedback/")
    assert client.get(f"{home}edit/").status_code == 404, "what is published stays"
    used.refresh_from_db()
    assert used.state == "superseded"


def test_another_programme_begins_with_promises_of_its_own_and_a_draft_can_be_thrown_away():
    manager, policy = a_manager(), feedback.default_policy()
    client = make_client(manager)
    assert client.post("/staff/feedback/new/", {"name": policy.name.upper(), "like": ""}).status_code == 422
    client.post("/staff/feedback/new/", {"name": "Promises in Wales", "like": str(policy.pk)})
    made = FeedbackPolicy.objects.get(name="Promises in Wales")
    assert (made.state, made.promises) == ("draft", policy.promises)
    assert "Throw it away" in client.get(f"/staff/feedback/{made.pk}/").content.decode()
    assert client.post(f"/staff/feedback/{made.pk}/discard/")["Location"] == "/staff/waves/"
    assert client.post(f"/staff/feedback/{policy.pk}/discard/").status_code == 409
    assert list(FeedbackPolicy.objects.all()) == [policy]


def test_once_the_call_has_opened_the_promise_stays():
    manager, wave, ahead = a_manager(), a_wave(), a_wave(call="ahead")
    new = a_published(manager, ahead)
    with pytest.raises(DomainError, match="people apply on this promise"):
        feedback.use_in_wave(by=manager, wave=wave, policy=new)
    assert f"/promise/{new.pk}/" not in make_client(manager).get(f"/staff/waves/{wave.slug}/").content.decode()
    with pytest.raises(NotAllowed):
        feedback.use_in_wave(by=a_person(), wave=ahead, policy=new)


def test_a_copied_wave_promises_the_version_in_force():
    manager, wave = a_manager(), a_wave()
    new = a_published(manager, wave)
    made = waves.copy_wave(
        by=manager, wave=wave, name="The next one", call_opens=timezone.localdate() + dt.timedelta(days=40)
    )
    assert made.feedback_policy == new and wave.feedback_policy != new


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("days", {"days": 61, "promises": PROMISES}),
        ("promises", {"days": 1, "promises": []}),
        ("promises", {"days": 1, "promises": [" "]}),
        ("promises", {"days": 1, "promises": ["So."] * 11}),
    ],
)
def test_a_promise_that_is_none_is_refused(field, given):
    manager = a_manager()
    draft = feedback.new_version(by=manager, policy=feedback.default_policy())
    with pytest.raises(Invalid) as refused:
        feedback.save_policy(by=manager, policy=draft, **given)
    assert refused.value.field == field


def test_nobody_publishes_an_empty_one_and_only_managers_and_administrators_change_it():
    manager, policy = a_manager(), feedback.default_policy()
    with pytest.raises(NotAllowed):
        feedback.new_version(by=a_person(), policy=policy)
    draft = feedback.new_version(by=manager, policy=policy)
    FeedbackPolicy.objects.filter(pk=draft.pk).update(promises=[])
    with pytest.raises(DomainError, match="nothing in this version"):
        versions.publish(by=manager, versioned=draft)
    with pytest.raises(DomainError, match="published already"):
        feedback.save_policy(by=manager, policy=policy, days=1, promises=PROMISES)


def test_the_database_refuses_feedback_that_comes_too_late():
    policy = feedback.default_policy()
    with pytest.raises(IntegrityError), transaction.atomic():
        FeedbackPolicy.objects.filter(pk=policy.pk).update(days=61)
