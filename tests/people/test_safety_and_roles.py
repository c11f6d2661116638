"""Blocks, worries, roles, leaving, and the demonstration pages."""

import io
import json
import os
import subprocess
import sys
import zipfile
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from people import queries, rules
from people.actions import accounts, privacy, roles, safety
from people.models import Block, RoleGrant, SafeguardingCase, Skill, User
from people.models.accounts import PLACES_SEEN, Place
from people.skills import STARTING_TREE, seed_skills
from people.templatetags.browsers import browser_in_words
from tests.matrix import make_client
from tests.people.factories import make_staff, make_user
from tests.signing_in import sign_in
from ui.errors import DomainError, Invalid, Missing, NotAllowed

pytestmark = pytest.mark.django_db


def test_a_block_works_both_ways_and_hides_each_from_the_other():
    one, other, third = make_user(), make_user(), make_user()
    assert queries.person_for(other, one.pk) == one
    safety.block(by=one, user=other)
    assert rules.blocked_between(one, other) and rules.blocked_between(other, one)
    assert not rules.blocked_between(one, third)
    assert rules.blocked_ids(other) == {one.pk}
    for viewer, member in [(one, other), (other, one)]:
        with pytest.raises(Missing):
            queries.person_for(viewer, member.pk)


def test_blocking_twice_is_one_block_and_can_be_taken_back():
    one, other = make_user(), make_user()
    safety.block(by=one, user=other)
    safety.block(by=one, user=other)
    assert Block.objects.count() == 1
    safety.unblock(by=other, user=one)
    assert rules.blocked_between(one, other)
    safety.unblock(by=one, user=other)
    assert not rules.blocked_between(one, other)


def test_nobody_can_block_themselves_not_even_in_the_database():
    one = make_user()
    with pytest.raises(Invalid):
        safety.block(by=one, user=one)
    with pytest.raises(IntegrityError), transaction.atomic():
        Block.objects.create(blocker=one, blocked=one)


def test_a_worry_is_seen_by_the_safeguarding_lead_and_by_nobody_else():
    member, about = make_user(), make_user(name="Jo Quiet")
    client = make_client(member)
    client.post(f"/worried/person/{about.pk}/", {"worry": "self", "text": "She sounds very low."})
    case = SafeguardingCase.objects.get()
    page = f"/staff/safeguarding/{case.pk}/"
    assert "very low" in make_client(make_staff("safeguarding_lead")).get(page).content.decode()
    for role in ["broker", "administrator", "portfolio_manager", "evaluator"]:
        answer = make_client(make_staff(role)).get(page)
        assert answer.status_code == (404 if role == "administrator" else 403)
        assert "very low" not in answer.content.decode()


def test_a_role_is_given_with_a_reason_and_ends_with_one():
    admin, spare, user = make_staff("administrator"), make_staff("administrator"), make_user()
    with pytest.raises(Invalid):
        roles.grant(by=admin, user=user, role="broker", reason=" ")
    given = roles.grant(by=admin, user=user, role="broker", reason="Trained in May")
    assert rules.has_role(user, "broker")
    with pytest.raises(DomainError):
        roles.grant(by=admin, user=user, role="broker", reason="Again")
    with pytest.raises(Invalid):
        roles.revoke(by=spare, grant=given, reason="")
    roles.revoke(by=spare, grant=given, reason="Moved on")
    assert not rules.has_role(User.objects.get(pk=user.pk), "broker")


def test_only_administrators_give_roles_and_never_to_themselves():
    admin = make_staff("administrator")
    with pytest.raises(NotAllowed):
        roles.grant(by=make_staff("broker"), user=make_user(), role="broker", reason="x")
    with pytest.raises(NotAllowed):
        roles.grant(by=admin, user=admin, role="broker", reason="x")


def test_the_last_administrator_keeps_the_role_and_the_account():
    admin = make_staff("administrator")
    with pytest.raises(DomainError):
        roles.revoke(by=admin, grant=admin.role_grants.get(), reason="Tired")
    with pytest.raises(NotAllowed):
        privacy.close_account(by=admin, user=admin)


@pytest.mark.parametrize(
    ("scope_held", "asked", "expected"),
    [("", None, True), ("", "w1", True), ("w1", None, True), ("w1", "w1", True), ("w1", "w2", False)],
)
def test_a_role_for_one_wave_counts_for_that_wave(scope_held, asked, expected):
    user = make_user()
    RoleGrant.objects.create(user=user, role="portfolio_manager", scope=scope_held, reason="x")
    assert rules.has_role(user, "portfolio_manager", asked) is expected


def test_a_role_that_ran_out_counts_no_more_and_can_be_given_again():
    admin, user = make_staff("administrator"), make_user()
    RoleGrant.objects.create(user=user, role="broker", reason="x", until=timezone.now() - timedelta(days=1))
    assert not rules.has_role(user, "broker")
    roles.grant(by=admin, user=user, role="broker", reason="Another year")
    assert rules.has_role(user, "broker")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, True),
        ({"conduct_accepted_at": None}, False),
        ({"suspended_at": timezone.now()}, False),
        ({"closed_at": timezone.now(), "name": ""}, False),
    ],
)
def test_who_may_act(fields, expected):
    email = None if "closed_at" in fields else ""
    user = make_user(email, **{"name": "Ama", **fields})
    assert rules.may_act(user) is expected
    if not expected:
        with pytest.raises(NotAllowed):
            rules.check_may_act(user)


def test_a_role_without_a_reason_is_refused_by_the_database():
    with pytest.raises(IntegrityError), transaction.atomic():
        RoleGrant.objects.create(user=make_user(), role="broker", reason="")


def test_closing_removes_name_and_address_and_keeps_the_row():
    user = make_user(name="Grace Adeyemi")
    accounts.edit_profile(by=user, about="I like bees", skills=[Skill.objects.named("user research")])
    client = Client()
    sign_in(client, user)
    assert client.post("/account/close/", {"x": "1"}).status_code == 422
    client.post("/account/close/", {"sure": "on"})
    left = User.objects.get(pk=user.pk)
    assert (left.name, left.email, str(left)) == ("", None, "Someone who has left")
    assert (left.profile.about, left.profile.skills.count()) == ("", 0)
    assert client.get("/account/").status_code == 302


def test_my_data_is_a_zip_of_readable_json():
    user = make_user(name="Grace Adeyemi")
    answer = make_client(user).get("/account/my-data/")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert json.loads(archive.read("you.json"))["name"] == "Grace Adeyemi"
        assert "equality-answers.json" in archive.namelist()


def test_a_broker_brings_somebody_aboard_who_has_no_email():
    broker = make_staff("broker")
    made = [accounts.bring_aboard(by=broker, email=None, name=name) for name in ("Doris", "Ernie")]
    assert [user.email for user in made] == [None, None]
    with pytest.raises(NotAllowed):
        accounts.bring_aboard(by=make_user(), email=None, name="Doris")


def test_the_profile_needs_only_a_name_and_keeps_what_was_typed_beside_an_error():
    user = make_user()
    client = make_client(user)
    wrong = client.post("/account/profile/", {"name": "", "about": "Kept words"})
    assert wrong.status_code == 422
    assert "Kept words" in wrong.content.decode()
    assert client.post("/account/profile/", {"name": "Ama"}).status_code == 302


def test_the_skill_tree_is_there_and_seeding_again_adds_nothing():
    assert Skill.objects.count() == sum(1 + len(leaves) for _branch, _kind, leaves in STARTING_TREE)
    assert seed_skills() == 0
    assert Skill.objects.named("health economics").kind == "business"


def test_a_page_of_people_asks_the_same_number_of_questions_for_three_and_thirty():
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = make_client(make_staff("administrator"))
    counts = []
    for number in (3, 17):
        for _ in range(number):
            make_user()
        client.get("/staff/people/")
        with CaptureQueriesContext(connection) as asked:
            client.get("/staff/people/")
        counts.append(len(asked))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0", "Edge on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "Firefox on Linux"),
        ("curl/8.5", "A browser that we do not know"),
    ],
)
def test_devices_are_named_as_a_person_would(user_agent, words):
    assert browser_in_words(user_agent) == words


def test_skills_are_chosen_branch_by_branch_and_an_open_branch_shows_what_is_ticked():
    user = make_user()
    accounts.edit_profile(by=user, skills=[Skill.objects.named("user research")])
    client = make_client(user)
    page = client.get("/account/profile/").content.decode()
    assert page.count('class="nhsuk-details ') == len(STARTING_TREE) and page.count("open>") == 1
    assert "Design (1)" in page and "Design in general" in page
    both = [Skill.objects.named(name).pk for name in ("user research", "health economics")]
    client.post("/account/profile/", {"name": "Ama", "skills": both})
    assert set(user.profile.skills.values_list("pk", flat=True)) == set(both)


def test_a_part_in_health_is_said_of_others_in_the_third_person():
    carer = make_user()
    accounts.edit_profile(by=carer, place="carer")
    page = make_client(make_user()).get(f"/people/{carer.pk}/").content.decode()
    assert "Cares for somebody" in page and "I care for" not in page
    assert set(PLACES_SEEN) == set(Place)


def test_demo_makes_one_of_its_people_with_one_press_second_factor_included():
    admin = make_staff("administrator", name="Ade Admin")
    client = Client()
    assert "Ade Admin" in client.get("/demo/").content.decode()
    assert client.get(f"/demo/{admin.pk}/").status_code == 405
    client.post(f"/demo/{admin.pk}/")
    assert client.get("/staff/people/").status_code == 200


def test_demo_does_not_exist_in_production():
    script = (
        "import django; django.setup()\n"
        "from django.urls import get_resolver\n"
        "print([str(p.pattern) for p in get_resolver().url_patterns])\n"
        "try:\n    import people.views.demo\nexcept Exception as error:\n    print(type(error).__name__)\n"
    )
    environment = os.environ | {
        "ODHA_MODE": "production",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": "x",
        "EQUALITY_KEY": "y",
    }
    said = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert "demo/" not in said.stdout
    assert "ImproperlyConfigured" in said.stdout
