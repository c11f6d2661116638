"""The code on the host's screen: a short address, so that a phone reads it across a room. It says until when it can be
scanned, and is signed for one session. Nothing of it is kept."""

import datetime as dt
import hashlib
import hmac
from typing import Any

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.ids import CROCKFORD, clean_code
from timebank.group_rules import CODE_SECONDS
from timebank.models import GroupSession
from ui.errors import DomainError, Missing

CODE = "timebank.group_session.code"
SEEN = "timebank.group_session.seen"
SEEN_SECONDS = 600  # from opening the page of a code to pressing its button
BEGINNING = 1735689600  # 1 January 2025, from which the seconds of a code count
UNTIL, SIGNED = 6, 8  # characters, of five bits each: 34 years, and 40 bits that nobody guesses in two minutes
LONGEST_OPEN = dt.timedelta(hours=27)  # a session of 24 h and its doors, half an hour before until two hours after


def code_for(session_id: Any, now: dt.datetime | None = None) -> str:
    """A code for the screen, good for two minutes."""
    until = (now or timezone.now()) + dt.timedelta(seconds=CODE_SECONDS)
    seconds = _written(int(until.timestamp()) - BEGINNING, UNTIL)
    return seconds + _signature(session_id, seconds)


def _written(number: int, length: int) -> str:
    """The lowest bits of a number in Crockford base32."""
    return "".join(CROCKFORD[number >> 5 * place & 31] for place in reversed(range(length)))


def _signature(session_id: Any, seconds: str) -> str:
    said = hmac.new(f"{CODE}:{settings.SECRET_KEY}".encode(), f"{session_id}:{seconds}".encode(), hashlib.sha256)
    return _written(int.from_bytes(said.digest()[:8]), SIGNED)


def address_of(code: str) -> str:
    """Where a code leads, without the host."""
    return reverse("timebank:group_here", args=[code])


def read_code(code: str) -> Any:
    """The id of the session. Raises Missing for what is no code of ours, DomainError for one that has run out. One query."""
    code = clean_code(code)
    if len(code) != UNTIL + SIGNED or not set(code) <= set(CROCKFORD):
        raise Missing(_("We cannot find that session."))
    seconds, signed = code[:UNTIL], code[UNTIL:]
    until = BEGINNING + sum(CROCKFORD.index(letter) << 5 * place for place, letter in enumerate(reversed(seconds)))
    now = timezone.now()
    if now.timestamp() > until:
        raise DomainError(_("This code has run out. Scan the one that is on the screen now."))
    near = GroupSession.objects.filter(
        state=GroupSession.State.PUBLISHED, starts_at__gte=now - LONGEST_OPEN, starts_at__lte=now + LONGEST_OPEN
    )
    for session_id in near.values_list("pk", flat=True):
        if hmac.compare_digest(_signature(session_id, seconds), signed):
            return session_id
    raise Missing(_("We cannot find that session."))


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
