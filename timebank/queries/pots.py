"""What pages say about pots."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from people.rules import has_any_role
from timebank.models import Entry, Exchange, Listing, Pot, PotSteward
from timebank.rules import State
from ui.errors import Missing


def steward_ids(pot_id: Any) -> frozenset:
    """Ids of the people who may spend from a pot now; empty where there is no pot."""
    if pot_id is None:
        return frozenset()
    return frozenset(PotSteward.objects.filter(pot_id=pot_id, until=None).values_list("user_id", flat=True))


def pots_of(user: Any) -> list[Pot]:
    """The open pots that this person is a steward of, by name, each with its `account` and `used`: the minutes of
    settled exchanges that it paid."""
    settled = Exchange.objects.filter(pot=OuterRef("pk"), state=State.SETTLED).order_by().values("pot")
    used = Subquery(settled.annotate(m=Sum("settled_minutes")).values("m"))
    rows = Pot.objects.open().run_by(user).select_related("account").annotate(used=Coalesce(used, 0))
    return list(rows.order_by("name", "id"))


def browse(words: str = "") -> QuerySet[Pot]:
    """Open project and organisation pots, latest first, with their balance as `minutes`."""
    rows = Pot.objects.open().filter(kind__in=[Pot.Kind.PROJECT, Pot.Kind.ORGANISATION])
    if words:
        rows = rows.filter(Q(name__icontains=words) | Q(aim__icontains=words))
    return rows.annotate(minutes=Coalesce("account__balance", 0)).order_by("-opened_at", "-id")


@dataclass
class PotPage:
    """What the page of a pot says."""

    pot: Pot
    balance: int
    held: int
    given: int  # minutes that were given to it
    used: int  # minutes of settled exchanges that it paid
    people: int  # who gave time to it
    exchanges: list[Exchange]
    requests: list[Listing]
    stewards: list[Any]
    is_steward: bool


def pot_page(pot_id: Any, user: Any) -> PotPage:
    """A pot for one reader: everybody sees project and organisation pots, the rest is for stewards and staff.
    Raises Missing."""
    pot = (
        Pot.objects.select_related("account", "organisation", "purpose")
        .prefetch_related("skills")
        .filter(pk=pot_id)
        .first()
    )
    if pot is None:
        raise Missing(_("We cannot find that pot."))
    stewards = [s.user for s in pot.stewards.filter(until=None).select_related("user").order_by("since", "id")]
    is_steward = user in stewards
    open_to_all = pot.kind in {Pot.Kind.PROJECT, Pot.Kind.ORGANISATION}
    if not (open_to_all or is_steward or has_any_role(user, ("portfolio_manager", "broker", "administrator"))):
        raise Missing(_("We cannot find that pot."))
    account = getattr(pot, "account", None)
    settled = Exchange.objects.filter(pot=pot, state=State.SETTLED)
    sums = settled.aggregate(used=Coalesce(Sum("settled_minutes"), 0), people=Count("provider", distinct=True))
    received = Entry.objects.filter(
        account__pot=pot, minutes__gt=0, transfer__kind__in=["donation", "allowance", "grant"]
    ).aggregate(m=Coalesce(Sum("minutes"), 0))["m"]
    return PotPage(
        pot=pot,
        balance=account.balance if account else 0,
        held=account.held if account else 0,
        given=received,
        used=sums["used"],
        people=sums["people"],
        exchanges=list(settled.select_related(*Exchange.NAMED_BY).order_by("-settled_at", "-id")[:10]),
        requests=list(Listing.objects.open().filter(pot=pot).order_by("-posted_at", "-id")[:10]),
        stewards=stewards,
        is_steward=is_steward,
    )
