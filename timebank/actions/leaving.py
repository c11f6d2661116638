"""What closing an account ends in the time bank."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from timebank import rules
from timebank.actions import ledger
from timebank.actions.exchanges import cancel, decline, withdraw
from timebank.models import Account, Exchange, Listing
from timebank.rules import State
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
        if exchange.state == State.ACCEPTED:
            cancel(by=user, exchange=exchange)
        elif exchange.proposed_by_id == user.pk:
            withdraw(by=user, exchange=exchange)
        else:
            decline(by=user, exchange=exchange)
    Listing.objects.filter(member=user, closed_at=None).update(closed_at=timezone.now())
    account = Account.objects.filter(member=user, closed_at=None).first()
    if account is not None:
        ledger.close_account(account=account, by=by, key=f"leave:{account.pk}")
