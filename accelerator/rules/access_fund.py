"""Claims on the access fund: when they may change, and what they come to. Pure. Money is whole pence."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ui.errors import DomainError

MOST_PENCE = 500_000  # £5,000: what is dearer is arranged, not claimed
MOST_FUND_PENCE = 100_000_000
DAYS_AFTER = 90  # claims come in until so many days after the wave has ended
YEARS_KEPT = 7

WAITING, AGREED, PAID, DECLINED, WITHDRAWN = "waiting", "agreed", "paid", "declined", "withdrawn"
SOURCES = {
    "agree": {WAITING},
    "decline": {WAITING},
    "spend": {WAITING, AGREED},
    "withdraw": {WAITING, AGREED},
    "pay": {AGREED},
}
WHY_NOT: dict[str, Any] = {
    WAITING: _("This claim waits for an answer first."),
    AGREED: _("This claim was agreed already."),
    PAID: _("This claim has been paid, so it stays as it is."),
    DECLINED: _("This claim was declined. You can make a new one."),
    WITHDRAWN: _("This claim was taken back. You can make a new one."),
}


def check(event: str, state: str) -> None:
    """Raises DomainError, saying how things stand, where `event` may not happen to a claim in `state`."""
    if state not in SOURCES[event]:
        raise DomainError(str(WHY_NOT[state]))


def takes_claims(wave: Any, today: dt.date) -> bool:
    """Whether claims can be made: from the day on which the call opens until 90 days after the end."""
    return timezone.localdate(wave.call_opens) <= today <= wave.ends + dt.timedelta(days=DAYS_AFTER)


@dataclass(frozen=True)
class Totals:
    """What claims come to, in pence: what waits, what was agreed and is still to pay, what was paid."""

    waiting: int = 0
    agreed: int = 0
    paid: int = 0
    count: int = 0

    @property
    def promised(self) -> int:
        """What the fund owes or has paid."""
        return self.agreed + self.paid


def totals(rows: Iterable[tuple[str, int]]) -> Totals:
    """The totals of (state, pence) rows; what was declined or taken back counts for nothing."""
    found = {WAITING: 0, AGREED: 0, PAID: 0}
    count = 0
    for state, pence in rows:
        if state in found:
            found[state] += pence
            count += 1
    return Totals(found[WAITING], found[AGREED], found[PAID], count)
