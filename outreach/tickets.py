"""What a landing page carries from one request to the next instead of a cookie: a signed ticket."""

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.utils import timezone

from outreach.models import Placement

TICKET = "outreach.ticket"
START = "outreach.start"


@dataclass(frozen=True)
class Ticket:
    """One opening of the door: a random word, the placement's code ("" without one), the hour, the device, and whether
    the opening was counted. Nothing in it says who."""

    word: str
    code: str
    hour: dt.datetime
    device: str
    counted: bool

    def sign(self) -> str:
        """The ticket as the page's hidden field."""
        return signing.dumps([self.word, self.code, self.hour.isoformat(), self.device, self.counted], salt=TICKET)


def this_hour() -> dt.datetime:
    """The hour that counts go to."""
    return timezone.now().replace(minute=0, second=0, microsecond=0)


def issue(placement: Placement | None, device: str, counted: bool) -> Ticket:
    """A new ticket for a page that is being drawn."""
    return Ticket(secrets.token_urlsafe(12), placement.code if placement else "", this_hour(), device, counted)


def read(signed: str) -> Ticket:
    """The ticket in a form. Raises signing.BadSignature."""
    word, code, hour, device, counted = signing.loads(signed, salt=TICKET)
    return Ticket(word, code, dt.datetime.fromisoformat(hour), device, counted)


def sign_start(start_id: Any) -> str:
    """A start as an address part that nobody can guess or alter."""
    return signing.dumps(str(start_id), salt=START)


def read_start(signed: str) -> str:
    """The start's id in such an address. Raises signing.BadSignature."""
    return signing.loads(signed, salt=START)
