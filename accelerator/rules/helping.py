"""Help with one question: what may be asked, where it stands, and who may read the draft. Pure."""

import datetime as dt
from collections.abc import Collection
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

MINUTES = (30, 60)  # what one question may cost
MOST_OPEN = 3  # requests an application has at a time
HELPING = frozenset({"accepted", "delivered"})  # states of an exchange in which its giver may read the answer
SHOWN = HELPING | {"proposed", "settled"}  # those that the applicant sees beside the question


class Standing(StrEnum):
    """Where a request for help stands, as its applicant sees it."""

    ASKED = "asked"
    BROKER = "broker"
    OFFERED = "offered"
    HELPING = "helping"
    HELPED = "helped"  # given and paid; it can be asked for again
    CLOSED = "closed"  # off the board, and not taken back yet


LABELS = {
    Standing.ASKED: _("Help asked for"),
    Standing.BROKER: _("Help asked for: a time broker is looking"),
    Standing.OFFERED: _("Somebody offers to help: answer them"),
    Standing.HELPING: _("Somebody is helping"),
    Standing.HELPED: _("Somebody has helped you"),
    Standing.CLOSED: _("The request is off the board"),
}


def may_be_asked(question: Any) -> bool:
    """Whether help with `question` may be asked for: not with files, nor with what not even reviewers see."""
    return question.kind != "file" and question.reviewers_see


def standing(exchange_states: Collection[str], *, on_board: bool, with_broker: bool) -> Standing:
    """Where a request stands, from the states of the exchanges that came of it."""
    if HELPING & set(exchange_states):
        return Standing.HELPING
    if "settled" in exchange_states:
        return Standing.HELPED
    if "proposed" in exchange_states:
        return Standing.OFFERED
    if not on_board:
        return Standing.CLOSED
    return Standing.BROKER if with_broker else Standing.ASKED


def is_over(exchange_states: Collection[str], application: Any, *, on_board: bool, now: dt.datetime) -> bool:
    """Whether a request has nothing left to wait for: the help was given, or nobody gives any and it is off the board,
    or the application cannot be sent any more."""
    if (HELPING | {"disputed"}) & set(exchange_states):
        return False
    dead = application.state != "draft" or application.closes is None or now >= application.closes
    return dead or "settled" in exchange_states or not on_board


def may_read(application: Any, exchange_state: str, now: dt.datetime) -> bool:
    """Whether the giver of an exchange about one question may read it with its draft: from the yes until it ends, and
    only while it is a draft that can still be sent."""
    draft = application.state == "draft" and application.closes is not None and now < application.closes
    return draft and exchange_state in HELPING
