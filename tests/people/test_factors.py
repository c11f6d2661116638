"""Setting up, changing and losing second factors."""

import base64
import datetime as dt
import json
import re

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client
from django.utils import timezone

from notifications.models import InboxItem, OutboxMessage
from people.actions import factors, sign_in
from people.models import SignInCode
from tests.people.factories import make_passkey, make_staff, make_user
from tests.signing_in import code_of, make_authenticator_app
from tests.signing_in import sign_in as signed_in
from ui.errors import Invalid

pytestmark = pytest.mark.django_db
AGAIN, ADD, APP = "/sign-in/again/", "/account/second-step/webauthn/add/", "/account/second-step/totp/activate/"


@pytest.fixture(autouse=True)
def _letters(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def give_mail_code(client):
    client.post(AGAIN, {"send": "1"})
    return client.post(AGAIN, {"code": re.search(r"\b\d{6}\b", mail.outbox[-1].body)[0], "next": APP})


def set_up_app(client):
    client.get(APP)
    return client.post(APP, {"code": code_of(client.session["mfa.totp.secret"])})


def told(user):
    return list(InboxItem.objects.filter(user=user, kind=factors.KIND).order_by("id").values_list("subject", flat=True))


def words_told(user):
    letters = OutboxMessage.objects.filter(user=user, kind=factors.KIND).order_by("id")
    return [letter.text.split("\n")[0] for letter in letters]


# --- The first factor ---


@pytest.mark.parametrize("page", [ADD, APP])
def test_the_first_factor_asks_for_a_fresh_code_by_mail(page):
    member = make_user()
    client = signed_in(Client(), member)
    answer = client.get(page)
    assert answer["Location"].startswith(AGAIN)
    assert "Send me a code" in client.get(answer["Location"]).content.decode()
    assert client.post(page, {"code": "123456", "credential": "0"})["Location"].startswith(AGAIN)
    assert give_mail_code(client)["Location"] == APP
    assert client.get(page).status_code == 200


def test_the_code_with_which_one_signed_in_is_not_the_fresh_one():
    member = make_user()
    client = Client()
    page = client.post("/sign-in/", {"email": member.email})["Location"]
    code = re.search(r"\b\d{6}\b", mail.outbox[-1].body)[0]
    client.post(page, {"code": code})
    assert client.get(APP)["Location"].startswith(AGAIN)
    assert client.post(AGAIN, {"code": code}).status_code == 422


def test_a_code_to_prove_oneself_signs_nobody_in():
    member = make_user()
    sign_in.send_proof(by=member, ip_key="a")
    code = re.search(r"\b\d{6}\b", mail.outbox[-1].body)[0]
    with pytest.raises(Invalid):
        sign_in.confirm(email=member.email, code=code, ip_key="a")
    with pytest.raises(Invalid):
        sign_in.prove(by=make_user(), code=code, ip_key="a")
    sign_in.prove(by=member, code=code, ip_key="a")
    with pytest.raises(Invalid):
        sign_in.prove(by=member, code=code, ip_key="a")
    assert SignInCode.objects.get().used_at is not None


def test_the_fresh_code_opens_setting_up_for_fifteen_minutes():
    member = make_user()
    with time_machine.travel(timezone.now()) as clock:
        client = signed_in(Client(), member)
        give_mail_code(client)
        clock.shift(dt.timedelta(minutes=14))
        assert client.get(APP).status_code == 200
        clock.shift(dt.timedelta(minutes=1))
        assert client.get(APP)["Location"].startswith(AGAIN)


# --- Changes ---


def test_whoever_has_a_factor_gives_it_before_changing_them():
    member = make_user()
    make_authenticator_app(member)
    client = signed_in(Client(), member, second_factor=False)
    for page in [ADD, "/account/second-step/totp/deactivate/", "/account/second-step/recovery-codes/generate/", AGAIN]:
        assert client.get(page)["Location"].startswith("/account/second-step/reauthenticate/"), page
        assert client.post(page, {"code": "1"})["Location"].startswith("/account/second-step/reauthenticate/"), page
    assert Authenticator.objects.count() == 1
    assert not mail.outbox


def test_removing_the_last_factor_is_told_ends_other_sessions_and_closes_the_desk():
    staff = make_staff("administrator")
    other = signed_in(Client(), staff)
    client = signed_in(Client(), staff)
    assert client.post("/account/second-step/totp/deactivate/").status_code == 302
    assert words_told(staff) == ["The authenticator app was removed."]
    assert other.get("/account/").status_code == 302
    assert client.get("/account/").status_code == 200
    assert client.get("/staff/people/").status_code == 302


def test_changes_cannot_be_switched_off():
    page = signed_in(Client(), make_user()).get("/inbox/preferences/").content.decode()
    assert "hear of it where it was not you" in page


# --- What is not a passkey ---

PIECE = base64.urlsafe_b64encode(b"not what it should be").decode()
FORGED = {
    "id": PIECE,
    "rawId": PIECE,
    "type": "public-key",
    "response": {"clientDataJSON": PIECE, "attestationObject": PIECE, "authenticatorData": PIECE, "signature": PIECE},
    "clientExtensionResults": {},
}
NOT_PASSKEYS = [
    "0", "1", "false", "true", "null", "[]", "{}", '""', '"x"', "", "nonsense", "NaN", "1" * 5000, "[" * 15_000,
    '{"id": 0}', '{"response": null}', '{"response": []}', '{"id": "\\u0000"}', json.dumps("x" * 30_000), json.dumps(FORGED),
    json.dumps(FORGED | {"response": {"clientDataJSON": base64.urlsafe_b64encode(b"{}").decode(), "attestationObject": "oA"}}),
    json.dumps(FORGED | {"response": {"userHandle": PIECE, **FORGED["response"]}}),
    json.dumps(FORGED | {"response": {"clientDataJSON": "\u0661"}}),
]  # fmt: skip


@pytest.mark.parametrize("credential", NOT_PASSKEYS)
def test_what_is_not_a_passkey_is_neither_stored_nor_believed_nor_a_500(credential):
    staff = make_staff("administrator")
    client = signed_in(Client(), staff, second_factor=False)
    give_mail_code(client)
    client.get(ADD)
    assert client.post(ADD, {"name": "Mine", "credential": credential}).status_code == 422
    assert not Authenticator.objects.exists()
    assert client.get("/staff/people/").status_code == 302
    make_authenticator_app(staff)
    page = "/account/second-step/webauthn/reauthenticate/"
    client.get(page)
    assert client.post(page, {"credential": credential}).status_code == 302
    assert client.get("/staff/people/").status_code == 302
    signing = Client()
    signing.get("/account/second-step/webauthn/login/", headers={"X-Requested-With": "XMLHttpRequest"})
    assert signing.post("/account/second-step/webauthn/login/", {"credential": credential}).status_code == 302
    assert signing.get("/account/").status_code == 302


@pytest.mark.parametrize(
    "data", [{}, {"name": "x"}, {"name": "x", "credential": 0}, {"name": "x", "credential": FORGED}, 0, []]
)
def test_a_row_that_is_no_passkey_is_no_factor_and_breaks_nothing(data):
    staff = make_staff("administrator")
    Authenticator.objects.create(user=staff, type=Authenticator.Type.WEBAUTHN, data=data)
    assert not factors.has_any(staff)
    client = Client()
    page = client.post("/sign-in/", {"email": staff.email})["Location"]
    client.post(page, {"code": re.search(r"\b\d{6}\b", mail.outbox[-1].body)[0]})
    assert client.get("/account/").status_code == 200  # nothing asked for it, nothing broke
    assert client.get("/staff/people/").status_code == 302
    for address in ["", "webauthn/", "webauthn/add/", "totp/activate/", "reauthenticate/", "webauthn/reauthenticate/"]:
        Authenticator.objects.get_or_create(user=staff, type=Authenticator.Type.WEBAUTHN, data=data)
        assert client.get(f"/account/second-step/{address}").status_code in (200, 302), address
    assert factors.sweep(staff) == 0


def test_a_broken_row_beside_an_app_leaves_the_app_to_sign_in_with():
    staff = make_staff("administrator")
    make_passkey(staff)
    secret = make_authenticator_app(staff)
    client = Client()
    page = client.post("/sign-in/", {"email": staff.email})["Location"]
    client.post(page, {"code": re.search(r"\b\d{6}\b", mail.outbox[-1].body)[0]})
    assert client.get("/account/second-step/authenticate/").status_code == 200
    client.post("/account/second-step/authenticate/", {"code": code_of(secret)})
    assert client.get("/staff/people/").status_code == 200


@pytest.mark.parametrize("code", ["", "\x00", "é" * 6, "١٢٣٤٥٦", "9" * 100_000, "0"])
def test_codes_that_are_none_are_sent_back(code):
    staff = make_staff("administrator")
    client = signed_in(Client(), staff, second_factor=False)
    give_mail_code(client)
    client.get(APP)
    for _time in range(7):  # past the limit of wrong tries too
        assert client.post(APP, {"code": code}).status_code in (422, 429)
    make_authenticator_app(staff)
    assert client.post("/account/second-step/reauthenticate/", {"code": code}).status_code in (422, 429)
    assert client.get("/staff/people/").status_code == 302
