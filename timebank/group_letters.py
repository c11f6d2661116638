"""What people are told about group sessions: one table, one template."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from notifications.actions import notify_each
from notifications.kinds import Kind
from people.actions import invitations
from timebank.models import GroupSession
from ui.formats import hours, moment

GROUPS = "timebank.group_sessions"
KINDS = (Kind(GROUPS, _("Group sessions: places, changes, attendance, credits"), urgent=True),)


@dataclass(frozen=True)
class Letter:
    """`subject` and `words` may use %(by)s (who did it), %(title)s, %(when)s and %(minutes)s (what it is about)."""

    subject: Any
    words: Any


LETTERS = {
    "asked": Letter(
        _("Give a group session together? %(title)s"),
        _("%(by)s asks you to give this group session together. Say yes or no: it is not published before."),
    ),
    "said_yes": Letter(_("%(by)s says yes: %(title)s"), _("%(by)s gives this session with you.")),
    "said_no": Letter(_("%(by)s says no: %(title)s"), _("%(by)s cannot give this session with you.")),
    "sponsor_asked": Letter(
        _("Sponsor a group session? %(title)s"),
        _("%(by)s asks your pot to sponsor this session. It would pay %(minutes)s at the most. Say yes or no."),
    ),
    "sponsor_yes": Letter(
        _("Sponsored: %(title)s"), _("%(by)s said yes: the pot has set aside %(minutes)s for this session.")
    ),
    "sponsor_no": Letter(
        _("Not sponsored: %(title)s"), _("%(by)s said no: the pot does not sponsor this session. Nothing is set aside.")
    ),
    "booked": Letter(
        _("You have a place: %(title)s"),
        _("You have a place. It costs %(minutes)s at the most, which is set aside; the more people come, the less it is."),
    ),
    "moved_up": Letter(
        _("A place is free, and it is yours: %(title)s"),
        _(
            "You were next on the waiting list, so the place is yours now. %(minutes)s is set aside. "
            "If you cannot come, give it up on the page."
        ),
    ),
    "no_credits": Letter(
        _("A place is free, but you are short of credits: %(title)s"),
        _("A place costs %(minutes)s at the most. Give an hour, and you move up as soon as the next place is free."),
    ),
    "cancelled": Letter(
        _("Cancelled: %(title)s"), _("%(by)s cancelled this session. What was set aside is free again.")
    ),
    "moved": Letter(_("Where it is has changed: %(title)s"), _("%(by)s changed the link or the place.")),
    "ticked": Letter(
        _("You are noted as there: %(title)s"),
        _("%(by)s noted that you were there. If you were not, say so before %(settles)s. Else your share is paid then."),
    ),
    "unticked": Letter(
        _("Put right: %(title)s"), _("%(by)s corrected the register: you were not there.")
    ),
    "objected": Letter(
        _("%(by)s says: I was not there. %(title)s"),
        _("%(by)s says that they were not there. Take the tick away if that is right; else a broker decides in 10 days."),
    ),
    "decided_there": Letter(
        _("A broker decided: %(title)s"), _("A broker decided that %(person)s was there.")
    ),
    "decided_away": Letter(
        _("A broker decided: %(title)s"), _("A broker decided that %(person)s was not there.")
    ),
    "paid": Letter(
        _("Settled: %(title)s"), _("Your place cost %(minutes)s. What was set aside beyond that is free again.")
    ),
    "earned": Letter(_("Settled, you earned %(minutes)s: %(title)s"), _("The session is settled. You earned %(minutes)s.")),
    "pot_paid": Letter(_("Settled: %(title)s"), _("The session is settled. Your pot paid %(minutes)s.")),
    "reversed": Letter(
        _("Taken back: %(title)s"),
        _("%(by)s, a time broker, took back what was paid and earned. The reason is below."),
    ),
    "empty": Letter(
        _("Nobody came: %(title)s"), _("Nobody was noted as there, so nobody pays and what was set aside is free again.")
    ),
}  # fmt: skip


def write_to_stranger(session: GroupSession, *, by: Any, email: str) -> None:
    """The letter `asked` to an address that is nobody's here."""
    known = {"by": str(by), "title": session.title}
    invitations.write_to_stranger(
        by=by,
        email=email,
        kind=GROUPS,
        key=f"group:{session.pk}:asked",
        subject=str(LETTERS["asked"].subject) % known,
        words=str(LETTERS["asked"].words) % known,
        url=reverse("timebank:group_session", args=[session.pk]),
    )


def tell(
    session: GroupSession,
    what: str,
    *,
    people: Iterable[Any],
    by: Any = None,
    nonce: str = "",
    minutes: int = 0,
    **facts: str,
) -> None:
    """Owes each of `people` the letter `what` about this session, in the caller's transaction. Once each, or once each
    `nonce`. `minutes` is what it is about: held, paid or earned."""
    people = list(people)
    if not people:
        return
    letter = LETTERS[what]
    known = {
        "by": str(by) if by is not None else str(_("The platform")),
        "title": session.title,
        "minutes": hours(minutes),
        "settles": moment(session.settles_at, zone=True),
        "person": facts.get("person", ""),
    }
    notify_each(
        people=people,
        kind=GROUPS,
        key=f"group:{session.pk}:{what}:{nonce}",
        subject=str(letter.subject) % known,
        template="timebank/mail/group_session",
        context={
            "words": str(letter.words) % known,
            "title": session.title,
            "when": moment(session.starts_at, zone=True),
            "where": session.place,
            "link": session.online_link,
            "note": facts.get("note", ""),
        },
        url=reverse("timebank:group_session", args=[session.pk]),
    )
