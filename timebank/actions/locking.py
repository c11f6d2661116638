"""An exchange under lock: whoever moves one asks the table in `rules` while nobody else can move it. The order of locks is
exchange → accounts by id → holds."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record as audit_record
from people.rules import blocked_between, check_may_act, check_role, has_any_role, may_act
from timebank import rules
from timebank.actions import ledger, standing
from timebank.actions.shares import accounts_beside
from timebank.letters import tell, tell_each
from timebank.models import Account, BookedTime, Claim, Exchange, Hold, HoursRecord, Policy
from timebank.queries.pots import steward_ids
from timebank.rules import Facts, State, Who
from ui.errors import DomainError, Invalid, Missing, NotAllowed
from ui.formats import hours as say_hours

LONGEST_MESSAGE = 4000
LONGEST_REASON = 500


@dataclass
class Locked:
    """An exchange that nobody else can move now, and what the guards need to know about it."""

    exchange: Exchange
    who: frozenset[Who]
    stewards: frozenset
    by: Any
    now: dt.datetime
    policy: Policy
    on_behalf_of: Any = None  # the member for whom a broker acts

    @property
    def actor(self) -> Any:
        """Whose move it is: the member for whom a broker acts, else who acts."""
        return self.on_behalf_of or self.by


def lock(exchange: Exchange | UUID | str, by: Any, *, broker: bool = False, on_behalf_of: Any = None) -> Locked:
    """Locks the exchange. Raises Missing where `by` (or the member for whom a broker acts) is no side of it; with `broker`,
    NotAllowed for anybody but a broker or an administrator who is no side of it."""
    pk = exchange.pk if isinstance(exchange, Exchange) else exchange
    fresh = (
        Exchange.objects.select_for_update(of=("self",), no_key=True)
        .select_related("listing", "provider", "receiver", "pot")
        .filter(pk=pk)
        .first()
    )
    if fresh is None:
        raise Missing(_("We cannot find that exchange."))
    stewards = steward_ids(fresh.pot_id)
    who = sides_of(fresh, by, stewards)
    if broker:
        if has_any_role(by, rules.DECIDERS):
            if who:
                raise NotAllowed(_("You are a party to this exchange. Another broker must decide."))
            who = frozenset({Who.BROKER})
        elif not who:
            raise Missing(_("We cannot find that exchange."))
        else:
            raise NotAllowed(_("Only a broker can do this."))
    if on_behalf_of is not None:
        if who:
            raise NotAllowed(_("You are a party to this exchange. Another broker must help."))
        who = sides_of(fresh, on_behalf_of, stewards)
    if not who:
        raise Missing(_("We cannot find that exchange."))
    return Locked(fresh, who, stewards, by, timezone.now(), Policy.objects.in_force(), on_behalf_of)


def check_open_account(by: Any) -> None:
    """Raises NotAllowed for closed and suspended people: they end nothing and say nothing either, by any path."""
    if by.closed_at is not None or by.suspended_at is not None:
        check_may_act(by)


def check_acting(by: Any, on_behalf_of: Any) -> None:
    """Raises NotAllowed unless `by` may act; for somebody else, unless `by` is a broker and that member may act too."""
    check_may_act(by)
    if on_behalf_of is None:
        return
    check_role(by, "broker")
    if not may_act(on_behalf_of):
        raise NotAllowed(
            _("%(name)s cannot exchange hours at the moment. Nothing was changed.") % {"name": on_behalf_of}
        )


def tell_whom_it_was_done_for(locked: Locked, done: Any) -> None:
    """Where a broker acted for a member, that member is told what was done in their name."""
    if locked.on_behalf_of is not None:
        tell(
            locked.exchange,
            "acted_for",
            to=locked.on_behalf_of,
            by=locked.by,
            done=done,
            nonce=locked.now.isoformat(),
        )


def sides_of(exchange: Exchange, user: Any, stewards: frozenset | None = None) -> frozenset[Who]:
    """Which sides of `exchange` this person is; empty for everybody else. None is the platform."""
    if stewards is None:
        stewards = steward_ids(exchange.pot_id)
    return rules.sides(
        user,
        provider_id=exchange.provider_id,
        receiver_id=exchange.receiver_id,
        proposed_by_id=exchange.proposed_by_id,
        pot_id=exchange.pot_id,
        stewards=stewards,
    )


def other_side(exchange: Exchange, by: Any) -> Any:
    """The person on the other side."""
    return exchange.receiver if by.pk == exchange.provider_id else exchange.provider


def lock_money(exchange: Exchange) -> tuple[Account, Hold | None]:
    """The payer's account and the active hold, after locking both accounts, the one that a standing share of the provider
    flows to, and the receiver's own where a pot pays (they may become known by this), in the order of their ids."""
    of_these = Q(pk__in=[exchange.payer_id, exchange.payee_id, *accounts_beside(exchange.provider_id)])
    if exchange.pot_id is not None:
        of_these |= Q(member=exchange.receiver_id)
    locked = Account.objects.select_for_update(no_key=True).filter(of_these).order_by("pk")
    accounts = {account.pk: account for account in locked}
    hold = Hold.objects.filter(exchange=exchange, state=Hold.State.ACTIVE).first()
    return accounts[exchange.payer_id], hold


def payable(payer: Account, hold: Hold | None) -> int | None:
    """Minutes that can be paid for this exchange: what is held for it and what the payer can still spend."""
    left = rules.spendable(payer.balance, payer.held, payer.floor)
    return None if left is None else left + (hold.minutes if hold else 0)


def latest_records(exchange: Exchange) -> tuple[HoursRecord | None, HoursRecord | None]:
    """The record that counts of the provider and of the receiver."""
    latest = {record.side: record for record in exchange.records.order_by("id")}
    return latest.get("provider"), latest.get("receiver")


def minutes_of(record: HoursRecord | None) -> int | None:
    return record.minutes if record else None


JUDGED = frozenset({State.DISPUTED, State.SETTLED, State.CANCELLED, State.NO_SHOW})  # where cases and claims matter


def facts_of(locked: Locked, **known: Any) -> Facts:
    """What the dates and records say, with what the caller knows about hours and credits."""
    exchange, judged = locked.exchange, locked.exchange.state in JUDGED
    return rules.facts_of(
        exchange,
        user=locked.actor,
        now=locked.now,
        policy=locked.policy,
        who=locked.who,
        cases=list(exchange.disputes.order_by("raised_at", "id")) if judged else [],
        claim=Claim.objects.filter(exchange=exchange).first() if judged else None,
        **known,
    )


def next_state(locked: Locked, event: str, facts: Facts) -> State:
    """Where this event leads. Raises DomainError, saying why, where it leads nowhere for this person now."""
    exchange = locked.exchange
    target = rules.outcome(exchange.state, event, locked.who, facts)
    if target is not None:
        return target
    if event == "accept" and exchange.state == State.PROPOSED and Who.ANSWERER in locked.who:
        raise DomainError(_("This proposal has expired. Propose a new exchange."))
    if event == "no_show" and exchange.state == State.ACCEPTED:
        raise DomainError(_("Its time has not come yet. You can cancel it instead."))
    if event in {"decide_hours", "decide_nothing"} and exchange.state == State.DISPUTED:
        raise DomainError(_("One side has not said yet what happened. It has 5 days; decide then."))
    if event == "record" and exchange.state == State.DISPUTED:
        raise DomainError(_("Hours can no longer be recorded: a broker decides now."))
    if event == "appeal":
        raise DomainError(_("This decision can no longer be appealed: that is possible once, for 14 days."))
    if event == "decide_claim":
        raise DomainError(_("This charge is decided already. Nothing was changed."))
    if exchange.state == State.PROPOSED and Who.PROPOSER in locked.who:
        raise DomainError(_("It is for the other side to answer this. You can withdraw it."))
    raise DomainError(
        _("This exchange has moved on: it is now “%(state)s”. Nothing was changed. Look at the page again.")
        % {"state": exchange.get_state_display()}
    )


def move(locked: Locked, target: State, *, reason: str = "", **fields: Any) -> None:
    """Writes the new state, and says so in the log."""
    exchange = locked.exchange
    exchange.state, exchange.state_at, exchange.state_by = target, locked.now, locked.by
    exchange.reason = reason.strip()[:LONGEST_REASON]
    for name, value in fields.items():
        setattr(exchange, name, value)
    exchange.save(update_fields=["state", "state_at", "state_by", "reason", *fields])
    if target == State.CANCELLED:
        BookedTime.objects.free(exchange)  # a slot of office hours can be booked again
    if target == State.REVERSED:
        standing.after_reversal(exchange, locked.by)
    elif fields.get("settled_minutes"):
        standing.after_exchange(exchange)
    audit_record(
        by=locked.by,
        verb=f"timebank.exchange.{target.value}",
        obj=exchange,
        on_behalf_of=locked.on_behalf_of,
        minutes=exchange.settled_minutes,
    )


def done_before(locked: Locked, target: State) -> bool:
    """Whether this person has already made this very move: a second click."""
    return locked.exchange.state == target and locked.exchange.state_by_id == locked.by.pk


def release_hold(exchange: Exchange, by: Any, state: str = "released") -> None:
    """Gives back whatever is still held."""
    _payer, hold = lock_money(exchange)
    if hold is not None:
        ledger.end_hold(hold_id=hold.pk, state=state, by=by, key=f"{state}:{hold.pk}")


def check_pair(provider: Any, receiver: Any, by: Any) -> None:
    """Raises unless the two may deal with each other now. Says nothing about blocks: nobody is told of one."""
    other = receiver if by is not None and by.pk == provider.pk else provider
    for person in (provider, receiver):
        if not may_act(person):
            if by is not None and person.pk == by.pk:
                check_may_act(person)
            raise NotAllowed(_("%(name)s cannot exchange hours at the moment. Nothing was changed.") % {"name": other})
    if blocked_between(provider, receiver):
        raise NotAllowed(_("%(name)s cannot exchange hours at the moment. Nothing was changed.") % {"name": other})


def check_redoes(redoes: Exchange | None, provider: Any) -> None:
    """Raises unless `redoes`, where there is one, was reversed, had the same giver, and is not recorded again yet."""
    if redoes is None:
        return
    if redoes.state != State.REVERSED or provider.pk != redoes.provider_id:
        raise DomainError(_("Only an exchange that was reversed can be recorded again."))
    if Exchange.objects.filter(redoes=redoes).exists():
        raise DomainError(_("This exchange has been recorded again already. Look at that one."))


def check_credits(payer: Account, minutes: int, *, payer_is_you: bool, numbers: bool = True) -> None:
    """Raises Invalid, with what is missing, unless `payer` can promise `minutes` down to its floor. Without `numbers` it
    says nothing of what there is: for whoever neither owns the account nor looks after it."""
    left = rules.spendable(payer.balance, payer.held, payer.floor)
    if left is None or left >= minutes:
        return
    facts = {"missing": say_hours(minutes - left), "left": say_hours(left), "needed": say_hours(minutes)}
    if payer_is_you:
        raise Invalid(
            _(
                "You are %(missing)s short: this needs %(needed)s and you can spend %(left)s. "
                "Give an hour first, or ask for less."
            )
            % facts,
            field="minutes",
        )
    if not numbers:
        raise Invalid(
            _("There are too few credits to set %(needed)s aside. Agree fewer hours, or wait until more come in.")
            % facts,
            field="minutes",
        )
    raise Invalid(
        _(
            "There are %(missing)s too few credits to pay: this needs %(needed)s and there are %(left)s. "
            "Agree fewer hours, or wait until more come in."
        )
        % facts,
        field="minutes",
    )


def tell_both(exchange: Exchange, what: str, by: Any, **context: Any) -> None:
    tell_each(exchange, what, people=[exchange.provider, exchange.receiver], by=by, **context)
