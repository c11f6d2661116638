"""Inviting to an address says nothing about whose it is: to a pot, a group session, an application."""

import datetime as dt
import re

import pytest
from django.test import Client
from django.utils import timezone

from accelerator.actions import apply
from notifications.models import InboxItem, OutboxMessage
from people import limits
from people.actions import sign_in as codes
from people.models import Block, SignInCode, User
from tests.accelerator.factories import a_draft as an_idea
from tests.people.factories import make_user
from tests.timebank.browsing import text_of
from tests.timebank.factories import a_member, a_pot
from tests.timebank.group_sessions.factories import a_draft
from timebank.actions import asked, group_sessions, pot_people, pots
from timebank.models import GroupProvider, PotInvitation, PotSteward
from ui.errors import Invalid, TooMany

pytestmark = pytest.mark.django_db
QUEUED = OutboxMessage.State.QUEUED


def place_of(kind):
    """(inviter, path of the page that lists, path that takes the form, what else the form wants)."""
    inviter = a_member("Ina Inviter")
    if kind == "pot":
        pot = a_pot(inviter)
        return inviter, f"/timebank/pots/{pot.pk}/people/", f"/timebank/pots/{pot.pk}/people/", {}
    if kind == "session":
        page = f"/timebank/group-sessions/{a_draft(inviter).pk}/"
        return inviter, page, f"{page}ask/", {"preparation": "0.5"}
    page = f"/applications/{an_idea(inviter).pk}/invite/"
    return inviter, page, page, {"may": "edit"}


KINDS = ["pot", "session", "application"]


def browser_of(user):
    client = Client()
    client.force_login(user)
    return client


def addresses_of_all_sorts(inviter):
    """Addresses by what they are: nobody's, a member's, somebody's who is not on board, paused, or has blocked the inviter."""
    blocked = make_user("bea@mail.example", name="Bea Blocked")
    Block.objects.create(blocker=blocked, blocked=inviter)
    return {
        "nobody": "nobody@mail.example",
        "member": make_user("mel@mail.example", name="Mel Member").email,
        "newcomer": make_user("new@mail.example", name="Nia Newcomer", aboard=False).email,
        "paused": make_user("pat@mail.example", name="Pat Paused", suspended_at=timezone.now()).email,
        "blocked": blocked.email,
    }


@pytest.mark.parametrize("kind", KINDS)
def test_the_answer_and_the_page_after_are_the_same_whoever_has_the_address(kind):
    shown = {}
    for who in ["nobody", "member", "newcomer", "paused", "blocked"]:
        inviter, page, form, more = place_of(kind)
        User.objects.filter(email__endswith="@mail.example").update(email=None)
        email = addresses_of_all_sorts(inviter)[who]
        client = browser_of(inviter)
        answer = client.post(form, {"email": email, **more}, follow=True)
        text = text_of(answer) + text_of(client.get(page))
        assert email in text
        assert not re.search("Mel Member|Nia Newcomer|Pat Paused|Bea Blocked", text)
        shown[who] = re.sub(r"/timebank/pots/join/\S+|/j/\S+", "LINK", text.replace(email, "ADDRESS"))
    assert len(set(shown.values())) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_who_is_paused_or_has_blocked_the_inviter_gets_nothing(kind):
    inviter, _page, form, more = place_of(kind)
    sorts = addresses_of_all_sorts(inviter)
    before = InboxItem.objects.count()
    for who in ("paused", "blocked"):
        assert browser_of(inviter).post(form, {"email": sorts[who], **more}).status_code == 302
    assert InboxItem.objects.count() == before
    about = OutboxMessage.objects.filter(to_email__in=sorts.values()) | OutboxMessage.objects.filter(
        user__email__in=[sorts["paused"], sorts["blocked"]]
    )
    assert not about.filter(state=QUEUED).exists()


def enter(email):
    """Signs in by a code, as the page does."""
    codes.send_code(email=email, ip_key="here")
    sent = SignInCode.objects.latest("created_at")
    SignInCode.objects.filter(pk=sent.pk).update(code_hash=codes._hash_code(email, "123456"))
    return codes.confirm(email=email, code="123456", ip_key="here").user


def test_a_stranger_who_comes_aboard_finds_the_pot_and_the_session_waiting():
    host = a_member("Hana Host")
    pot, session = a_pot(host), a_draft(host)
    pot_people.invite(by=host, pot=pot, email="new@mail.example")
    group_sessions.ask_to_give(by=host, session=session, email="New@mail.example", preparation=30)
    assert set(OutboxMessage.objects.filter(to_email="new@mail.example").values_list("url", flat=True)) == {
        f"/timebank/pots/{pot.pk}/", f"/timebank/group-sessions/{session.pk}/"
    }  # fmt: skip

    user = enter("new@mail.example")
    User.objects.filter(pk=user.pk).update(conduct_accepted_at=timezone.now(), name="Nia New")
    user.refresh_from_db()
    assert (
        "asks you to give this together"
        in browser_of(user).get(f"/timebank/group-sessions/{session.pk}/").content.decode()
    )
    pot_people.answer_invitation(by=user, pot=pot, yes=True)
    group_sessions.answer_to_give(by=user, session=session, yes=True)

    assert pots.is_steward(user, pot)
    assert not PotInvitation.objects.exclude(email="") and not GroupProvider.objects.exclude(email="")
    page = browser_of(host).get(f"/timebank/pots/{pot.pk}/people/").content.decode()
    assert "Nia New" in page and "new@mail.example" not in page


def test_whoever_blocked_the_inviter_before_signing_in_finds_nothing():
    host = a_member()
    pot = a_pot(host)
    blocked = make_user("bea@mail.example")
    Block.objects.create(blocker=blocked, blocked=host)
    pot_people.invite(by=host, pot=pot, email=blocked.email)
    enter(blocked.email)
    assert PotInvitation.objects.get().user is None


def test_a_no_names_nobody():
    host, other = a_member("Hana Host"), make_user("mel@mail.example", name="Mel Member")
    pot, session = a_pot(host), a_draft(host)
    pot_people.invite(by=host, pot=pot, email=other.email)
    group_sessions.ask_to_give(by=host, session=session, email=other.email)
    pot_people.answer_invitation(by=other, pot=pot, yes=False)
    group_sessions.answer_to_give(by=other, session=session, yes=False)
    read = [item.subject + item.text for item in InboxItem.objects.filter(user=host)]
    assert len(read) == 2
    assert all("mel@mail.example" in words and "Mel Member" not in words for words in read)


def test_the_address_of_another_steward_is_not_confirmed():
    one, two = a_member(), make_user("two@mail.example", name="Two")
    pot = a_pot(one)
    PotSteward.objects.create(pot=pot, user=two)
    invitation = pot_people.invite(by=one, pot=pot, email=two.email)
    assert invitation.user is None
    assert not OutboxMessage.objects.filter(user=two).exists()
    assert not OutboxMessage.objects.filter(to_email=two.email).exists()


@pytest.mark.parametrize("kind", KINDS)
def test_a_person_invites_so_many_a_day_and_then_is_told_with_nothing_typed_lost(kind):
    inviter, _page, form, more = place_of(kind)
    for number in range(limits.LIMITS["invitations-by-person"][0]):
        limits.count("invitations-by-person", str(inviter.pk))
        assert number < 100
    answer = browser_of(inviter).post(form, {"email": "one-too-many@mail.example", **more})
    assert answer.status_code == 429
    assert "Wait 24 hours" in answer.content.decode()
    assert "one-too-many@mail.example" in answer.content.decode()
    assert not OutboxMessage.objects.exists()


def test_an_address_gets_so_many_invitations_a_day_from_whomever():
    email, most = "popular@mail.example", limits.LIMITS["invitations-to-address"][0]
    for _number in range(most):
        host = a_member()
        pot_people.invite(by=host, pot=a_pot(host), email=email)
    host = a_member()
    with pytest.raises(TooMany):
        pot_people.invite(by=host, pot=a_pot(host), email=email.upper())
    assert OutboxMessage.objects.filter(to_email=email).count() == most


@pytest.mark.parametrize("kind", KINDS)
def test_a_look_alike_of_a_members_address_reaches_nobody(kind):
    make_user("sam@mail.example", name="Sam")
    inviter, _page, form, more = place_of(kind)
    answer = browser_of(inviter).post(form, {"email": "ſam@mail.example", **more})
    assert answer.status_code == 422
    assert "as your mail provider writes it" in answer.content.decode()
    assert not OutboxMessage.objects.exists()


def test_an_application_takes_no_look_alike_either():
    draft = an_idea(a_member())
    with pytest.raises(Invalid, match="as your mail provider writes it"):
        apply.invite_by_email(by=draft.lead, application=draft, email="ſam@mail.example")


def test_an_address_that_nobody_answers_for_is_forgotten_after_ninety_days():
    host = a_member()
    pot, session = a_pot(host), a_draft(host)
    pot_people.invite(by=host, pot=pot, email="nobody@mail.example")
    group_sessions.ask_to_give(by=host, session=session, email="nobody@mail.example")
    assert asked.purge(timezone.now() + dt.timedelta(days=89)) == 0
    assert asked.purge(session.starts_at + dt.timedelta(days=91)) == 2
    assert not PotInvitation.objects.exists() and session.providers.get().user == host
