"""What closing an account ends in the time bank."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from timebank import rules
from timebank.actions import ledger
from timebank.actions.locking import facts_of, lock, move, next_state, other_side, release_hold
from timebank.letters import tell
from timebank.models import Account, Exchange, Listing
from timebank.rules import State, Who
from ui.errors import DomainError


@transaction.atomic
def leave(*, user: Any, by: Any) -> None:
    """What closing an account does here: listings are closed, proposals and agreements are ended, what was held goes
    back, and the credits that are left go to the community pot (a debt is written off by it).
    Raises DomainError while hours wait to be confirmed or decided: those are somebody else's credits too."""
    mine = Exchange.objects.of(user).filter(state__in=[s.value for s in rules.OPEN_STATES]).order_by("pk")
    if mine.filter(state__in=[State.DELIVERED, State.DISPUTED]).exists():
        raise DomainError(
            _(
                "You have an exchange whose hours are not settled yet. Confirm them, or ask a broker, and then close your account."
            )
        )
    for exchange in mine:
        if exchange.pot_id and user.pk != exchange.provider_id:
            continue  # the pot's other stewards go on
        _end(exchange, user)
    Listing.objects.filter(member=user, closed_at=None).update(closed_at=timezone.now())
    account = Account.objects.filter(member=user, closed_at=None).first()
    if account is not None:
        ledger.close_account(account=account, by=by, key=f"leave:{account.pk}")


EVENTS = {State.ACCEPTED: ("cancel", "cancelled"), State.PROPOSED: ("withdraw", "withdrawn")}


def _end(exchange: Exchange, user: Any) -> None:
    """Ends a proposal or an agreement, whatever the state of the account that closes. It never costs anything."""
    locked = lock(exchange, user)
    if locked.exchange.state not in EVENTS:
        return  # somebody was quicker
    event, letter = EVENTS[State(locked.exchange.state)]
    if locked.exchange.state == State.PROPOSED and Who.ANSWERER in locked.who:
        event, letter = "decline", "declined"
    target = next_state(locked, event, facts_of(locked))
    release_hold(locked.exchange, user)
    move(locked, target)
    tell(locked.exchange, letter, to=other_side(locked.exchange, user), by=user)
