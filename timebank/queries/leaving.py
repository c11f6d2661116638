"""What leaving would do, before somebody decides; and who takes over what they leave."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from people.models import RoleGrant, User
from timebank import rules
from timebank.models import (
    Account,
    Engagement,
    Exchange,
    GroupBooking,
    GroupSession,
    Hold,
    LeavingWish,
    Listing,
    Pot,
    PotSteward,
)
from timebank.queries.statement import pots_met
from timebank.rules import State
from ui.formats import hours


def ends_with(user: Any) -> "QuerySet[Exchange]":
    """The open exchanges that end when this person leaves: not those of a pot that they run, which its next stewards
    take on."""
    return Exchange.objects.filter(
        Q(provider=user) | Q(receiver=user, pot=None), state__in=[state.value for state in rules.OPEN_STATES]
    )


def heirs(user: Any) -> list[Pot]:
    """The open pots that somebody may leave their credits to: those that they run or joined, and those that they met in
    their account."""
    account = Account.objects.filter(member=user).first()
    met = [pot.pk for pot in pots_met(account)] if account else []
    close = Q(stewards__user=user, stewards__until=None) | Q(members__user=user, members__left_at=None) | Q(pk__in=met)
    kinds = [Pot.Kind.PROJECT, Pot.Kind.ORGANISATION, Pot.Kind.INNOVATION]
    return list(Pot.objects.open().filter(close, kind__in=kinds).distinct().order_by("name", "id"))


def takes_over(pot: Pot, leaver: Any) -> User | None:
    """Who looks after a pot that has no steward left: the broker with the fewest pots (an administrator where there is no
    broker), but nobody who is giving time to it, since no steward is paid from their own pot."""
    now = timezone.now()
    giving = Exchange.objects.filter(pot=pot, state__in=[state.value for state in rules.OPEN_STATES]).values("provider")
    for role in ("broker", "administrator"):
        held = RoleGrant.objects.filter(role=role, scope="").live(now).values("user")
        found = (
            User.objects.active()
            .filter(pk__in=held)
            .exclude(pk=leaver.pk)
            .exclude(pk__in=giving)
            .annotate(runs=Count("pot_stewardships", filter=Q(pot_stewardships__until=None)))
            .order_by("runs", "joined_at", "pk")
            .first()
        )
        if found is not None:
            return found
    return None


@dataclass(frozen=True)
class Ending:
    """An open exchange and what becomes of it. `moves` is what it adds to the leaver's balance, in minutes."""

    exchange: Exchange
    words: str
    moves: int


@dataclass(frozen=True)
class Leaving:
    """All that closing the account would do here, as things stand now. Minutes."""

    endings: list[Ending]
    left: int  # the balance once all that is open has ended
    to_pot: Pot | None  # where a positive one goes; None is the community pot
    alone: list[Pot]  # pots that nobody else runs
    listings: int
    sessions: int  # group sessions that the person hosts and that are called off
    places: int  # places in those of others that are given up
    engagements: int  # that end

    @property
    def below(self) -> int:
        """How far below zero the balance is."""
        return max(0, -self.left)


def what_happens(user: Any) -> Leaving:
    """What `Leaving` says. A constant number of queries."""
    endings = [_ending(exchange, user) for exchange in _open(user)]
    balance = Account.objects.filter(member=user).values_list("balance", flat=True).first() or 0
    said = LeavingWish.objects.filter(user=user, to_pot__closed_at=None).select_related("to_pot").first()
    others = PotSteward.objects.filter(until=None).exclude(user=user).values("pot")
    return Leaving(
        endings=endings,
        left=balance + sum(ending.moves for ending in endings),
        to_pot=said.to_pot if said else None,
        alone=list(Pot.objects.open().run_by(user).exclude(pk__in=others).order_by("name", "id")),
        listings=Listing.objects.filter(member=user, closed_at=None).count(),
        sessions=GroupSession.objects.filter(host=user, state__in=["draft", "published"]).count(),
        places=GroupBooking.objects.filter(
            user=user, state__in=["waiting", "booked"], session__state="published"
        ).count(),
        engagements=Engagement.objects.filter(Q(provider=user) | Q(receiver=user, pot=None), state="running").count(),
    )


def _open(user: Any) -> "QuerySet[Exchange]":
    return (
        ends_with(user)
        .select_related(*Exchange.NAMED_BY)
        .prefetch_related("records", "disputes", "holds")
        .order_by("state_at", "id")
    )


def _held(exchange: Exchange) -> int:
    return sum(hold.minutes for hold in exchange.holds.all() if hold.state == Hold.State.ACTIVE)


def minutes_if_left(exchange: Exchange, *, gives: bool) -> int:
    """Minutes paid in all if one side leaves now, while hours wait or are in dispute; `gives`: it is the giver."""
    said = {record.side: record.minutes for record in sorted(exchange.records.all(), key=lambda record: record.pk)}
    case = next((case for case in exchange.disputes.all() if case.decided_at is None), None)
    asked = case and (case.raised_by_id == exchange.provider_id or case.provider_statement)
    return rules.minutes_on_leaving(
        giver_leaves=gives,
        provider=said.get("provider"),
        receiver=said.get("receiver"),
        claimed=exchange.minutes if asked else None,
        held=_held(exchange),
        paid=exchange.settled_minutes or 0,
    )


def _ending(exchange: Exchange, user: Any) -> Ending:
    gives = exchange.provider_id == user.pk
    other = exchange.asker if gives else exchange.provider
    if exchange.state == State.PROPOSED:
        return Ending(exchange, _("The proposal is closed. %(name)s is told.") % {"name": other}, 0)
    held = _held(exchange)
    if exchange.state == State.ACCEPTED:
        words = _("It is called off, and the %(held)s set aside for it are free again. %(name)s is told.")
        return Ending(exchange, words % {"held": hours(held), "name": other}, 0)
    paid = exchange.settled_minutes or 0
    more = minutes_if_left(exchange, gives=gives) - paid
    if gives and more:
        words = _("It is settled by the hours that %(name)s confirmed: you receive %(more)s.")
    elif more:
        words = _("It is settled with %(name)s now: you pay %(more)s, from what is set aside for it.")
    elif paid:
        words = _("What is paid stays paid, and the rest is let go. %(name)s is told.")
    else:
        words = (
            _("%(name)s has not confirmed these hours, so nothing is paid.")
            if gives
            else _("Nothing is paid. %(name)s is told.")
        )
    return Ending(exchange, words % {"name": other, "more": hours(more)}, more if gives else -more)


def told(user: Any) -> Leaving | None:
    """What the page before closing an account says of the time bank; None for somebody who never touched it."""
    step = what_happens(user)
    untouched = not (step.endings or step.left or step.alone or step.listings)
    return None if untouched and not Account.objects.filter(member=user).exists() else step
