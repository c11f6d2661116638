"""Being somebody in a browser, without the way through the door.

Staff have their powers only in a session that has given a second factor (`people.second_factor`), so whoever holds a
staff role gives one here too: the code of an authenticator app, on the page that asks for it. Tests never write into a
session what a page would have to.

    client = sign_in(Client(), user)
    client = sign_in(Client(), manager, second_factor=False)    # as a code by mail alone would
"""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.test import Client
from django.urls import reverse

from people import rules
from people.models import User


def sign_in(client: Client, user: Any, *, second_factor: bool | None = None) -> Client:
    """The browser, with `user` signed in. `second_factor=None` gives one where they hold a staff role now; True sets
    one up and gives it for anybody."""
    client.force_login(user)
    if second_factor or (second_factor is None and rules.held_back(_as_from_a_session(user))):
        give_second_factor(client, user)
    return client


def give_second_factor(client: Client, user: Any) -> None:
    """Sets up an authenticator app (a new one each time: a code works once) and gives its code in this session."""
    for _try in range(3):  # the code changes every 30 seconds
        secret = make_authenticator_app(user)
        answer = client.post(reverse("mfa_reauthenticate"), {"code": code_of(secret)})
        if answer.status_code == 302:
            return
    raise AssertionError(f"The second factor was refused: {answer.status_code}")


def make_authenticator_app(user: Any) -> str:
    """The secret of an app that `user` has from now on, instead of an earlier one."""
    secret = totp.generate_totp_secret()
    Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).delete()
    totp.TOTP.activate(user, secret)
    return secret


def code_of(secret: str) -> str:
    """The six numbers that the app shows now."""
    return totp.format_hotp_value(totp.hotp_value(secret, next(totp.yield_hotp_counters_from_time())))


def _as_from_a_session(user: Any) -> User:
    fresh = User.objects.get(pk=user.pk)
    fresh.unproved = True
    return fresh
