"""Signing in: codes, links, second factors, and what nobody may find out."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from people.actions import sign_in as codes
from people.models import SignInCode, User
from tests.people.factories import make_staff, make_user, pause
from tests.signing_in import code_of, make_authenticator_app
from ui.errors import Invalid, TooMany

pytestmark = pytest.mark.django_db
ADDRESS = "hca@example.org"


@pytest.fixture(autouse=True)
def _letters(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def ask_for_code(client=None, email=ADDRESS):
    """Asks on the page; returns (address of the page that follows, code, path of the link)."""
    answer = (client or Client()).post("/sign-in/", {"email": email})
    assert answer.status_code == 302
    text = mail.outbox[-1].body
    return answer["Location"], re.search(r"\b\d{6}\b", text)[0], re.search(r"/sign-in/link/[\w-]+/", text)[0]


def is_signed_in(client):
    return client.get("/account/").status_code == 200


def wrong(code):
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_the_code_lets_a_new_person_in_and_makes_the_account():
    client = Client()
    page, code, _link = ask_for_code(client)
    client.post(page, {"code": code})
    assert is_signed_in(client)
    assert User.objects.get().email == ADDRESS
    assert User.objects.get().profile.skills.count() == 0


def test_the_code_may_be_typed_with_spaces_and_the_address_in_capitals():
    make_user(ADDRESS)
    _page, code, _link = ask_for_code(email="HCA@Example.org ")
    client = Client()
    client.post("/sign-in/code/", {"email": "Hca@example.org", "code": f"{code[:3]} {code[3:]}"})
    assert is_signed_in(client)
    assert User.objects.count() == 1


def test_a_code_that_was_asked_for_in_one_browser_works_in_another():
    page, code, _link = ask_for_code()
    other = Client()
    other.post(page, {"code": code})
    assert is_signed_in(other)


def test_the_link_works_in_another_browser_after_a_press_of_the_button():
    _page, _code, link = ask_for_code()
    other = Client()
    assert "Sign in" in other.get(link).content.decode()
    assert not is_signed_in(other)
    other.post(link)
    assert is_signed_in(other)


def test_mail_scanners_that_open_the_link_do_not_use_it_up():
    _page, _code, link = ask_for_code()
    for _ in range(5):
        assert Client().get(link).status_code == 200
        Client().head(link)
    assert SignInCode.objects.get().used_at is None
    client = Client()
    client.post(link)
    assert is_signed_in(client)


def test_a_link_works_once():
    _page, _code, link = ask_for_code()
    Client().post(link)
    client = Client()
    answer = client.post(link)
    assert answer.status_code == 422
    assert not is_signed_in(client)
    assert "Ask for a new one" in client.get(link).content.decode()


def test_a_code_works_once():
    page, code, _link = ask_for_code()
    Client().post(page, {"code": code})
    client = Client()
    assert client.post(page, {"code": code}).status_code == 422
    assert not is_signed_in(client)


def test_code_and_link_run_out_after_thirty_minutes():
    page, code, link = ask_for_code()
    sent = SignInCode.objects.get()
    assert timedelta(minutes=29) < sent.expires_at - sent.created_at <= timedelta(minutes=30)
    SignInCode.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    client = Client()
    answer = client.post(page, {"code": code})
    assert answer.status_code == 422
    assert "run out" in answer.content.decode()
    assert client.get(link).status_code == 410
    assert client.post(link).status_code == 422
    assert not is_signed_in(client)


def test_five_wrong_tries_end_the_code_but_not_the_link():
    page, code, link = ask_for_code()
    client = Client()
    for _ in range(5):
        answer = client.post(page, {"code": wrong(code)})
        assert answer.status_code == 422
    assert "five times" in answer.content.decode()
    assert client.post(page, {"code": code}).status_code == 422
    assert not is_signed_in(client)
    client.post(link)
    assert is_signed_in(client)


def test_the_page_says_what_is_wrong_and_keeps_what_was_typed():
    page, code, _link = ask_for_code()
    answer = Client().post(page, {"code": wrong(code)})
    assert answer.status_code == 422
    assert wrong(code) in answer.content.decode()
    assert "There is a problem" in answer.content.decode()


def test_sending_again_keeps_the_first_code_good_and_carries_the_context():
    first = codes.send_code(email=ADDRESS, ip_key="a", context={"next": "/privacy/"})
    code = re.search(r"\b\d{6}\b", mail.outbox[-1].body)[0]
    second = codes.resend(code_id=first.pk, ip_key="a")
    assert second.pk != first.pk
    assert codes.confirm(email=ADDRESS, code=code, ip_key="a").context == {"next": "/privacy/"}


def test_known_and_unknown_addresses_get_the_same_page_and_the_same_mail():
    make_user("known@example.org")
    pages, letters = [], []
    for email in ["known@example.org", "unknown@example.org"]:
        client = Client()
        page, code, link = ask_for_code(client, email)
        text = client.get(page).content.decode()
        for changing in [email, page, *re.findall(r'value="\w{64}"|nonce="[^"]+"', text)]:
            text = text.replace(changing, "")
        pages.append(text)
        letters.append(mail.outbox[-1].body.replace(code, "").replace(link, ""))
    assert pages[0] == pages[1]
    assert letters[0] == letters[1]


def test_only_hashes_are_kept():
    _page, code, link = ask_for_code()
    kept = SignInCode.objects.get()
    assert code not in kept.code_hash
    assert link.split("/")[3] not in kept.token_hash


def test_a_paused_person_signs_in_to_the_page_that_says_why():
    pause(make_user(ADDRESS))
    page, code, _link = ask_for_code()
    client = Client()
    answer = client.post(page, {"code": code}, follow=True)
    assert answer.redirect_chain[-1] == ("/paused/", 302)
    assert "Your account is paused" in answer.content.decode()
    assert client.get("/home/")["Location"] == "/paused/"


def test_a_person_who_is_paused_while_signed_in_is_out_at_once():
    user = make_user()
    client = Client()
    client.force_login(user)
    assert is_signed_in(client)
    pause(user)
    assert not is_signed_in(client)


def test_a_closed_account_cannot_sign_in_and_its_address_may_start_again():
    from people.actions import privacy

    user = make_user(ADDRESS)
    privacy.close_account(by=user, user=user)
    codes.send_code(email=ADDRESS, ip_key="a")
    code = re.search(r"\b\d{6}\b", mail.outbox[-1].body)[0]
    confirmed = codes.confirm(email=ADDRESS, code=code, ip_key="a")
    assert confirmed.made
    assert confirmed.user.pk != user.pk


def test_too_many_codes_to_one_address_are_refused_with_a_clear_page():
    for _ in range(5):
        ask_for_code()
    answer = Client().post("/sign-in/", {"email": ADDRESS})
    assert answer.status_code == 429
    assert "30 minutes" in answer.content.decode()
    assert len(mail.outbox) == 5


def test_too_many_tries_from_one_place_are_refused():
    for number in range(100):
        with pytest.raises(Invalid):
            codes.confirm(email=f"a{number}@example.org", code="000000", ip_key="one place")
    with pytest.raises(TooMany):
        codes.confirm(email=ADDRESS, code="000000", ip_key="one place")


@pytest.mark.parametrize("email", ["", "not an address", "a@b", "x" * 300 + "@example.org"])
def test_an_address_that_cannot_be_one_is_refused_and_kept_on_the_page(email):
    answer = Client().post("/sign-in/", {"email": email, "csrfmiddlewaretoken": "x"})
    assert answer.status_code == 422
    assert "There is a problem" in answer.content.decode()
    assert not mail.outbox


def test_next_leads_on_this_site_only():
    for path, expected in [("/privacy/", "/privacy/"), ("https://evil.example/", "/"), ("//evil.example/", "/")]:
        client = Client()
        user = make_user()
        answer = client.post("/sign-in/", {"email": user.email, "next": path})
        code = re.search(r"\b\d{6}\b", mail.outbox[-1].body)[0]
        client.post(answer["Location"], {"code": code})
        led = client.get("/aboard/", follow=False)["Location"]
        assert led.startswith(expected)
        assert "evil" not in led


def test_a_new_person_is_led_through_name_conduct_and_one_optional_tap():
    client = Client()
    page, code, _link = ask_for_code(client)
    assert client.post(page, {"code": code})["Location"] == "/aboard/"
    assert client.get("/aboard/")["Location"] == "/aboard/name/"
    client.post("/aboard/name/", {"name": "  Grace   Adeyemi "})
    assert client.get("/aboard/")["Location"] == "/aboard/conduct/"
    assert client.post("/aboard/conduct/", {"conduct": "on"}).status_code == 422
    client.post("/aboard/conduct/", {"conduct": "on", "adult": "on"})
    assert client.get("/aboard/")["Location"] == "/aboard/about-work/"
    client.post("/aboard/about-work/", {"pay_band": "1-4"})
    assert client.get("/aboard/")["Location"] not in ("/aboard/", "/aboard/about-work/")
    user = User.objects.get()
    assert (user.name, user.conduct_accepted_at is not None) == ("Grace Adeyemi", True)


def test_staff_without_a_second_factor_are_led_to_set_one_up():
    client = Client()
    client.force_login(make_staff("administrator"))
    answer = client.get("/staff/people/", follow=True)
    assert answer.redirect_chain[-1][0] == "/account/second-step/"
    assert "second way" in answer.content.decode()


def test_with_a_second_factor_the_code_by_mail_is_not_enough():
    staff = make_staff("administrator", email=ADDRESS)
    secret = make_authenticator_app(staff)
    client = Client()
    page, code, _link = ask_for_code(client)
    assert client.post(page, {"code": code})["Location"] == "/account/second-step/authenticate/"
    assert not is_signed_in(client)
    client.post("/account/second-step/authenticate/", {"code": "000000"})
    assert not is_signed_in(client)
    client.post("/account/second-step/authenticate/", {"code": code_of(secret)})
    assert client.get("/staff/people/").status_code == 200


@pytest.mark.parametrize("path", ["/signup/", "/password/reset/", "/login/", "/account/password/change/"])
def test_what_we_do_not_offer_does_not_exist(path):
    client = Client()
    client.force_login(make_user())
    assert client.get(path).status_code == 404


def test_old_codes_are_deleted():
    codes.send_code(email=ADDRESS, ip_key="a")
    SignInCode.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert SignInCode.objects.count() == 1
    assert codes.purge_codes() == 1
