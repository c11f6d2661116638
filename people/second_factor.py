"""The second factor of staff: a session has powers of a staff role only while it has given one itself.

`people.backends` marks every user object that comes out of a session as `unproved`; `judged` alone lifts the mark, from
the record that allauth writes into the session when a passkey, a code of an app or a recovery code was right. Whatever
goes wrong on the way leaves the mark, so nobody has more powers than they proved. `people.rules` reads it.
"""

import time
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from django.conf import settings
from django.contrib.auth.middleware import get_user
from django.http import HttpRequest

DEMONSTRATION = "demonstration"  # session key set by /demo, which does not exist in production
SEEN = "second_factor_seen"  # session key: the latest moment (seconds since 1970) at which this person did something
LASTS = 12 * 60 * 60  # seconds from giving the factor
IDLE = 60 * 60  # seconds without doing anything
MAIL_READ = 15 * 60  # seconds for which a fresh code by mail opens the setting up of a first factor
NOTED_EVERY = 5 * 60  # seconds; the session is not written at every click


def judged(request: HttpRequest) -> Any:
    """The person behind the session (or nobody), with the mark lifted where this session has given a second factor."""
    user: Any = get_user(request)
    if user.is_authenticated and proved(request, user):
        user.unproved = False
    return user


def proved(request: HttpRequest, user: Any) -> bool:
    """Whether this session gave a second factor of `user` within `LASTS`, and was used within `IDLE`.

    Notes that it is used, at most every `NOTED_EVERY`; what a page asks by itself (htmx) does not count as using it, so
    that an open page that looks for news keeps nobody's desk open.
    """
    if not settings.PRODUCTION and request.session.get(DEMONSTRATION):
        return True
    given, now = given_at(request, user), time.time()
    if given is None:
        return False
    seen = max(given, request.session.get(SEEN, 0))
    if now - given >= LASTS or now - seen >= IDLE:
        return False
    if now - seen >= NOTED_EVERY and "HX-Request" not in request.headers:
        request.session[SEEN] = now
    return True


def given_at(request: HttpRequest, user: Any) -> float | None:
    """The latest moment (seconds since 1970) at which this session gave a second factor of `user`; None for never."""
    records = get_authentication_records(request, user)
    return max((record["at"] for record in records if record.get("method") == "mfa"), default=None)


def note_mail(request: HttpRequest) -> None:
    """Notes that the person behind this session typed a fresh code from their mail."""
    record_authentication(request, request.user, method="code", reauthenticated=True, fresh=True)


def read_mail(request: HttpRequest) -> bool:
    """Whether `note_mail` was called in this session within `MAIL_READ`."""
    records = get_authentication_records(request, request.user)
    return any(record.get("fresh") and time.time() - record["at"] < MAIL_READ for record in records)
