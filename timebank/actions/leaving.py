"""What closing an account ends in the time bank. Nothing of it waits for anybody: who leaves gives way."""

from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record as audit_record
from people.models import User
from timebank import desk_letters, rules
from timebank.actions import ledger
from timebank.actions.calling_off import lapse_claim
from timebank.actions.hours import pay
from timebank.actions.locking import (
    Locked,
    facts_of,
    latest_records,
    lock,
    lock_money,
    move,
    next_state,
    other_side,
    release_hold,
)
from timebank.letters import tell
from timebank.models import (
    Account,
    Claim,
    Dispute,
    Exchange,
    LeavingWish,
    Listing,
    Pot,
    PotInvitation,
    PotMember,
    PotNamed,
    PotSteward,
    Reflection,
    ShownToOthers,
)
from timebank.queries.leaving import ends_with, heirs, minutes_if_left, takes_over
from timebank.rules import State, Who
from ui.errors import Invalid


@transaction.atomic
def wish(*, by: User, to_pot: Pot | None) -> LeavingWish:
    """Where the credits of `by` go that are left when their account closes; None is the community pot. Said again, it
    changes. Raises Invalid for a pot that is closed or that they have nothing to do with."""
    if to_pot is not None and to_pot not in heirs(by):
        raise Invalid(_("Choose one of the pots in the list, or the community pot."), field="to_pot")
    said, _new = LeavingWish.objects.update_or_create(user=by, defaults={"to_pot": to_pot, "at": timezone.now()})
    return said


@transaction.atomic
def leave(*, user: User, by: User | None) -> None:
    """What closing an account does here. `by` is its owner, an administrator, or None for the platform.

    Proposals and agreements are ended and what was held goes back. Hours that wait to be confirmed, and disputes, end by
    the word of the side that stays (`rules.minutes_on_leaving`). Pots that nobody else runs go to a broker. Credits that
    are left go where the member wished (else the community pot); a debt is written off by the community pot. Listings are
    closed; what only the member read is deleted; entries stay."""
    # All before any account, those of pots too.
    touched = Exchange.objects.filter(Q(pk__in=ends_with(user).values("pk")) | Q(receiver=user, pot__isnull=False))
    open_ones = touched.filter(state__in=[state.value for state in rules.OPEN_STATES])
    list(open_ones.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk"))
    for exchange in ends_with(user).order_by("pk"):
        _end(exchange, user)
    claims = Claim.objects.filter(Q(exchange__provider=user) | Q(exchange__receiver=user), decided_at=None)
    for exchange_id in claims.order_by("exchange_id").values_list("exchange_id", flat=True):
        lapse_claim(lock(exchange_id, user))
    for place in PotSteward.objects.filter(user=user, until=None).select_related("pot").order_by("pot_id"):
        _give_up(place, by)
    _close_own_things(user)
    account = Account.objects.filter(member=user, closed_at=None).first()
    if account is not None:
        said = LeavingWish.objects.filter(user=user).select_related("to_pot").first()
        to_pot = said.to_pot if said and said.to_pot and said.to_pot.closed_at is None else None
        ledger.close_account(account=account, by=by, key=f"leave:{account.pk}", to_pot=to_pot)
    LeavingWish.objects.filter(user=user).delete()


ENDS_BY = {State.PROPOSED: "withdraw", State.ACCEPTED: "cancel", State.DELIVERED: "leave", State.DISPUTED: "leave"}


def _end(exchange: Exchange, user: User) -> None:
    """Ends one open exchange, and tells the other side kindly. It never costs whoever leaves more than is held."""
    locked = lock(exchange, user)
    exchange = locked.exchange
    before = State(exchange.state)
    event = "decline" if before == State.PROPOSED and Who.ANSWERER in locked.who else ENDS_BY[before]
    if event == "leave":
        _give_way(locked)
        letter = "left_settled" if exchange.state == State.SETTLED else "left_unpaid"
    else:
        target = next_state(locked, event, facts_of(locked))
        release_hold(exchange, user)
        move(locked, target, calendar_sequence=exchange.calendar_sequence + 1)  # it leaves the other's calendar too
        letter = "left_proposal" if before == State.PROPOSED else "left_agreed"
    tell(exchange, letter, to=other_side(exchange, user), by=user)


def _give_way(locked: Locked) -> None:
    """Settles hours that wait, or are in dispute, by the word of the side that stays; nothing is paid where it claims
    nothing."""
    exchange = locked.exchange
    given, received = latest_records(exchange)
    _payer, hold = lock_money(exchange)
    total = minutes_if_left(exchange, gives=Who.PROVIDER in locked.who)
    target = next_state(locked, "leave", facts_of(locked, owed_on_leaving=total > 0))
    stamp = {"delivered_at": exchange.delivered_at or locked.now}
    if target == State.SETTLED:
        pay(locked, total, hold, given, received, **stamp)
        return
    Dispute.objects.filter(exchange=exchange, decided_at=None).update(
        decision=Dispute.Decision.AGREED, decided_at=locked.now, minutes=0
    )
    release_hold(exchange, locked.by)
    move(locked, target, waiting_since=None)


def _give_up(place: PotSteward, by: User | None) -> None:
    """Ends a stewardship. Where nobody else runs the pot, a broker takes it over and is told. Whoever runs it next speaks
    for it in what it has agreed."""
    now, pot = timezone.now(), place.pot
    PotSteward.objects.filter(pk=place.pk).update(until=now)
    audit_record(by=by, verb="timebank.pot.steward_left", obj=pot, steward=str(place.user_id))
    if pot.closed_at is None and not PotSteward.objects.filter(pot=pot, until=None).exists():
        _hand_to_a_broker(place)
    stewards = list(PotSteward.objects.filter(pot=pot, until=None).select_related("user").order_by("since", "pk"))
    for exchange in _spoken_for(place).select_related(*Exchange.NAMED_BY).order_by("pk"):
        speaks = next((one.user for one in stewards if one.user_id != exchange.provider_id), None)
        if speaks is not None:
            Exchange.objects.filter(pk=exchange.pk).update(receiver=speaks)
            audit_record(by=by, verb="timebank.exchange.handed_over", obj=exchange, to=str(speaks.pk))
            tell(exchange, "handed_over", to=exchange.provider, by=place.user)


def _spoken_for(place: PotSteward) -> "QuerySet[Exchange]":
    """The open exchanges of a pot in which one of its stewards is named as who receives the time."""
    return Exchange.objects.filter(
        pot=place.pot, receiver=place.user, state__in=[state.value for state in rules.OPEN_STATES]
    )


def _hand_to_a_broker(place: PotSteward) -> None:
    pot = place.pot
    broker = takes_over(pot, place.user)
    if broker is None:
        return  # looked after by the platform until there is one
    PotSteward.objects.create(pot=pot, user=broker)
    audit_record(by=None, verb="timebank.pot.steward_added", obj=pot, steward=str(broker.pk))
    desk_letters.tell(
        [broker],
        key=f"pot:{pot.pk}:taken over:{place.pk}",
        subject=_("You now look after the pot %(pot)s") % {"pot": pot.name},
        words=_(
            "Whoever ran %(pot)s has left, and nobody else did. You are its steward now: find it new ones, or close it."
        )
        % {"pot": pot.name},
        url=reverse("timebank:pot", args=[pot.pk]),
    )


def _close_own_things(user: User) -> None:
    """Closes what the member put up, ends their places in pots, and deletes what only they read. (Absences, saved
    searches and standing shares have steps of their own.)"""
    now = timezone.now()
    Listing.objects.filter(member=user, closed_at=None).update(closed_at=now)
    PotMember.objects.filter(user=user, left_at=None).update(left_at=now)
    PotInvitation.objects.filter(user=user, answered_at=None).update(
        answer=PotInvitation.Answer.DECLINED, answered_at=now, email=""
    )
    for private in (PotNamed, Reflection, ShownToOthers):
        private.objects.filter(user=user).delete()
