"""Invitations that one person sends to an e-mail address, without learning whether anybody here has it.

Whatever an app invites to, it keeps the address as typed, shows it until the person has accepted, and answers the same for
an address that is known, unknown, paused or blocked.
"""

from notifications.actions import notify
from people import limits
from people.models import User
from people.rules import blocked_between


def reached(*, by: User, email: str) -> User | None:
    """The member whom an invitation to `email` (in its normal form) reaches, if there is one; nobody where they are paused
    or blocked from `by`, who must not be told so. Counts it for `by` and for the address. Raises TooMany."""
    limits.count("invitations-by-person", str(by.pk))
    limits.count("invitations-to-address", email)
    user = User.objects.active().at(email).first()
    return None if user is None or blocked_between(by, user) else user


def write_to_stranger(*, by: User, email: str, kind: str, key: str, subject: str, words: str, url: str) -> None:
    """Owes the letter of an invitation to an address that is nobody's here; nothing where it is somebody's, who is blocked
    or paused. `words` and `subject` may quote `by`, and are sent so that nothing in them becomes a link."""
    if User.objects.at(email).exists():
        return
    context = {"words": words, "who": str(by)}
    notify(
        to_email=email, kind=kind, key=key, subject=subject, template="people/mail/invited", context=context, url=url
    )
