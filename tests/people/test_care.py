"""The first administrator, roles for one wave, and what administrators do for an account."""

import io
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import Event
from notifications.models import OutboxMessage
from people import rules
from people.actions import care, factors, roles
from people.models import AccountAct, RoleGrant, User
from tests.accelerator.factories import a_wave
from tests.people.factories import an_open_reset, make_staff, make_user
from tests.signing_in import make_authenticator_app, sign_in
from ui.errors import DomainError, Invalid, NotAllowed

pytestmark = pytest.mark.django_db

LOST = "/account/second-step-lost/"


def run(*arguments):
    said = io.StringIO()
    call_command("make_administrator", *arguments, stdout=said)
    return said.getvalue()


def words_told(user, kind=factors.KIND):
    return [letter.text for letter in OutboxMessage.objects.filter(user=user, kind=kind).order_by("id")]


# --- The first administrator ---


def test_the_first_administrator_is_made_and_told_what_to_do_next():
    said = run("--email", "Ade@Example.org")
    user = User.objects.get()
    assert user.email == "ade@example.org"
    assert rules.has_role(user, "administrator")
    assert "/sign-in/" in said and "/account/second-step/" in said
    assert Event.objects.filter(verb="people.role.granted").exists()


def test_somebody_who_is_here_already_keeps_their_account():
    member = make_user("ade@example.org")
    run("--email", "ade@example.org")
    assert User.objects.get() == member
    assert rules.has_role(member, "administrator")


def test_where_there_is_an_administrator_another_needs_a_reason():
    make_staff("administrator")
    with pytest.raises(CommandError, match="already"):
        run("--email", "second@example.org")
    assert not User.objects.filter(email="second@example.org").exists()
    run("--email", "second@example.org", "--again", "The first has left the country")
    grant = RoleGrant.objects.get(user__email="second@example.org")
    assert grant.reason == "The first has left the country"


def test_an_administrator_who_cannot_sign_in_does_not_stand_in_the_way():
    make_staff("administrator", suspended_at=timezone.now())
    run("--email", "second@example.org")
    assert rules.has_role(User.objects.get(email="second@example.org"), "administrator")


@pytest.mark.parametrize("email", ["", "nobody", "x y@example.org"])
def test_what_is_no_address_makes_nobody(email):
    with pytest.raises(CommandError):
        run("--email", email)
    assert not User.objects.exists()


# --- Roles for one wave ---


def test_a_role_is_given_for_one_wave_on_the_roles_page_and_shown_with_its_name():
    wave, member = a_wave(), make_user()
    client = sign_in(Client(), make_staff("administrator"))
    page = f"/staff/people/{member.pk}/roles/"
    assert wave.name in client.get(page).content.decode()
    sent = {"role": "reviewer", "reason": "Knows wards", "scope": str(wave.pk)}
    assert client.post(page, sent).status_code == 302
    grant = RoleGrant.objects.get(user=member)
    assert (grant.role, grant.scope) == ("reviewer", str(wave.pk))
    assert client.get(page).content.decode().count(wave.name) == 2  # in the table and in the list to choose from


def test_a_role_for_everywhere_or_for_no_wave_that_there_is_is_refused():
    wave, member, admin = a_wave(), make_user(), make_staff("administrator")
    with pytest.raises(Invalid):
        roles.grant(by=admin, user=member, role="broker", reason="x", scope=wave.pk)
    with pytest.raises(Invalid):
        roles.grant(by=admin, user=member, role="reviewer", reason="x", scope=member.pk)
    assert not RoleGrant.objects.filter(user=member).exists()


# --- Sessions, second factors, accounts ---


def test_an_administrator_ends_somebodys_sessions():
    member, admin = make_user(), make_staff("administrator")
    theirs, client = sign_in(Client(), member), sign_in(Client(), admin)
    page = f"/staff/people/{member.pk}/sign-out/"
    assert client.post(page, {"reason": ""}).status_code == 422
    assert theirs.get("/account/").status_code == 200
    assert client.post(page, {"reason": "Lost her phone"}).status_code == 302
    client.post(page, {"reason": "Lost her phone"})
    assert theirs.get("/account/").status_code == 302
    assert client.get("/account/").status_code == 200
    assert AccountAct.objects.get().reason == "Lost her phone"


def test_a_lost_second_factor_is_reset_by_two_people_and_told_at_both_moments():
    member, asker, lead = make_staff("broker"), make_staff("administrator"), make_staff("safeguarding_lead")
    theirs = sign_in(Client(), member)
    act = care.ask_reset(by=asker, user=member, reason="Dropped the phone")
    assert care.ask_reset(by=asker, user=member, reason="Again") == act
    assert Authenticator.objects.filter(user=member).exists()
    assert theirs.get("/account/").status_code == 200
    assert "a second person must agree" in words_told(member)[0]
    assert len(words_told(lead, care.ASKED)) == 1 and not words_told(asker, care.ASKED)
    care.decide_reset(by=lead, act=act, agree=True)
    care.decide_reset(by=lead, act=act, agree=False)  # decided is decided
    assert not Authenticator.objects.filter(user=member).exists()
    assert theirs.get("/account/").status_code == 302
    assert "Two people" in words_told(member)[-1]
    assert len(words_told(member)) == 2
    assert AccountAct.objects.get().outcome == "agreed"


def test_a_reset_that_is_refused_changes_nothing_and_is_told():
    member, lead = make_user(), make_staff("safeguarding_lead")
    act = an_open_reset(member)
    care.decide_reset(by=lead, act=act, agree=False)
    assert factors.has_any(member)
    assert "did not agree" in words_told(member)[-1]


def test_nobody_resets_alone_or_for_themselves():
    asker, member = make_staff("administrator", "safeguarding_lead"), make_staff("administrator")
    make_authenticator_app(member)
    act = care.ask_reset(by=asker, user=member, reason="Lost")
    for person in (asker, member, make_user(), make_staff("broker")):
        with pytest.raises(NotAllowed):
            care.decide_reset(by=person, act=act, agree=True)
    make_authenticator_app(asker)
    for what in (care.ask_reset, care.sign_out, care.close):
        with pytest.raises(NotAllowed):
            what(by=asker, user=asker, reason="Mine")
        with pytest.raises(NotAllowed):
            what(by=make_staff("broker"), user=member, reason="Hers")
    assert factors.has_any(member)


def test_the_one_whom_it_is_about_does_not_find_it_on_the_staff_page():
    member = make_staff("administrator", name="Lola Lost")
    act = an_open_reset(member)
    other = sign_in(Client(), make_staff("administrator"))
    assert "Lola Lost" in other.get("/staff/second-steps/").content.decode()
    client = sign_in(Client(), member)
    assert client.get(f"/staff/second-steps/{act.pk}/").status_code == 404
    assert "Waits" not in client.get("/staff/second-steps/").content.decode()


def test_whoever_may_decide_a_reset_finds_it_at_home_and_nobody_else_does():
    member, asker = make_staff("administrator", name="Lola Lost"), make_staff("administrator")
    make_authenticator_app(member)
    act = care.ask_reset(by=asker, user=member, reason="Dropped the phone")
    page = f"/staff/second-steps/{act.pk}/"
    for role in ("administrator", "safeguarding_lead"):
        client = sign_in(Client(), make_staff(role))
        assert page in client.get("/home/").content.decode()
        assert client.get(page).status_code == 200
    for person in (member, asker, make_staff("broker"), make_user()):
        assert page not in sign_in(Client(), person).get("/home/").content.decode()
    without = sign_in(Client(), make_staff("administrator"), second_factor=False)
    assert page not in without.get("/home/").content.decode()
    care.decide_reset(by=make_staff("safeguarding_lead"), act=act, agree=False)
    assert page not in client.get("/home/").content.decode()


def test_somebody_who_did_not_ask_for_a_reset_stops_it_and_the_team_hears_of_it():
    member, asker, lead = make_staff("broker"), make_staff("administrator"), make_staff("safeguarding_lead")
    client = sign_in(Client(), member)
    act = care.ask_reset(by=asker, user=member, reason="A call from somebody")
    letter = OutboxMessage.objects.get(user=member, kind=factors.KIND)
    assert letter.url.endswith(LOST)
    by_mail_alone = sign_in(Client(), member, second_factor=False)
    assert "I did not ask for this" in by_mail_alone.get(LOST).content.decode()
    assert sign_in(Client(), make_user()).post(LOST).status_code == 302
    assert AccountAct.objects.get().decided_at is None  # another person stops nothing
    for _click in range(2):
        assert by_mail_alone.post(LOST).status_code == 302
    assert AccountAct.objects.get().outcome == "stopped"
    assert "you did not ask for it" in words_told(member)[-1]
    assert len(words_told(member)) == 2
    assert len(words_told(asker, care.ASKED)) == 1
    assert len(words_told(lead, care.ASKED)) == 2
    care.decide_reset(by=lead, act=act, agree=True)
    assert factors.has_any(member)
    assert client.get("/account/").status_code == 200
    assert "Nobody is asking" in client.get(LOST).content.decode()
    assert sign_in(Client(), lead).get(f"/staff/second-steps/{act.pk}/").status_code == 200


def test_a_reset_that_nobody_decides_ends_after_seven_days():
    member, lead, asker = make_user(), make_staff("safeguarding_lead"), make_staff("administrator")
    act = an_open_reset(member)
    assert care.end_old_resets(now=act.at + timedelta(days=7, seconds=-1)) == 0
    AccountAct.objects.update(at=act.at - timedelta(days=7))  # only its time: the state is the action's
    act.refresh_from_db()
    with pytest.raises(DomainError):
        care.decide_reset(by=lead, act=act, agree=True)
    assert "I did not ask" not in sign_in(Client(), member, second_factor=False).get(LOST).content.decode()
    assert care.end_old_resets() == 1
    assert care.end_old_resets() == 0
    assert AccountAct.objects.get().outcome == "over"
    assert factors.has_any(member)
    assert "has ended" in words_told(member)[-1]
    assert care.ask_reset(by=asker, user=member, reason="Still lost") != act


def test_somebody_without_a_factor_has_none_to_lose():
    with pytest.raises(DomainError):
        care.ask_reset(by=make_staff("administrator"), user=make_user(), reason="Lost")


def test_an_account_is_closed_at_its_owners_word():
    member, admin = make_user(), make_staff("administrator")
    client = sign_in(Client(), admin)
    page = f"/staff/people/{member.pk}/close/"
    assert client.post(page, {}).status_code == 422
    assert client.post(page, {"reason": "In her email of 3 May"}).status_code == 302
    member.refresh_from_db()
    assert member.closed_at is not None
    assert AccountAct.objects.get().reason == "In her email of 3 May"
    assert client.get(page).status_code == 404


@pytest.mark.parametrize(
    "fields",
    [
        {"reason": ""},
        {"by": "user"},
        {"decided_by": "by", "outcome": "agreed"},
        {"decided_by": "user", "outcome": "agreed"},
        {"decided_by": "third", "outcome": ""},
        {"decided_by": "third", "outcome": "stopped"},
        {"kind": "sign_out", "decided_by": "third", "outcome": "agreed"},
    ],
)
def test_the_database_keeps_to_two_people_and_a_reason(fields):
    people = {"by": make_user(), "user": make_user(), "third": make_user()}
    values = {"kind": "reset", "by": "by", "user": "user", "reason": "Lost", **fields}
    values |= {name: people[values[name]] for name in ("by", "user", "decided_by") if name in values}
    if "decided_by" in fields:
        values["decided_at"] = timezone.now()
    with pytest.raises(IntegrityError), transaction.atomic():
        AccountAct.objects.create(**values)


def test_the_list_of_lost_factors_asks_the_same_number_of_questions_for_three_and_thirty():
    client, counts = sign_in(Client(), make_staff("safeguarding_lead")), []
    for number in (3, 17):
        for _time in range(number):
            an_open_reset(make_user())
        client.get("/staff/second-steps/")
        with CaptureQueriesContext(connection) as asked:
            client.get("/staff/second-steps/")
        counts.append(len(asked))
    assert counts[0] == counts[1]
