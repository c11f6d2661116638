"""What allauth tells us of second factors once it is kept in the database."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.test import Client

from tests.people.factories import make_staff
from tests.people.test_factors import give_mail_code, set_up_app, told, words_told
from tests.signing_in import sign_in as signed_in


@pytest.fixture(autouse=True)
def _letters(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def test_setting_up_the_first_factor_ends_all_other_sessions_and_opens_the_desk_of_this_one(real_db):
    staff = make_staff("administrator")
    client, other = signed_in(Client(), staff, second_factor=False), signed_in(Client(), staff, second_factor=False)
    give_mail_code(client)
    assert set_up_app(client).status_code == 302
    assert client.get("/staff/people/").status_code == 200
    assert other.get("/account/").status_code == 302
    assert words_told(staff) == ["An authenticator app was set up."]
    assert len(told(staff)) == 1


def test_staff_who_set_up_a_factor_come_back_to_where_they_were(real_db):
    client = signed_in(Client(), make_staff("administrator"), second_factor=False)
    client.get("/staff/people/?name=ama", follow=True)
    give_mail_code(client)
    codes = client.get(set_up_app(client)["Location"]).content.decode()
    assert "Go on to your desk" in codes
    assert client.get("/account/desk/")["Location"] == "/staff/people/?name=ama"


def test_new_recovery_codes_and_used_ones_are_told(real_db):
    staff = make_staff("administrator")
    client = signed_in(Client(), staff)
    client.post("/account/second-step/recovery-codes/generate/")
    [*first, last] = RecoveryCodes.activate(staff).get_unused_codes()
    for code in first[:1]:
        client.post("/account/second-step/reauthenticate/", {"code": code})
    kept = Authenticator.objects.get(user=staff, type="recovery_codes")
    kept.data["used_mask"] = 2 ** len(first) - 1
    kept.save()
    client.post("/account/second-step/reauthenticate/", {"code": last})
    assert [words.split(".")[0] for words in words_told(staff)] == [
        "New recovery codes were made",
        "A recovery code was used",
        "The last recovery code was used",
    ]
