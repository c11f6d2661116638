"""What the platform tells people about. Each room registers its kinds in `AppConfig.ready`; preferences are by kind."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Kind:
    """One kind of message. `label` finishes "Tell me about: …". `why_not_off` says why it cannot be switched off or
    put off, where it cannot. `urgent` kinds (money, time or safety at stake) are never folded into another e-mail.
    `private` kinds tell of something that even an administrator may not know of (it may be about them): the outbox neither
    shows nor counts them. `roles`, where given, are those whom it concerns: nobody else is asked how they want it. People whose
    account is paused get e-mails of the kinds `while_paused` and of no other."""

    slug: str
    label: Any  # lazy text
    why_not_off: Any = None
    urgent: bool = False
    private: bool = False
    roles: tuple[str, ...] = ()
    while_paused: bool = False

    def concerns(self, user: Any) -> bool:
        """Whether this person can get such messages at all."""
        return not self.roles or any(user.has_role(role) for role in self.roles)

    def reaches(self, user: Any) -> bool:
        """Whether e-mail of this kind may go to `user` now."""
        return bool(user.email) and (user.is_present or (self.while_paused and user.closed_at is None))


_kinds: dict[str, Kind] = {}


def register(*kinds: Kind) -> None:
    """Adds kinds; the same slug with another meaning is a mistake in the code."""
    for kind in kinds:
        if _kinds.setdefault(kind.slug, kind) != kind:
            raise ValueError(f"Two different kinds of message are called {kind.slug!r}.")


def get(slug: str) -> Kind:
    """The kind of that name. LookupError where no room registered it."""
    try:
        return _kinds[slug]
    except KeyError:
        raise LookupError(f"No room has registered the kind of message {slug!r}.") from None


def every() -> list[Kind]:
    """All kinds, by label."""
    return sorted(_kinds.values(), key=lambda kind: (str(kind.label).lower(), kind.slug))


def label(slug: str) -> str:
    """What a kind is called, for people; its slug where the room that sent it has renamed it since."""
    return str(_kinds[slug].label) if slug in _kinds else slug
