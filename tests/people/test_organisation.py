"""Sign-in with an organisation's own accounts, against a real OpenID provider on a port of its own, in Chromium."""

import os
import subprocess
import sys
from urllib.parse import parse_qs, urlsplit

import oidc_provider_mock as provider
import pytest
from django.test import Client
from playwright.sync_api import expect

from audit.models import Event
from people.actions.privacy import close_account
from people.models import Profile, User
from tests.browser import check_page
from tests.people.factories import make_staff, make_user, pause
from ui.management.commands import doctor

SOMEBODY = {"email": "ama@trust.example", "email_verified": True, "name": "Ama Mensah"}


@pytest.fixture
def server(settings):
    """The organisation's server; `server(sub, **claims)` gives somebody an account there."""
    people = {
        "ama": SOMEBODY,
        "bot": {"email": "bot@elsewhere.example", "email_verified": True, "name": "Bot"},
        "sub": {"email": "sub@ward.trust.example", "email_verified": True},
        "unchecked": {"email": "ama@trust.example", "email_verified": False},
        "words": {"email": "ama@trust.example", "email_verified": "false"},
        "alike": {"email": "ama@truſt.example", "email_verified": True},
        "advert": {"email": "new@trust.example", "email_verified": True, "name": "Win at prize.example"},
        "none": {"name": "No address"},
    }
    with provider.run_server_in_thread(
        user_claims=[provider.User(sub=sub, claims=claims) for sub, claims in people.items()]
    ) as running:
        url = f"http://localhost:{running.server_port}"
        settings.OIDC_SERVER_URL, settings.OIDC_NAME = url, "Harbour View Hospitals"
        settings.OIDC_DOMAINS = ["trust.example"]
        settings.SOCIALACCOUNT_PROVIDERS = {
            "openid_connect": {
                "OAUTH_PKCE_ENABLED": True,
                "APPS": [
                    {
                        "provider_id": "organisation",
                        "name": "Harbour View Hospitals",
                        "client_id": "odha",
                        "secret": "a secret",
                        "settings": {"server_url": url},
                    }
                ],
            }
        }
        yield url


def sign_in_as(page, sub, *, after="/account/"):
    """From the sign-in page to the organisation's, where `sub` is chosen, and back."""
    page.route("https://cdn.jsdelivr.net/**", lambda route: route.fulfill(content_type="text/css", body=""))
    page.goto(f"/sign-in/?next={after}")
    page.get_by_role("button", name="Sign in with Harbour View Hospitals").click()
    page.get_by_role("button", name=sub, exact=True).click()


@pytest.mark.usefixtures("server")
def test_somebody_new_comes_aboard_and_ends_where_they_were_going(page):
    sign_in_as(page, "ama", after="/timebank/")

    expect(page.get_by_role("heading", level=1)).to_have_text("How we treat each other")  # the name is known
    user = User.objects.get()
    assert (user.email, user.name) == ("ama@trust.example", "Ama Mensah")
    assert Profile.objects.filter(user=user).exists()
    verbs = list(Event.objects.order_by("id").values_list("verb", flat=True))
    assert verbs[:2] == ["people.user.joined", "people.user.signed_in"]
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="Join").click()
    page.goto("/aboard/")
    assert page.url.endswith("/timebank/")


def test_somebody_known_gets_their_own_account_and_again_after_closing_it_a_new_one(page, server):
    known = make_user("ama@trust.example", name="Ama of old")
    sign_in_as(page, "ama")
    expect(page.get_by_text("Ama of old").first).to_be_visible()
    assert User.objects.count() == 1

    close_account(by=known, user=known)
    page.context.clear_cookies()
    sign_in_as(page, "ama")

    fresh = User.objects.get(closed_at=None)
    assert (fresh.email, fresh.pk != known.pk) == ("ama@trust.example", True)
    assert User.objects.get(pk=known.pk).email is None


@pytest.mark.parametrize(
    ("sub", "why"),
    [
        ("bot", "cannot be used for bot@elsewhere.example"),
        ("sub", "cannot be used for sub@ward.trust.example"),
        ("unchecked", "did not say that it checked your address"),
        ("words", "did not say that it checked your address"),
        ("alike", "as your mail provider writes it"),
        ("none", "did not say that it checked your address"),
    ],
)
@pytest.mark.usefixtures("server")
def test_an_address_that_the_organisation_cannot_vouch_for_is_refused_on_a_page_that_helps_on(page, sub, why):
    for address in ("ama@trust.example", "bot@elsewhere.example", "sub@ward.trust.example"):
        make_user(address, name="Vera Victim")

    sign_in_as(page, sub)

    expect(page.get_by_text(why)).to_be_visible()
    expect(page.get_by_role("button", name="Sign in with a code")).to_be_visible()
    check_page(page)
    page.goto("/account/")
    expect(page.get_by_role("heading", name="Sign in or join")).to_be_visible()
    assert User.objects.count() == 3


@pytest.mark.usefixtures("server")
def test_a_paused_account_stays_out(page):
    pause(make_user("ama@trust.example"))
    sign_in_as(page, "ama")
    page.wait_for_url("**/paused/")


@pytest.mark.usefixtures("server")
def test_a_name_that_advertises_is_not_taken_over(page):
    sign_in_as(page, "advert")
    expect(page.get_by_label("What should we call you?")).to_have_value("")


@pytest.mark.usefixtures("server")
def test_staff_with_a_second_factor_are_asked_for_it(page):
    from allauth.mfa.totp.internal.auth import TOTP

    staff = make_staff("broker", email="ama@trust.example")
    TOTP.activate(staff, "A" * 32)
    sign_in_as(page, "ama")
    expect(page.get_by_role("heading", level=1)).to_contain_text("second step")
    page.goto("/account/")
    expect(page.get_by_role("heading", name="Sign in or join")).to_be_visible()


def test_somebody_who_stops_at_the_organisation_is_told_that_nothing_changed(db, server):
    client = Client()
    there = client.post("/sign-in/organisation/")["Location"]
    state = parse_qs(urlsplit(there).query)["state"][0]
    back = f"/sign-in/organisation/callback/?error=access_denied&state={state}"
    assert "You stopped signing in" in client.get(back, follow=True).content.decode()
    assert not User.objects.exists()


def test_forms_may_lead_to_that_server_from_the_sign_in_page_only(db, server):
    policy = Client().get("/sign-in/")["Content-Security-Policy"]
    assert f"form-action 'self' {server};" in policy + ";"
    assert server not in Client().get("/")["Content-Security-Policy"]
    assert server not in Client().get("/sign-in/code/")["Content-Security-Policy"]


def test_without_a_server_the_page_offers_none_and_the_way_in_is_closed(db):
    assert "Do you have an account with" not in Client().get("/sign-in/").content.decode()
    assert Client().post("/sign-in/organisation/").status_code == 404


def test_a_server_that_does_not_answer_is_named_and_a_code_still_works(db, settings, server):
    settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]["settings"]["server_url"] = "http://localhost:9"
    answer = Client().post("/sign-in/organisation/")
    assert answer.status_code == 503
    assert "does not answer at the moment" in answer.content.decode()


def test_a_callback_that_nobody_began_lets_nobody_in(db, server):
    client = Client()
    answer = client.get("/sign-in/organisation/callback/?code=made-up&state=made-up")
    assert answer.status_code == 401
    assert client.get("/account/").status_code == 302


ENVIRONMENT = {
    "OIDC_SERVER_URL": "https://id.trust.example/",
    "OIDC_CLIENT_ID": "odha",
    "OIDC_CLIENT_SECRET": "a secret",
    "OIDC_DOMAINS": "trust.example, ward.example",
}


def settings_with(environment):
    shown = "from django.conf import settings as s; print(s.SOCIALACCOUNT_PROVIDERS != {}, s.OIDC_DOMAINS)"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OIDC_")}
    done = subprocess.run(
        [sys.executable, "-c", shown], env=kept | environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_it_is_on_where_the_environment_says_everything_and_off_where_one_thing_lacks():
    assert settings_with(ENVIRONMENT) == "True ['trust.example', 'ward.example']"
    assert settings_with(ENVIRONMENT | {"OIDC_DOMAINS": ""}) == "False []"


def test_doctor_names_what_a_half_configured_sign_in_lacks(settings):
    assert list(doctor.organisation_sign_in()) == []
    settings.OIDC_SERVER_URL, settings.OIDC_CLIENT_ID = "http://id.trust.example", "odha"
    [(level, words)] = doctor.organisation_sign_in()
    assert level == "wrong" and "Set OIDC_CLIENT_SECRET and OIDC_DOMAINS" in words

    settings.OIDC_CLIENT_SECRET, settings.OIDC_DOMAINS, settings.PRODUCTION = "a secret", ["@trust"], True
    words = " ".join(words for _level, words in doctor.organisation_sign_in())
    assert "https://" in words and "OIDC_DOMAINS names @trust" in words
