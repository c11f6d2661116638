"""Plain functions that make what the tests of this room need."""

import datetime as dt
import itertools

from notifications import kinds
from notifications.actions import notify
from notifications.models import OutboxMessage

NEWS = kinds.Kind("test_news", "Test news")
FIRM = kinds.Kind("test_firm", "Test matters that cannot wait", why_not_off="It is about your safety.")
MONEY = kinds.Kind("test_money", "Test hours at stake", urgent=True)
kinds.register(NEWS, FIRM, MONEY)

_numbers = itertools.count(1)


def person(name: str = "Ada Lovelace", email: str | None = None, **fields):
    """A user with an address nobody else has."""
    from people.models import User

    return User.objects.create_user(email or f"person{next(_numbers)}@example.org", name=name, **fields)


def letter(
    to=None, *, kind: str = "test_news", key: str = "", subject: str = "Something happened", **more
) -> OutboxMessage:
    """One message through the room's own door."""
    return notify(
        to=to,
        kind=kind,
        key=key or f"key-{next(_numbers)}",
        subject=subject,
        template="notifications/sample",
        context={"what": "The poster is up."},
        url=more.pop("url", "/inbox/"),
        **more,
    )


def london(year, month, day, hour=0, minute=0) -> dt.datetime:
    """A moment on a London clock."""
    from notifications.calendar import LONDON

    return dt.datetime(year, month, day, hour, minute, tzinfo=LONDON)


def world(people) -> dict:
    """What the URL matrix needs: a message of `party`, and a mail on the mail page."""
    from notifications import mailer
    from notifications.models import CaughtMail, InboxItem

    message = letter(people["party"], key="matrix")
    mail = CaughtMail.objects.create(sender="a@example.org", to="b@example.org", subject="Hello", text="Hello")
    mail.refresh_from_db()
    return {
        "outbox_message_id": message.pk,
        "inbox_item_id": InboxItem.objects.get(key="matrix").pk,
        "stop_token": mailer.stop_token(people["party"].pk, "test_news"),
        "caught_mail_id": mail.pk,
    }
