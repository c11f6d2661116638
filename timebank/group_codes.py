"""The code on the host's screen: a signed address that says which session, and until when it can be scanned."""

import datetime as dt
from typing import Any

from django.core import signing
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from timebank.group_rules import CODE_SECONDS
from ui.errors import DomainError, Missing

CODE = "timebank.group_session.code"
SEEN = "timebank.group_session.seen"
SEEN_SECONDS = 600  # from opening the page of a code to pressing its button


def code_for(session_id: Any, now: dt.datetime | None = None) -> str:
    """A code for the screen, good for two minutes."""
    until = (now or timezone.now()) + dt.timedelta(seconds=CODE_SECONDS)
    return signing.dumps([str(session_id), int(until.timestamp())], salt=CODE)


def address_of(code: str) -> str:
    """Where a code leads, without the host."""
    return reverse("timebank:group_here", args=[code])


def read_code(code: str) -> str:
    """The id of the session. Raises Missing for what is no code of ours, DomainError for one that has run out."""
    try:
        session_id, until = signing.loads(code, salt=CODE)
    except (signing.BadSignature, ValueError) as error:
        raise Missing(_("We cannot find that session.")) from error
    if timezone.now().timestamp() > until:
        raise DomainError(_("This code has run out. Scan the one that is on the screen now."))
    return session_id


def seen_by(user: Any, session_id: Any) -> str:
    """That this person opened the page of a code while it was good."""
    return signing.dumps([str(session_id), str(user.pk)], salt=SEEN)


def seen_session(signed: str, user: Any) -> str | None:
    """The id of the session whose code this person opened at most ten minutes ago; None for anything else."""
    try:
        session_id, user_id = signing.loads(signed, salt=SEEN, max_age=SEEN_SECONDS)
    except (signing.BadSignature, ValueError):
        return None
    return session_id if user_id == str(user.pk) else None
