"""What people are told of what a broker did: always who, what and why."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from notifications.actions import notify_each
from notifications.kinds import Kind
from notifications.models import OutboxMessage
from timebank.letters import CREDITS

DESK = "timebank.desk"
KINDS = (Kind(DESK, _("Notes from a time broker: a request that may suit me, a hello after a while")),)


def tell(
    people: Sequence[Any], *, key: str, subject: str, words: str, why: str = "", url: str = "", kind: str = DESK
) -> list[OutboxMessage]:
    """Owes each of `people` one letter from the desk, in the caller's transaction; once each `key`."""
    return notify_each(
        people=people,
        kind=kind,
        key=key,
        subject=subject,
        template="timebank/mail/desk",
        context={"words": words, "why": why},
        url=url or reverse("timebank:home"),
    )


def tell_correction(people: Sequence[Any], *, key: str, subject: str, words: str, why: str) -> list[OutboxMessage]:
    """The same about credits that were put right: it cannot wait for a digest, and leads to the statement."""
    return tell(people, key=key, subject=subject, words=words, why=why, url=reverse("timebank:statement"), kind=CREDITS)
