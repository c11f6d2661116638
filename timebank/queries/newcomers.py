"""For brokers: newcomers whose credits wait for somebody to be known, and who belongs together by paying each other."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import DateTimeField, Exists, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from people.models import User
from timebank.models import Account, Exchange, WaitingCredit
from timebank.rules import State
from timebank.standing_rules import ENOUGH_MINUTES

MOST = 50  # people and clusters on the page


def newcomers() -> QuerySet[User]:
    """Members who are not known and for whom a word would change something: credits wait that they paid or received, or
    they have exchanged an hour with somebody known and it did not make them known. Each with `since`, longest first."""
    waiting = WaitingCredit.objects.filter(ended_at=None).filter(
        Q(payer__member=OuterRef("pk")) | Q(payee__member=OuterRef("pk"))
    )
    met = Exchange.objects.filter(state=State.SETTLED, settled_minutes__gte=ENOUGH_MINUTES).filter(
        Q(provider=OuterRef("pk"), receiver__time_account__known=True)
        | Q(receiver=OuterRef("pk"), provider__time_account__known=True)
    )
    return (
        User.objects.active()
        .filter(time_account__known=False, time_account__closed_at=None)
        .filter(Exists(waiting) | Exists(met))
        .annotate(
            since=Coalesce(
                Subquery(waiting.order_by("at").values("at")[:1]),
                Subquery(met.order_by("settled_at").values("settled_at")[:1]),
                output_field=DateTimeField(),
            )
        )
        .order_by("since", "pk")
    )


@dataclass(frozen=True)
class Cluster:
    """Accounts that are not known and paid each other, by any number of steps. Minutes are those that wait."""

    accounts: list[Account]
    minutes: int
    first: dt.datetime
    last: dt.datetime

    @property
    def members(self) -> list[Any]:
        return [account.member for account in self.accounts if account.member_id]

    @property
    def pots(self) -> list[Any]:
        return [account.pot for account in self.accounts if account.pot_id]


def clusters() -> list[Cluster]:
    """Every cluster whose credits wait, the most minutes first. Three queries, however many there are."""
    pairs = list(
        WaitingCredit.objects.filter(ended_at=None)
        .order_by()
        .values_list("payer", "payee")
        .annotate(minutes=Sum("minutes"), first=Min("at"), last=Max("at"))
    )
    leader: dict[Any, Any] = {}

    def led_by(account: Any) -> Any:
        while leader.setdefault(account, account) != account:
            account = leader[account]
        return account

    for payer, payee, *_sums in pairs:
        leader[led_by(payer)] = led_by(payee)
    found: dict[Any, list[Any]] = defaultdict(list)
    for pair in pairs:
        found[led_by(pair[0])].append(pair)
    accounts = Account.objects.select_related("member", "pot").in_bulk(leader)
    together = [
        Cluster(
            accounts=sorted(
                (accounts[pk] for pk in {pk for payer, payee, *_sums in rows for pk in (payer, payee)}),
                key=lambda account: account.pk,
            ),
            minutes=sum(minutes for _payer, _payee, minutes, _first, _last in rows),
            first=min(row[3] for row in rows),
            last=max(row[4] for row in rows),
        )
        for rows in found.values()
    ]
    return sorted(together, key=lambda cluster: (-cluster.minutes, cluster.first))


def met_only(among: Iterable[Cluster]) -> list[User]:
    """Newcomers of no cluster, whom an hour with somebody known did not make known."""
    shown = {member.pk for cluster in among for member in cluster.members}
    return [person for person in newcomers()[:MOST] if person.pk not in shown]
