"""What time does to exchanges by itself: one sweep over all that is due."""

import datetime as dt
import logging
from collections.abc import Callable
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from timebank import rules
from timebank.actions.calling_off import let_go
from timebank.actions.disputes import stop_deciding
from timebank.actions.hours import go_by_one_side, retry
from timebank.actions.locking import facts_of, lock, move, release_hold, tell_both
from timebank.models import Exchange, Policy
from timebank.rules import State
from ui.errors import DomainError

log = logging.getLogger(__name__)


@transaction.atomic
def lapse(*, exchange: Exchange | UUID) -> bool:
    """Expires an unanswered proposal, or an agreement of which nobody recorded hours; what was held goes back.
    False where it is not due, or somebody was quicker."""
    locked = lock(exchange, None)
    target = rules.outcome(locked.exchange.state, "lapse", locked.who, facts_of(locked))
    if target is None:
        return False
    was_accepted = locked.exchange.state == State.ACCEPTED
    if was_accepted:
        release_hold(locked.exchange, None, "expired")
    move(locked, target)
    tell_both(locked.exchange, "lapsed" if was_accepted else "unanswered", None)
    return True


def retry_waiting(*, limit: int = 500) -> int:
    """Tries again what waits for credits, where the payer has something to spend now, whatever it came from. Returns how
    many were settled; cheap enough for every minute."""
    spendable = F("payer__balance") - F("payer__held") - F("payer__floor")
    waiting = Exchange.objects.filter(state=State.DELIVERED, waiting_since__isnull=False).alias(spendable=spendable)
    due = waiting.filter(spendable__gt=0).order_by("waiting_since", "pk").values_list("pk", flat=True)[:limit]
    return sum(_try(retry, pk) for pk in due)


def _try(action: Callable[..., bool], pk: UUID) -> bool:
    """Moves one exchange; one that cannot move must not keep the others waiting."""
    try:
        return action(exchange=pk)
    except DomainError as error:
        log.warning("Exchange %s was left as it is: %s", pk, type(error).__name__)
        return False


def sweep(*, limit: int = 500) -> dict[str, int]:
    """Moves every exchange whose time has come, each in a transaction of its own, at most `limit` of each kind.
    Returns how many moved. Safe to run at any moment, by several workers."""
    now, policy = timezone.now(), Policy.objects.in_force()
    accepted = Exchange.objects.filter(state=State.ACCEPTED)
    days = dt.timedelta(days=1)
    due = {
        "unanswered": (lapse, Exchange.objects.filter(state=State.PROPOSED, answer_by__lte=now)),
        "lapsed_dated": (
            lapse,
            accepted.filter(
                starts_at__lte=now - rules.LAPSE_DAYS * days, accepted_at__lte=now - rules.LAPSE_DAYS * days
            ),
        ),
        "lapsed_undated": (
            lapse,
            accepted.filter(starts_at=None, accepted_at__lte=now - rules.LAPSE_DAYS_UNDATED * days),
        ),
        "retried": (retry, Exchange.objects.filter(state=State.DELIVERED, waiting_since__isnull=False)),
        "undecided": (
            stop_deciding,
            Exchange.objects.filter(
                state=State.DISPUTED,
                disputes__decided_at=None,
                disputes__raised_at__lte=now - rules.UNDECIDED_DAYS * days,
            ),
        ),
        "let_go": (
            let_go,
            Exchange.objects.filter(claim__decision="", claim__raised_at__lte=now - rules.CLAIM_DAYS * days),
        ),
        "silent": (
            go_by_one_side,
            Exchange.objects.filter(
                state=State.DELIVERED, waiting_since=None, delivered_at__lte=now - policy.silence_days * days
            ),
        ),
    }
    moved = dict.fromkeys(due, 0)
    for name, (action, rows) in due.items():
        for pk in rows.order_by("state_at", "pk").values_list("pk", flat=True)[:limit]:
            moved[name] += _try(action, pk)
    return moved
