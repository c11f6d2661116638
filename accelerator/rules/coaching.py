"""The hour with a coach after a no: when it is offered, where it stands, when it is over. Pure."""

from collections.abc import Collection
from enum import StrEnum
from typing import Any

GOING_ON = frozenset({"accepted", "delivered", "disputed"})  # states of an exchange that may still bring the hour


class Standing(StrEnum):
    """Where an hour stands, as its applicant sees it."""

    OFFERED = "offered"  # to be taken up
    NO_FUND = "no_fund"
    ASKED = "asked"
    ANSWERED = "answered"  # a coach has offered: say yes or no
    AGREED = "agreed"
    OVER = "over"


def is_offered(decision: Any) -> bool:
    """Whether the hour comes with this decision: a no whose letter has gone."""
    return decision is not None and decision.sent_at is not None and decision.outcome == "decline"


def is_over(exchange_states: Collection[str], *, on_board: bool) -> bool:
    """Whether an hour has nothing left to wait for: it was given, or it is off the board and nobody gives it."""
    if GOING_ON & set(exchange_states):
        return False
    return "settled" in exchange_states or not on_board


def standing(exchange_states: Collection[str], *, ended: bool) -> Standing:
    """Where an hour that was asked for stands, from the states of the exchanges that came of it."""
    if ended or "settled" in exchange_states:
        return Standing.OVER
    if GOING_ON & set(exchange_states):
        return Standing.AGREED
    return Standing.ANSWERED if "proposed" in exchange_states else Standing.ASKED
