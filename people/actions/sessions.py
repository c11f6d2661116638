"""Ending the sessions in which somebody is signed in."""

from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.auth import HASH_SESSION_KEY
from django.db import transaction

from people.models import User


@transaction.atomic
def end_all(*, user: User, keep: Any = None) -> None:
    """Sign `user` out of every browser at once; the session `keep` (`request.session`), where given, goes on.

    Sessions hold a hash of the password column. Nobody has a password here, so a new unusable one ends all of them,
    also those of which no list knows; the rows that are known are deleted besides. Asks no rule and writes no audit
    row: the action that calls it does. A second time changes nothing that anybody sees.
    """
    user.set_unusable_password()
    User.objects.filter(pk=user.pk).update(password=user.password)
    kept_key = None
    if keep is not None:
        keep[HASH_SESSION_KEY] = user.get_session_auth_hash()
        kept_key = keep.session_key
    for session in UserSession.objects.filter(user=user).exclude(session_key=kept_key).order_by("id"):
        session.end()
