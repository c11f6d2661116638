"""What exchanges do to who is known, and letting go of what waited for it."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record_each
from people.actions import standing
from people.models import Standing, User
from timebank.actions import ledger
from timebank.models import Account, Exchange, Policy, WaitingCredit
from timebank.rules import State
from timebank.standing_rules import Introduction, makes_known

BOTH_KNOWN = "SELECT public.ledger_member_known(%s), public.ledger_member_known(%s)"


def after_exchange(exchange: Exchange) -> None:
    """Lets the newcomer of the two be known, where a settled exchange does so. For the transaction that paid it: the
    accounts of the two are locked by then, so nobody is counted twice. One query where both are known."""
    with connection.cursor() as cursor:
        cursor.execute(BOTH_KNOWN, [exchange.provider_id, exchange.receiver_id])
        provider_known, receiver_known = cursor.fetchone()
    if provider_known == receiver_known:
        return
    newcomer, other = exchange.provider, exchange.receiver
    if provider_known:
        newcomer, other = other, newcomer
    asked, policy = introduction(newcomer, other), Policy.objects.in_force()
    if makes_known(asked, most=policy.introductions, days=policy.introduction_days):
        standing.begin(member=newcomer, ground=Standing.Ground.EXCHANGE, through=other, about=exchange.pk)
        let_go_soon(newcomer)


def introduction(newcomer: User, other: User) -> Introduction:
    """The facts of the rule for an exchange that `other` had with `newcomer`."""
    last, now = Standing.objects.latest_of(other.pk), timezone.now()
    days = dt.timedelta(days=Policy.objects.in_force().introduction_days)
    settled = Exchange.objects.filter(
        Q(provider=newcomer, receiver=other) | Q(provider=other, receiver=newcomer), settled_minutes__isnull=False
    ).exclude(state=State.REVERSED)
    return Introduction(
        known=last is not None and last.known,
        by_exchange=last is not None and last.ground == Standing.Ground.EXCHANGE,
        days=(now - last.at).days if last else 0,
        minutes=settled.aggregate(minutes=Sum("settled_minutes"))["minutes"] or 0,
        lately=Standing.objects.filter(through=other, known=True, at__gt=now - days).count(),
    )


def after_reversal(exchange: Exchange, by: Any) -> None:
    """A standing that rests on this exchange ends with it, unless another one bears it out: then it begins again on that.
    What was let go in the meantime stays so; whoever is now under their floor may only earn."""
    for member in (exchange.provider, exchange.receiver):
        last = Standing.objects.latest_of(member.pk)
        if last is None or not last.known or (last.ground, last.about) != (Standing.Ground.EXCHANGE, exchange.pk):
            continue
        standing.end(member=member, by=by, reason=_("The exchange was reversed"))
        others = Exchange.objects.of(member).filter(settled_minutes__isnull=False).exclude(state=State.REVERSED)
        for other in others.exclude(pk=exchange.pk).select_related("provider", "receiver").order_by("settled_at", "pk"):
            after_exchange(other)


@transaction.atomic
def vouch(*, by: Any, member: User, reason: str) -> bool:
    """A time broker gives their word for somebody; what waited for it can be passed on. Raises what
    `people.actions.standing.vouch` raises."""
    begun = standing.vouch(by=by, member=member, reason=reason)
    let_go_soon(member)
    return begun


def let_go_soon(member: User) -> None:
    """Lets go of what waits for `member` once this is committed; `sweep` finds what is left."""
    transaction.on_commit(lambda: let_go(member_id=member.pk), robust=True)


def let_go(*, member_id: UUID) -> int:
    """Ends the wait of credits that this member, or a project pot of theirs, paid or received, where one of both is known
    now. Returns how many minutes; harmless twice."""
    of_a_pot = Q(pot__opened_by=member_id) | Q(pot__stewards__user=member_id, pot__stewards__until=None)
    own = Account.objects.open().filter(Q(member=member_id) | of_a_pot)
    return _let_go(set(own.values_list("pk", flat=True)))


@transaction.atomic
def _let_go(accounts: set[UUID]) -> int:
    """Takes pots along that are known now, and ends what waits in or from these accounts, after locking every account
    concerned in the order of their ids. How many minutes."""
    touching = WaitingCredit.objects.filter(Q(payer__in=accounts) | Q(payee__in=accounts), ended_at=None)
    ledger.lock_all(accounts | {pk for pair in touching.values_list("payer", "payee") for pk in pair})
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE timebank_account SET known = true"
            " WHERE id = ANY (%s) AND closed_at IS NULL AND pot_id IS NOT NULL AND NOT known"
            " AND public.ledger_known(NULL, pot_id)",
            [list(accounts)],
        )
    rows = list(touching.filter(Q(payer__known=True) | Q(payee__known=True)).order_by("pk"))
    WaitingCredit.objects.filter(pk__in=[row.pk for row in rows]).update(
        ended_at=timezone.now(), outcome=WaitingCredit.Outcome.KNOWN
    )
    record_each(
        by=None, verb="timebank.waiting.let_go", about=[(row, None, {"minutes": row.minutes}) for row in rows]
    )  # fmt: skip
    return sum(row.minutes for row in rows)


SHOULD_BE_KNOWN = """
SELECT id FROM timebank_account
WHERE pot_id IS NOT NULL AND closed_at IS NULL AND NOT known AND public.ledger_known(NULL, pot_id) ORDER BY id LIMIT %s
"""


def sweep(*, limit: int = 500) -> int:
    """Lets go of whatever waits though one of both is known by now, account by account, each in a transaction of its own.
    Returns how many minutes. Safe at any moment, by several workers."""
    with connection.cursor() as cursor:
        cursor.execute(SHOULD_BE_KNOWN, [limit])
        due = {pk for (pk,) in cursor.fetchall()}
    waiting = WaitingCredit.objects.filter(Q(payer__known=True) | Q(payee__known=True), ended_at=None)
    due |= set(waiting.order_by("pk").values_list("payee", flat=True)[:limit])
    return sum(_let_go({pk}) for pk in sorted(due))
