"""Powers of a staff role count only in a session that gave a second factor."""

import datetime as dt

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.test import Client, RequestFactory
from django.utils import timezone

from people import rules, second_factor
from people.backends import SessionBackend
from people.models import RoleGrant, User
from people.roles import STAFF
from tests.people.factories import make_staff, make_user
from tests.signing_in import code_of, give_second_factor, make_authenticator_app, sign_in

pytestmark = pytest.mark.django_db
LINE = 'data-notice="desk-closed"'


def behind(client):
    """The person as views meet them in a request of this browser."""
    request = RequestFactory().get("/")
    request.session = client.session
    return second_factor.judged(request)


@pytest.mark.parametrize("role", sorted(STAFF))
def test_a_staff_role_counts_only_in_a_session_that_gave_a_second_factor(role):
    staff = make_staff(role)
    client = sign_in(Client(), staff, second_factor=False)
    assert not rules.has_role(behind(client), role)
    assert not behind(client).has_role(role)
    assert (role, "") not in rules.live_grants(behind(client))
    give_second_factor(client, staff)
    assert rules.has_role(behind(client), role)
    assert rules.has_role(User.objects.get(pk=staff.pk), role)  # who is asked about from outside holds it all along


def test_other_roles_count_without_one():
    reviewer = make_staff("reviewer", "outreach_lead", "broker")
    person = behind(sign_in(Client(), reviewer, second_factor=False))
    assert rules.has_role(person, "reviewer") and rules.has_role(person, "outreach_lead")
    assert not rules.has_role(person, "broker")


def test_having_an_app_is_not_giving_its_code_in_this_session():
    staff = make_staff("administrator")
    make_authenticator_app(staff)
    client = sign_in(Client(), staff, second_factor=False)
    answer = client.get("/staff/people/?name=ama", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/account/second-step/reauthenticate/")
    answer = client.post(
        answer.redirect_chain[-1][0],
        {"code": code_of(make_authenticator_app(staff)), "next": "/staff/people/?name=ama"},
    )
    assert answer["Location"] == "/staff/people/?name=ama"
    assert client.get(answer["Location"]).status_code == 200


def test_a_recovery_code_counts_as_the_second_factor():
    staff = make_staff("administrator")
    make_authenticator_app(staff)
    code = RecoveryCodes.activate(staff).get_unused_codes()[0]
    client = sign_in(Client(), staff, second_factor=False)
    client.post("/account/second-step/reauthenticate/", {"code": code})
    assert client.get("/staff/people/").status_code == 200


def test_the_factor_of_one_session_opens_no_other():
    staff = make_staff("administrator")
    proved, other = sign_in(Client(), staff), sign_in(Client(), staff, second_factor=False)
    assert proved.get("/staff/people/").status_code == 200
    assert other.get("/staff/people/").status_code == 302


def test_somebody_elses_factor_in_the_same_browser_opens_nothing():
    one, other = make_staff("administrator"), make_staff("administrator")
    client = sign_in(Client(), one)
    client.force_login(other)
    assert client.get("/staff/people/").status_code == 302


def test_shared_pages_show_staff_without_a_factor_what_a_member_sees():
    paused, staff = make_user(name="Paused Person", suspended_at=timezone.now()), make_staff("broker")
    page = f"/people/{paused.pk}/"
    assert sign_in(Client(), staff).get(page).status_code == 200
    assert sign_in(Client(), make_user()).get(page).status_code == 404
    answer = sign_in(Client(), staff, second_factor=False).get(page)
    assert answer.status_code == 404
    assert LINE in answer.content.decode()


def test_the_line_is_for_those_who_hold_a_staff_role_and_have_not_proved_it():
    staff = make_staff("broker")
    for person, factor, shown in [(staff, False, True), (staff, True, False), (make_user(), None, False)]:
        page = sign_in(Client(), person, second_factor=factor).get("/home/").content.decode()
        assert (LINE in page) is shown
    assert LINE not in Client().get("/").content.decode()
    assert LINE not in sign_in(Client(), make_staff("reviewer")).get("/home/").content.decode()


def test_a_role_that_was_given_during_the_session_waits_for_the_factor_too():
    member = make_user()
    client = sign_in(Client(), member)
    RoleGrant.objects.create(user=member, role="broker", reason="For a test")
    assert client.get("/staff/reports/").status_code == 302
    assert LINE in client.get("/home/").content.decode()


def test_whoever_holds_no_role_is_refused_as_before():
    assert sign_in(Client(), make_user()).get("/staff/people/").status_code == 403
    assert sign_in(Client(), make_staff("broker"), second_factor=False).get("/staff/people/").status_code == 403


def test_a_user_object_from_a_session_is_unproved_until_the_session_says_otherwise():
    staff = make_staff("broker")
    assert SessionBackend().get_user(staff.pk).unproved
    request = RequestFactory().get("/")
    request.session = sign_in(Client(), staff, second_factor=False).session
    for broken in ([], None, "mfa", [{"method": "code", "at": 1.0}], [{"method": "mfa", "at": 0}]):
        request.session["account_authentication_methods"] = broken
        assert not rules.has_role(second_factor.judged(request), "broker")


def test_the_demonstration_key_means_nothing_in_production(settings):
    staff = make_staff("administrator")
    client = sign_in(Client(), staff, second_factor=False)
    session = client.session
    session[second_factor.DEMONSTRATION] = True
    session.save()
    assert client.get("/staff/people/").status_code == 200
    settings.PRODUCTION = True
    assert client.get("/staff/people/").status_code == 302


# --- Twelve hours at most, sixty minutes idle ---


def at_work(client):
    return client.get("/staff/people/").status_code == 200


def test_a_desk_closes_after_an_hour_in_which_nothing_was_done():
    staff = make_staff("administrator")
    with time_machine.travel(dt.datetime(2027, 3, 1, 9, tzinfo=dt.UTC)) as clock:
        client = sign_in(Client(), staff)
        clock.shift(dt.timedelta(minutes=59))
        assert at_work(client)
        clock.shift(dt.timedelta(minutes=59))
        assert at_work(client)
        clock.shift(dt.timedelta(minutes=60))
        assert not at_work(client)
        assert client.get("/account/").status_code == 200  # still signed in, as a member
        assert "Your desk has closed" in client.get("/home/").content.decode()
        give_second_factor(client, staff)
        assert at_work(client)


def test_a_desk_closes_twelve_hours_after_the_factor_was_given_however_busy():
    with time_machine.travel(dt.datetime(2027, 3, 1, 7, tzinfo=dt.UTC)) as clock:
        client = sign_in(Client(), make_staff("administrator"))
        for _half_hour in range(23):
            clock.shift(dt.timedelta(minutes=30))
            assert at_work(client)
        clock.shift(dt.timedelta(minutes=30))
        assert not at_work(client)
        assert client.get("/account/").status_code == 200


def test_what_a_page_asks_by_itself_keeps_no_desk_open():
    with time_machine.travel(dt.datetime(2027, 3, 1, 9, tzinfo=dt.UTC)) as clock:
        client = sign_in(Client(), make_staff("administrator"))
        for _time in range(6):
            clock.shift(dt.timedelta(minutes=10))
            client.get("/staff/people/", headers={"HX-Request": "true"})
        assert not at_work(client)


def test_members_stay_signed_in_for_thirty_days():
    with time_machine.travel(dt.datetime(2027, 3, 1, 9, tzinfo=dt.UTC)) as clock:
        client = sign_in(Client(), make_user())
        clock.shift(dt.timedelta(days=29))
        assert client.get("/account/").status_code == 200


@pytest.mark.parametrize("path", ["/staff/people/new/", "/worried/"])
def test_what_was_typed_is_given_back_where_the_desk_has_closed(path):
    staff = make_staff("broker")
    with time_machine.travel(dt.datetime(2027, 3, 1, 9, tzinfo=dt.UTC)) as clock:
        client = sign_in(Client(), staff)
        clock.shift(dt.timedelta(minutes=61))
        answer = client.post(path, {"name": "Doris Typed", "worry": "self", "text": "She sounds very low."})
        page = answer.content.decode()
        assert answer.status_code == 403
        assert "Doris Typed" in page and LINE in page
        assert not User.objects.filter(name="Doris Typed").exists()
        assert client.post("/sign-out/").status_code == 302


def test_there_is_no_second_factor_without_its_row():
    staff = make_staff("broker")
    client = sign_in(Client(), staff, second_factor=False)
    assert client.post("/account/second-step/reauthenticate/", {"code": "000000"}).status_code == 302
    assert not Authenticator.objects.exists()
    assert client.get("/staff/reports/").status_code == 302
