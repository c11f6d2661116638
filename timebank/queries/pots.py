"""What pages say about pots."""

from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from people.rules import may_act
from timebank.models import Exchange, GroupProvider, GroupSession, Pot, PotMember, PotSteward
from timebank.rules import State


def steward_ids(pot_id: Any) -> frozenset:
    """Ids of the people who may spend from a pot now; empty where there is no pot."""
    if pot_id is None:
        return frozenset()
    return frozenset(PotSteward.objects.filter(pot_id=pot_id, until=None).values_list("user_id", flat=True))


def pots_of(user: Any) -> list[Pot]:
    """The open pots that this person is a steward of, by name, each with its `account` and `used`: the minutes of
    settled exchanges and group sessions that it paid."""
    settled = Exchange.objects.filter(pot=OuterRef("pk"), state=State.SETTLED).order_by().values("pot")
    sessions = (
        GroupSession.objects.filter(pot=OuterRef("pk"), state=GroupSession.State.SETTLED).order_by().values("pot")
    )
    rows = Pot.objects.open().run_by(user).select_related("account")
    rows = rows.annotate(
        for_exchanges=Coalesce(Subquery(settled.annotate(m=Sum("settled_minutes")).values("m")), 0),
        for_sessions=Coalesce(Subquery(sessions.annotate(m=Sum("pot_paid_minutes")).values("m")), 0),
        used=F("for_exchanges") + F("for_sessions"),
    )
    return list(rows.order_by("name", "id"))


def browse(words: str = "") -> QuerySet[Pot]:
    """Open project and organisation pots, latest first, with their balance as `minutes`."""
    rows = Pot.objects.open().filter(kind__in=[Pot.Kind.PROJECT, Pot.Kind.ORGANISATION])
    if words:
        rows = rows.filter(Q(name__icontains=words) | Q(aim__icontains=words))
    return rows.annotate(minutes=Coalesce("account__balance", 0)).order_by("-opened_at", "-id")


def helper_ids(pot_id: Any) -> set:
    """Ids of everybody who was credited for time that this pot paid for, or shared in paying for."""
    gave = Exchange.objects.filter(pot=pot_id, state=State.SETTLED).values_list("provider_id", flat=True)
    sessions = GroupProvider.objects.filter(
        session__pot=pot_id, session__state=GroupSession.State.SETTLED, credited_minutes__gt=0
    )
    return {*gave, *sessions.values_list("user_id", flat=True)}


def joined(user: Any) -> list[Pot]:
    """The open pots that this person joined by their link, by name."""
    mine = PotMember.objects.filter(user=user, left_at=None).values("pot")
    return list(Pot.objects.open().filter(pk__in=mine).order_by("name", "id"))


def joined_people(pot_id: Any, *, but: Any) -> list[Any]:
    """The people who joined a pot by its link and may still act, without `but`."""
    rows = PotMember.objects.filter(pot=pot_id, left_at=None).exclude(user=but).select_related("user").order_by("id")
    return [row.user for row in rows if may_act(row.user)]
