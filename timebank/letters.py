"""What the two sides of an exchange are told: one table, one template."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from notifications.actions import notify_each
from notifications.kinds import Kind
from timebank import invitations
from timebank.models import Exchange
from ui.formats import day, hours, moment

PROPOSALS = "timebank.proposals"
EXCHANGES = "timebank.exchanges"
CREDITS = "timebank.credits"
THREADS = "timebank.messages"
THANKS = "timebank.thanks"
DECISIONS = "timebank.decisions"
LISTINGS = "timebank.listings"
SEARCHES = "timebank.searches"
CYCLES = "timebank.cycles"

KINDS = (
    Kind(PROPOSALS, _("Proposals: somebody wants to exchange hours with me")),
    Kind(EXCHANGES, _("My exchanges: answers, dates, hours to confirm"), urgent=True),
    Kind(CREDITS, _("Credits: hours settled, put right, or with a broker"), urgent=True),
    Kind(THREADS, _("Messages about an exchange")),
    Kind(THANKS, _("Thanks for my time")),
    Kind(DECISIONS, _("As a broker: disputes, appeals and charges that wait for a decision")),
    Kind(LISTINGS, _("My offers and requests, before they leave the board")),
    Kind(SEARCHES, _("My saved searches: what is new on the board")),
    Kind(CYCLES, _("Chains of hours: when two to four of us could help each other")),
)


@dataclass(frozen=True)
class Letter:
    """`subject` and `words` may use %(by)s (who did it), %(title)s, %(provider)s, %(receiver)s, %(day)s, %(hours)s (agreed),
    %(settled)s, %(recorded)s and %(done)s (what was done for somebody)."""

    kind: str
    subject: Any
    words: Any


LETTERS = {
    "proposed": Letter(
        PROPOSALS,
        _("%(by)s proposes an exchange: %(title)s"),
        _("%(by)s proposes an exchange of %(hours)s with you. Say yes or no within 14 days."),
    ),
    "accepted": Letter(
        EXCHANGES,
        _("%(by)s said yes: %(title)s"),
        _("%(by)s said yes. The time (%(hours)s) is set aside, so whoever gives it is sure to receive the credits."),
    ),
    "booked": Letter(
        EXCHANGES,
        _("%(by)s booked your office hours: %(title)s"),
        _("%(by)s booked one of your slots. Their time (%(hours)s) is set aside for you."),
    ),
    "you_booked": Letter(
        EXCHANGES,
        _("You booked: %(title)s"),
        _("It is yours. Your time (%(hours)s) is set aside. If you cannot come, cancel or choose another slot."),
    ),
    "swapped": Letter(EXCHANGES, _("%(by)s moved a booking: %(title)s"), _("%(by)s chose another of your slots.")),
    "month_over": Letter(
        EXCHANGES,
        _("Confirm the hours: %(title)s"),
        _("The month is over, and %(recorded)s are logged. Confirm the sessions or query them, and it is settled."),
    ),
    "month_given": Letter(
        EXCHANGES,
        _("%(settled)s given: %(title)s"),
        _("The month is over. %(settled)s were given, and count as such. No credits moved."),
    ),
    "declined": Letter(
        EXCHANGES, _("%(by)s cannot do this: %(title)s"), _("%(by)s declined this exchange. Nothing was paid.")
    ),
    "withdrawn": Letter(
        EXCHANGES, _("%(by)s took back a proposal: %(title)s"), _("%(by)s withdrew this proposal. Nothing was paid.")
    ),
    "cancelled": Letter(
        EXCHANGES,
        _("%(by)s cancelled: %(title)s"),
        _("%(by)s cancelled this exchange. The time that was set aside (%(hours)s) is free again."),
    ),
    "no_show": Letter(
        EXCHANGES,
        _("Did not happen: %(title)s"),
        _("%(by)s says that this exchange did not happen. The time that was set aside (%(hours)s) is free again."),
    ),
    "diary": Letter(
        EXCHANGES,
        _("For your calendar: %(title)s"),
        _("You agreed on this. The entry for your calendar comes with this e-mail, and changes with the exchange."),
    ),
    "off_diary": Letter(
        EXCHANGES, _("Out of your calendar: %(title)s"), _("You cancelled this. It is taken out of your calendar.")
    ),
    "arranged": Letter(EXCHANGES, _("New date or place: %(title)s"), _("%(by)s set when and where you meet.")),
    "message": Letter(THREADS, _("%(by)s wrote about: %(title)s"), _("%(by)s wrote:")),
    "hours_recorded": Letter(
        EXCHANGES,
        _("Confirm the hours: %(title)s"),
        _("%(by)s recorded %(recorded)s. Now record how long it took you. If you agree, it is settled at once."),
    ),
    "settled": Letter(CREDITS, _("Settled at %(settled)s: %(title)s"), _("The hours are settled. Paid: %(settled)s.")),
    "settled_in_silence": Letter(
        CREDITS,
        _("Settled at %(settled)s: %(title)s"),
        _(
            "Only one side recorded hours, so after 14 days their time (%(settled)s) was paid. If it is wrong, you can undo it for 30 days."
        ),
    ),
    "hours_differ": Letter(
        CREDITS,
        _("Your hours differ: %(title)s"),
        _(
            "The two of you recorded different hours. What you both recorded is paid; the rest is with a broker. "
            "Say what happened within 5 days, or correct your hours if you made a slip."
        ),
    ),
    "short": Letter(
        CREDITS,
        _("Too few credits for now: %(title)s"),
        _("You agree on the hours, but there are too few credits to pay them all. We try again as more come in."),
    ),
    "missed_you": Letter(
        EXCHANGES,
        _("Did not happen: %(title)s"),
        _(
            "%(by)s says that you could not come. These things happen. If you were called to clinical duty, or illness, "
            "disability or caring kept you, say so on the page: that is always excused, and nobody asks for proof. If you "
            "were there, ask a broker within 7 days."
        ),
    ),
    "claimed": Letter(
        CREDITS,
        _("A small charge may apply: %(title)s"),
        _(
            "The time was kept free, and our rules allow a small charge for that. It is not paid unless a broker decides so. "
            "Clinical duty, illness, disability and caring are always excused: say so on the page, and it is over. Without a "
            "decision in 7 days it is let go."
        ),
    ),
    "excused": Letter(
        EXCHANGES,
        _("Excused: %(title)s"),
        _("%(by)s was kept by something that is always excused. Nothing is charged."),
    ),
    "let_go": Letter(
        CREDITS, _("Nothing is charged: %(title)s"), _("%(by)s lets the charge go. What was set aside is free again.")
    ),
    "charged": Letter(
        CREDITS,
        _("Charged: %(title)s"),
        _("A broker decided that the small charge for time that was kept free is paid."),
    ),
    "not_charged": Letter(
        CREDITS, _("Nothing is charged: %(title)s"), _("Nothing is charged. What was set aside is free again.")
    ),
    "disputed": Letter(
        CREDITS,
        _("A broker will look at this: %(title)s"),
        _("%(by)s asked a broker to decide about this exchange. Say within 5 days what happened."),
    ),
    "referred": Letter(
        CREDITS,
        _("A broker will look at this: %(title)s"),
        _("Only one side recorded hours for 14 days, so a broker will look at it. Say what happened."),
    ),
    "decided": Letter(
        CREDITS,
        _("A broker decided: %(title)s"),
        _(
            "A broker decided about this exchange. Paid in all: %(settled)s. If you think that this is wrong, you can ask for a "
            "second look on the page, once, within 14 days."
        ),
    ),
    "appealed": Letter(
        CREDITS,
        _("A second look at the decision: %(title)s"),
        _(
            "%(by)s asked for a second look at the broker’s decision. Somebody else decides now. Say within 5 days what they "
            "should know. What was paid stays paid until then."
        ),
    ),
    "decided_again": Letter(
        CREDITS,
        _("Decided after a second look: %(title)s"),
        _("Somebody else looked at this exchange again. Paid in all: %(settled)s. This decision is final."),
    ),
    "undecided": Letter(
        CREDITS,
        _("Ended without a decision: %(title)s"),
        _(
            "We are sorry: nobody decided about this in 30 days. What was paid stays (%(settled)s), and what was set aside is "
            "free again. You can propose the rest as a new exchange."
        ),
    ),
    "reversed": Letter(
        CREDITS,
        _("Taken back: %(title)s"),
        _("This exchange was reversed: what was paid went back whole. You can record it again as a new exchange."),
    ),
    "thanked": Letter(THANKS, _("%(by)s thanks you: %(title)s"), _("%(by)s thanks you for your time.")),
    "recorded_offline": Letter(
        CREDITS,
        _("Recorded for you: %(title)s"),
        _(
            "%(by)s, a time broker, recorded that %(provider)s gave %(receiver)s %(settled)s on %(day)s. It is paid. If it is "
            "wrong, say so on the page within 30 days, and another broker looks at it."
        ),
    ),
    "acted_for": Letter(
        EXCHANGES,
        _("%(by)s acted for you: %(title)s"),
        _("%(by)s, a time broker, did this for you, because you asked: %(done)s. If you did not ask, tell us at once."),
    ),
    "left_proposal": Letter(
        EXCHANGES,
        _("%(by)s has left: %(title)s"),
        _(
            "%(by)s has left the time bank, so this proposal is closed. Nothing was paid. It has nothing to do with you."
        ),
    ),
    "left_agreed": Letter(
        EXCHANGES,
        _("%(by)s has left: %(title)s"),
        _(
            "%(by)s has left the time bank, so this exchange is off. The time that was set aside (%(hours)s) is free "
            "again. It has nothing to do with you."
        ),
    ),
    "left_settled": Letter(
        CREDITS,
        _("Settled at %(settled)s: %(title)s"),
        _("%(by)s has left the time bank, so the hours were settled by what you said. Paid in all: %(settled)s."),
    ),
    "left_unpaid": Letter(
        CREDITS,
        _("%(by)s has left: %(title)s"),
        _("%(by)s has left the time bank and lets these hours go. Nothing was paid; what was set aside is free again."),
    ),
    "handed_over": Letter(
        EXCHANGES,
        _("Somebody else looks after this: %(title)s"),
        _("%(by)s has left the time bank. Somebody else speaks for the pot now, and what you agreed stands."),
    ),
    "unanswered": Letter(
        EXCHANGES,
        _("Expired without an answer: %(title)s"),
        _("This proposal was not answered in time, so it expired. Nothing was paid."),
    ),
    "lapsed": Letter(
        EXCHANGES,
        _("Expired: %(title)s"),
        _(
            "Nobody recorded hours for this exchange, so it expired. The time that was set aside (%(hours)s) is free again."
        ),
    ),
}


REPLY = "message_text"  # the box on the page of an exchange where one writes back
CALENDAR = {  # the letters that come with an entry for the calendar
    "accepted": invitations.REQUEST,
    "booked": invitations.REQUEST,
    "you_booked": invitations.REQUEST,
    "swapped": invitations.REQUEST,
    "arranged": invitations.REQUEST,
    "diary": invitations.REQUEST,
    "cancelled": invitations.CANCEL,
    "left_agreed": invitations.CANCEL,
    "off_diary": invitations.CANCEL,
}


def tell(exchange: Exchange, what: str, *, to: Any, by: Any, nonce: str = "", **context: Any) -> None:
    """Owes `to` the letter `what` about this exchange, in the caller's transaction. Once each, or once each `nonce`."""
    tell_each(exchange, what, people=[to], by=by, nonce=nonce, **context)


def tell_each(
    exchange: Exchange, what: str, *, people: Sequence[Any], by: Any, nonce: str = "", **context: Any
) -> None:
    """The same letter for several people."""
    letter, url = LETTERS[what], reverse("timebank:exchange", args=[exchange.pk])
    method = CALENDAR.get(what, "") if exchange.accepted_at else ""
    if method == invitations.REQUEST and exchange.starts_at is None:
        method = (
            invitations.CANCEL if exchange.calendar_sequence else ""
        )  # there was a date, and there is none any more
    if method == invitations.CANCEL and not (exchange.starts_at or exchange.calendar_sequence):
        method = ""
    hidden = exchange.hides_asker and by is not None and by.pk == exchange.receiver_id
    facts = {
        "by": str(_("The person who asked")) if hidden else str(by) if by is not None else str(_("The platform")),
        "title": exchange.title,
        "hours": hours(exchange.minutes),
        "settled": hours(exchange.settled_minutes or 0),
        "recorded": hours(context.get("minutes", exchange.minutes)),
        "provider": str(exchange.provider),
        "receiver": exchange.asker,
        "day": day(exchange.starts_at),
        "done": str(context.get("done", "")),
    }
    notify_each(
        people=people,
        kind=letter.kind,
        key=f"exchange:{exchange.pk}:{what}:{nonce}",
        subject=str(letter.subject) % facts,
        template="timebank/mail/exchange",
        context={
            "words": str(letter.words) % facts,
            "title": exchange.title,
            "when": moment(exchange.starts_at, zone=True),
            "where": exchange.place,
            "link": exchange.online_link,
            "message": context.get("message", ""),
            "note": context.get("note", "") or exchange.reason,
        },
        url=f"{url}#{REPLY}" if letter.kind == THREADS else url,
        button=str(_("Write back")) if letter.kind == THREADS else "",
        calendar=(lambda person: invitations.invitation(exchange, person, method=method, url=url)) if method else None,
    )


def say(
    kind: str,
    *,
    people: Sequence[Any],
    key: str,
    subject: str,
    words: str,
    url: str,
    when: dt.datetime | None = None,
    where: str = "",
    link: str = "",
    note: str = "",
) -> None:
    """Owes people a letter that is not about one exchange, in the caller's transaction, once each `key`."""
    notify_each(
        people=people,
        kind=kind,
        key=key,
        subject=subject,
        template="timebank/mail/note",
        context={"words": words, "when": moment(when, zone=True), "where": where, "link": link, "note": note},
        url=url,
    )
