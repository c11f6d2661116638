"""Asking others to join an application, and more time for one applicant."""

import datetime as dt
from urllib.parse import unquote

import pytest
from django.utils import timezone

from accelerator.actions import apply
from accelerator.models import CoApplicant
from accelerator.queries.conflicts import conflicts
from notifications.models import OutboxMessage
from people.actions.privacy import close_account
from tests.accelerator.factories import a_draft, a_full_draft, a_manager, a_person, a_wave, an_application, close_call
from tests.matrix import make_client
from ui.errors import DomainError, NotAllowed

pytestmark = pytest.mark.django_db


def invited() -> list[tuple]:
    return [(one.user, one.to_email) for one in OutboxMessage.objects.filter(kind="application_invited").order_by("id")]


def test_a_member_is_asked_by_address_once_joins_and_writes():
    draft, friend = a_draft(), a_person(email="fran@friends.example")
    client = make_client(draft.lead)
    for _click in range(2):
        answer = client.post(f"/applications/{draft.pk}/invite/", {"email": "Fran@friends.example", "may": "edit"})
        assert answer.status_code == 302
    assert [user for user, _email in invited()] == [friend]
    theirs = make_client(friend)
    assert theirs.post(f"/applications/{draft.pk}/join/").status_code == 302
    joined = CoApplicant.objects.get()
    assert (joined.user, joined.may, joined.accepted_at is not None) == (friend, "edit", True)
    assert str(friend) in client.get(f"/applications/{draft.pk}/invite/").content.decode()


def test_somebody_who_was_no_member_joins_straight_from_the_link_once_they_are_on_board(client):
    draft = a_draft()
    make_client(draft.lead).post(f"/applications/{draft.pk}/invite/", {"email": "Nell@friends.example", "may": "edit"})
    letter = OutboxMessage.objects.get(to_email="nell@friends.example")
    assert "Nell" not in letter.url and "nell" not in letter.url
    to_sign_in = client.get(letter.url)
    assert to_sign_in.status_code == 302 and f"next={letter.url}" in unquote(to_sign_in.url)
    stranger = make_client(a_person())
    assert stranger.get(letter.url).status_code == 404 == stranger.post(letter.url).status_code
    assert not CoApplicant.objects.exists()

    nell = a_person("Nell Fox", email="nell@friends.example")
    hers = make_client(nell)
    assert draft.sentence in hers.get(letter.url).content.decode()
    assert not CoApplicant.objects.exists()
    for _click in range(2):
        assert hers.post(letter.url).url == f"/applications/{draft.pk}/"
    joined = CoApplicant.objects.get()
    assert (joined.user, joined.may, joined.accepted_at is not None) == (nell, "edit", True)
    assert hers.get(f"/applications/{draft.pk}/").status_code == 200


def test_everybody_who_works_on_it_hears_that_it_was_sent_and_nobody_else():
    draft, friend, asked = a_full_draft(), a_person("Fran Friend"), a_person("Ivo Invited")
    apply.invite(by=draft.lead, application=draft, user=friend, may="view")
    apply.join(by=friend, application=draft)
    apply.invite(by=draft.lead, application=draft, user=asked, may="edit")
    apply.submit(by=draft.lead, application=draft)
    told = {one.user: one for one in OutboxMessage.objects.filter(kind="application_received")}
    assert set(told) == {draft.lead, friend}
    assert f"{draft.lead} has sent in the idea" in told[friend].text
    assert "Thank you for sending us" in told[draft.lead].text
    assert make_client(friend).get(told[friend].url).status_code == 200
    seen_by_manager = make_client(a_manager()).get(f"/selection/application/{draft.pk}/").content.decode()
    assert "With Fran Friend" in seen_by_manager and "Ivo Invited" not in seen_by_manager


def test_the_link_of_an_invitation_leads_nowhere_once_the_application_is_gone_in():
    draft = a_full_draft()
    apply.invite_by_email(by=draft.lead, application=draft, email="nell@friends.example", may="edit")
    letter = OutboxMessage.objects.get(to_email="nell@friends.example")
    apply.submit(by=draft.lead, application=draft)
    answer = make_client(a_person(email="nell@friends.example")).post(letter.url)
    assert answer.status_code == 409 and "no draft any more" in answer.content.decode()
    assert not CoApplicant.objects.exists()


def test_the_lead_cannot_tell_a_members_address_from_any_other():
    draft, member = a_draft(), a_person(name="Mina Member", email="mina@friends.example")
    client = make_client(draft.lead)
    pages = []
    for email in ("mina@friends.example", "nobody@friends.example"):
        answer = client.post(f"/applications/{draft.pk}/invite/", {"email": email, "may": "view"}, follow=True)
        pages.append(answer.content.decode())
        assert "We have written to" in pages[-1] and email in pages[-1]
    assert "Mina Member" not in "".join(pages)
    assert len(invited()) == 2 and invited()[1][1] == "nobody@friends.example"
    assert CoApplicant.objects.get().user == member


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"email": "not an address", "may": "edit"},
        {"email": "a@b.example", "may": "own"},
        {"email": "a@b.example"},
        {"email": "x" * 400 + "@b.example", "may": "edit"},
    ],
)
def test_an_invitation_that_cannot_be_sent_comes_back_with_what_was_typed(given):
    draft = a_draft()
    answer = make_client(draft.lead).post(f"/applications/{draft.pk}/invite/", given)
    assert answer.status_code == 422
    assert given.get("email", "") in answer.content.decode()
    assert not invited() and not CoApplicant.objects.exists()


def test_nobody_invites_themselves_strangers_invite_nobody_and_a_sent_application_is_closed():
    draft, sent = a_draft(), an_application()
    own = make_client(draft.lead).post(f"/applications/{draft.pk}/invite/", {"email": draft.lead.email, "may": "edit"})
    assert own.status_code == 422 and "You are on this application already" in own.content.decode()
    stranger = make_client(a_person())
    good = {"email": "a@b.example", "may": "edit"}
    assert stranger.post(f"/applications/{draft.pk}/invite/", good).status_code == 404
    assert make_client(sent.lead).post(f"/applications/{sent.pk}/invite/", good).status_code == 409
    reader = a_person()
    apply.invite(by=draft.lead, application=draft, user=reader, may="edit")
    apply.join(by=reader, application=draft)
    with pytest.raises(NotAllowed):
        apply.invite_by_email(by=reader, application=draft, email="a@b.example")
    assert not invited()


def a_co_applicant(draft, may: str = "edit", name: str = "Fran Friend"):
    friend = a_person(name)
    apply.invite_by_email(by=draft.lead, application=draft, email=friend.email, may=may)
    apply.join(by=friend, application=draft)
    return friend


def test_the_lead_takes_somebody_off_who_then_reads_nothing_and_can_be_asked_again():
    draft = a_draft()
    friend = a_co_applicant(draft)
    client, theirs = make_client(draft.lead), make_client(friend)
    assert theirs.get(f"/applications/{draft.pk}/").status_code == 200
    who = str(CoApplicant.objects.get().pk)
    for _click in range(2):
        assert client.post(f"/applications/{draft.pk}/invite/take-off/", {"who": who}).status_code == 302
    shown = client.get(f"/applications/{draft.pk}/invite/").content.decode()
    assert "With you" not in shown and friend.email not in shown.partition("<main")[2]
    for path in ("", "question/problem/", "question/problem/comments/", "join/"):
        assert theirs.get(f"/applications/{draft.pk}/{path}").status_code == 404, path
    assert theirs.post(f"/applications/{draft.pk}/join/").status_code == 404
    apply.invite_by_email(by=draft.lead, application=draft, email=friend.email, may="view")
    assert theirs.post(f"/applications/{draft.pk}/join/").status_code == 302
    assert theirs.get(f"/applications/{draft.pk}/").status_code == 200


def test_whoever_was_taken_off_never_reviews_it():
    draft = a_full_draft()
    friend = a_co_applicant(draft)
    apply.take_off(by=draft.lead, application=draft, user=friend)
    sent = apply.submit(by=draft.lead, application=draft)
    assert conflicts(sent, [friend.pk])[friend.pk]


@pytest.mark.parametrize("joined", [True, False])
def test_a_co_applicant_leaves_or_says_no(joined):
    draft, friend = a_draft(), a_person()
    apply.invite(by=draft.lead, application=draft, user=friend)
    theirs = make_client(friend)
    home = theirs.get("/home/").content.decode()
    assert "You are asked to work on an idea" in home and draft.sentence in home
    if joined:
        apply.join(by=friend, application=draft)
    page = theirs.get(f"/applications/{draft.pk}/{'' if joined else 'join/'}").content.decode()
    assert ("Leave this application" if joined else "No, thank you") in page
    for _click in range(2):
        assert theirs.post(f"/applications/{draft.pk}/leave/").url == "/applications/"
    assert theirs.get(f"/applications/{draft.pk}/").status_code == 404
    assert "You are asked to work on an idea" not in theirs.get("/home/").content.decode()


def test_an_invitation_that_went_to_a_wrong_address_is_taken_back_and_its_link_is_void():
    draft = a_draft()
    client = make_client(draft.lead)
    client.post(f"/applications/{draft.pk}/invite/", {"email": "wrong@friends.example", "may": "edit"})
    link = OutboxMessage.objects.get(to_email="wrong@friends.example").url
    for _click in range(2):
        back = client.post(f"/applications/{draft.pk}/invite/take-off/", {"email": "wrong@friends.example"})
        assert back.status_code == 302
    assert "Take the invitation back" not in client.get(f"/applications/{draft.pk}/invite/").content.decode()
    stranger = make_client(a_person(email="wrong@friends.example"))
    assert stranger.get(link).status_code == 404 == stranger.post(link).status_code
    assert not CoApplicant.objects.exists()
    assert (
        client.post(f"/applications/{draft.pk}/invite/take-off/", {"email": "never@asked.example"}).status_code == 404
    )


def test_only_the_lead_takes_others_off():
    draft = a_draft()
    friend, other = a_co_applicant(draft), a_co_applicant(draft, name="Olga Other")
    place = str(CoApplicant.objects.get(user=other).pk)
    for data in ({"who": place}, {"email": other.email}):
        assert make_client(friend).post(f"/applications/{draft.pk}/invite/take-off/", data).status_code == 404
        assert make_client(a_person()).post(f"/applications/{draft.pk}/invite/take-off/", data).status_code == 404
    for refused in (
        lambda: apply.take_off(by=friend, application=draft, user=other),
        lambda: apply.uninvite(by=friend, application=draft, email=other.email),
    ):
        with pytest.raises(NotAllowed):
            refused()
    assert make_client(other).get(f"/applications/{draft.pk}/").status_code == 200
    assert make_client(draft.lead).post(f"/applications/{draft.pk}/invite/take-off/", {"who": "x"}).status_code == 404


@pytest.mark.parametrize(
    ("may", "says", "silent"),
    [
        ("view", "You can read it.", "Comment on this answer"),
        ("comment", "You can read it and comment on each answer.", "Save and continue"),
        ("edit", "You can write in it. Only", "You can read it."),
    ],
)
def test_a_co_applicants_pages_say_whose_it_is_and_what_they_may_do(may, says, silent):
    draft = a_full_draft()
    friend = a_co_applicant(draft, may)
    client = make_client(friend)
    tasks = " ".join(client.get(f"/applications/{draft.pk}/").content.decode().split())
    assert says in tasks and f"{draft.lead}’s application" in tasks and "Your application" not in tasks
    question = " ".join(client.get(f"/applications/{draft.pk}/question/problem/").content.decode().split())
    assert (("<textarea" in question), ("Comment on this answer" in question)) == (may == "edit", may != "view")
    assert draft.answers.get(question__key="problem").value in question
    assert silent not in tasks + question
    mine = client.get("/applications/").content.decode()
    assert f"led by {draft.lead}" in mine and "Only you can see it" not in mine
    assert f"You work with {draft.lead} on this" in client.get("/home/").content.decode()
    assert (
        "Work on it together: you and Fran Friend"
        in make_client(draft.lead).get(f"/applications/{draft.pk}/").content.decode()
    )


def test_an_application_writes_to_ten_addresses_and_no_more():
    draft = a_draft()
    for number in range(apply.MOST_INVITED):
        apply.invite_by_email(by=draft.lead, application=draft, email=f"n{number}@friends.example")
    with pytest.raises(DomainError, match="many people"):
        apply.invite_by_email(by=draft.lead, application=draft, email="one-more@friends.example")
    apply.invite_by_email(by=draft.lead, application=draft, email="n0@friends.example")
    assert len(invited()) == apply.MOST_INVITED


# --- More time ---


def page_of(draft) -> str:
    return f"/selection/{draft.wave.slug}/more-time/"


def fields(draft, **changes):
    """What the page's form sends."""
    day = timezone.localdate() + dt.timedelta(days=3)
    names = {"day": day.day, "month": day.month, "year": day.year}
    until = {f"until-{part}": str(number) for part, number in names.items()}
    return {"application": str(draft.pk), "reason": "Was in hospital", **until, **changes}


def test_a_manager_gives_one_applicant_more_time_who_is_told_why_and_can_send():
    draft = a_full_draft()
    close_call(draft.wave)
    client = make_client(a_manager())
    shown = client.get(page_of(draft)).content.decode()
    assert str(draft.lead) in shown and draft.sentence not in shown
    for _click in range(2):
        assert client.post(page_of(draft), fields(draft)).status_code == 302
    draft.refresh_from_db()
    assert draft.extended_until is not None
    letter = OutboxMessage.objects.get(kind="application_more_time")
    assert letter.user == draft.lead and "Was in hospital" in letter.text
    assert make_client(draft.lead).post(f"/applications/{draft.pk}/send/").status_code == 302
    draft.refresh_from_db()
    assert draft.state == "submitted"


@pytest.mark.parametrize(
    "changes",
    [
        {"reason": ""},
        {"reason": "x" * 1001},
        {"until-year": "2019"},
        {"until-month": "13"},
        {"until-day": ""},
        {"application": ""},
        {"application": "01a20551-0000-7000-8000-000000000000"},
    ],
)
def test_more_time_that_cannot_be_given_comes_back_and_changes_nothing(changes):
    draft = a_draft()
    client = make_client(a_manager())
    assert client.post(page_of(draft), fields(draft, **changes)).status_code == 422
    draft.refresh_from_db()
    assert draft.extended_until is None
    assert not OutboxMessage.objects.filter(kind="application_more_time").exists()


def test_more_time_is_not_for_what_was_sent_nor_given_by_managers_of_other_waves():
    draft, sent, other = a_draft(), an_application(), a_manager(scope=a_wave().pk)
    client = make_client(a_manager())
    assert client.post(page_of(sent), fields(sent)).status_code == 422  # no draft of this wave
    with pytest.raises(DomainError, match="no draft"):
        apply.extend(by=a_manager(), application=sent, until=timezone.now() + dt.timedelta(days=90), reason="Late")
    assert make_client(other).get(page_of(draft)).status_code == 404


def test_more_time_is_never_taken_back_and_ends_before_support_starts():
    manager, draft = a_manager(), a_draft()
    close_call(draft.wave)
    starts = timezone.localdate() + dt.timedelta(days=12)
    type(draft.wave).objects.filter(pk=draft.wave_id).update(support_starts=starts)
    client = make_client(manager)

    def give(days, **more):
        day = timezone.localdate() + dt.timedelta(days=days)
        parts = {f"until-{part}": str(getattr(day, part)) for part in ("day", "month", "year")}
        return client.post(page_of(draft), fields(draft, **parts, **more))

    assert give(8).status_code == 302
    shorter, later = give(5), give(12)
    assert shorter.status_code == later.status_code == 422
    assert "They have until" in shorter.content.decode() and "before support starts" in later.content.decode()
    assert give(11, reason="Still in hospital").status_code == 302
    assert OutboxMessage.objects.filter(kind="application_more_time").count() == 2
    page = client.get(page_of(draft)).content.decode()
    assert "Still in hospital" in page and "Was in hospital" not in page
    close_account(by=None, user=draft.lead)
    draft.refresh_from_db()
    assert draft.extended_because == ""


def test_more_time_is_given_from_the_list_of_those_who_write():
    draft = a_draft()
    page = make_client(a_manager()).get(f"{page_of(draft)}?application={draft.pk}").content.decode()
    assert f'value="{draft.pk}" selected' in page
