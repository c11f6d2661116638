"""Reads of the books for pages: a statement with running balance, and what somebody has."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, Q, QuerySet, Sum

from timebank.models import Account, Entry, LedgerCheck, Policy, Transfer

HOURS_GIVEN = [Transfer.Kind.EXCHANGE, Transfer.Kind.GROUP_SESSION, Transfer.Kind.ADJUSTMENT]


@dataclass(frozen=True)
class Balances:
    """What an account has, in minutes. `available` can be spent now; `warn` that it is time to earn."""

    balance: int
    held: int
    available: int
    floor: int | None
    warn: bool
    given: int
    received: int


def statement(
    account: Account, *, since: dt.date | None = None, until: dt.date | None = None, kind: str | None = None
) -> "QuerySet[Entry]":
    """The entries of an account, latest first, each with its transfer, exchange and the other entries of the transfer
    (`entry.transfer.entries.all()`, each with its account's member and pot). `since` and `until` are whole days,
    both included. The order is total; a page of it costs the same number of queries however long the history."""
    rows = Entry.objects.filter(account=account)
    if since:
        rows = rows.filter(transfer__created_at__date__gte=since)
    if until:
        rows = rows.filter(transfer__created_at__date__lte=until)
    if kind:
        rows = rows.filter(transfer__kind=kind)
    other = Prefetch(
        "transfer__entries", Entry.objects.select_related("account__member", "account__pot").order_by("account_id")
    )
    return rows.select_related("transfer__exchange").prefetch_related(other).order_by("-account_version")


def counterparts(entry: Entry) -> list[Account]:
    """The accounts on the other side of an entry, from what `statement` has fetched: from whom, or to whom."""
    return [other.account for other in entry.transfer.entries.all() if (other.minutes < 0) != (entry.minutes < 0)]


def balances(account: Account) -> Balances:
    """What an account has and may spend, and the hours that it gave (earned) and received (spent) in exchanges. What
    was reversed counts for neither."""
    policy = Policy.objects.in_force()
    moved = Entry.objects.filter(account=account, transfer__kind__in=HOURS_GIVEN, transfer__reversals=None).aggregate(
        given=Sum("minutes", filter=Q(minutes__gt=0)), received=Sum("minutes", filter=Q(minutes__lt=0))
    )
    return Balances(
        balance=account.balance,
        held=account.held,
        available=max(account.available, 0),
        floor=account.floor,
        warn=account.member_id is not None and account.balance - account.held <= policy.soft_warning,
        given=moved["given"] or 0,
        received=-(moved["received"] or 0),
    )


def under_floor() -> "QuerySet[Account]":
    """Accounts that may only earn for now, lowest first: after a reversal or a new policy. For the broker's desk."""
    return Account.objects.open().under_floor().select_related("member", "pot").order_by("balance", "id")


def last_check() -> LedgerCheck | None:
    """The result of the last nightly check of the books."""
    return LedgerCheck.objects.order_by("-id").first()


def balance_of(member: Any) -> int:
    """A member's balance in minutes; 0 where the account is not opened yet."""
    return Account.objects.filter(member=member).values_list("balance", flat=True).first() or 0
