"""What people are told about pots: one table, one template."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from notifications.actions import notify_each
from notifications.kinds import Kind
from people.actions import invitations
from timebank.models import Pot

POTS = "timebank.pots"
KINDS = (Kind(POTS, _("Pots: who runs them, what they need, what their time did")),)


@dataclass(frozen=True)
class Letter:
    """`subject` and `words` may use %(by)s, %(pot)s and %(what)s."""

    subject: Any
    words: Any


LETTERS = {
    "invited": Letter(
        _("Run a pot together? %(pot)s"),
        _(
            "%(by)s asks you to look after this pot with them. Stewards decide what its hours are spent on. Say yes or no."
        ),
    ),
    "said_yes": Letter(_("%(by)s runs it with you: %(pot)s"), _("%(by)s said yes, and can spend from the pot now.")),
    "said_no": Letter(_("%(by)s says no: %(pot)s"), _("%(by)s cannot look after the pot with you.")),
    "resigned": Letter(_("%(by)s stepped down: %(pot)s"), _("%(by)s no longer looks after this pot.")),
    "joined": Letter(_("%(by)s joined: %(pot)s"), _("%(by)s joined the pot by its link, and hears what it needs.")),
    "need": Letter(_("%(pot)s asks for help: %(what)s"), _("A pot that you joined asks for something new: %(what)s.")),
    "closed": Letter(_("What your time did: %(pot)s"), _("%(pot)s is finished. This is what changed:")),
}


def write_to_stranger(pot: Pot, *, by: Any, email: str, nonce: str) -> None:
    """The letter `invited` to an address that is nobody's here."""
    known = {"by": str(by), "pot": pot.name}
    invitations.write_to_stranger(
        by=by,
        email=email,
        kind=POTS,
        key=f"pot:{pot.pk}:invited:{nonce}",
        subject=str(LETTERS["invited"].subject) % known,
        words=str(LETTERS["invited"].words) % known,
        url=reverse("timebank:pot", args=[pot.pk]),
    )


def tell(
    pot: Pot, what: str, *, people: Iterable[Any], by: Any = None, nonce: str = "", about: str = "", message: str = "",
    url: str = "",
) -> None:  # fmt: skip
    """Owes each of `people` the letter `what` about this pot, in the caller's transaction. Once each, or once each `nonce`."""
    people = list(people)
    if not people:
        return
    letter = LETTERS[what]
    known = {"by": str(by) if by is not None else str(_("The platform")), "pot": pot.name, "what": about}
    notify_each(
        people=people,
        kind=POTS,
        key=f"pot:{pot.pk}:{what}:{nonce}",
        subject=str(letter.subject) % known,
        template="timebank/mail/pot",
        context={"words": str(letter.words) % known, "message": message},
        url=url or reverse("timebank:pot", args=[pot.pk]),
    )
