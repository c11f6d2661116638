"""Every move of an exchange. Each asks the table in `rules`, under the exchange's lock, and then moves credits through
`actions.ledger`; the order of locks is exchange → accounts by id → holds. Repeating a move that was made is harmless."""

import datetime as dt
import logging
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record as audit_record
from people.rules import blocked_between, check_may_act, has_role, may_act
from timebank import rules
from timebank.actions import ledger
from timebank.letters import tell, tell_each
from timebank.models import (
    Account,
    Dispute,
    Exchange,
    Hold,
    HoursRecord,
    Listing,
    Message,
    Policy,
    Pot,
    Purpose,
    Transfer,
)
from timebank.queries.pots import steward_ids
from timebank.rules import Facts, Hours, State, Who
from ui.errors import DomainError, Invalid, Missing, NotAllowed
from ui.formats import hours as say_hours

log = logging.getLogger(__name__)
LONGEST_MESSAGE = 4000
LONGEST_REASON = 500


# ── proposing ──────────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def propose(
    *,
    by: Any,
    minutes: int,
    key: str,
    listing: Listing | None = None,
    provider: Any = None,
    receiver: Any = None,
    starts_at: dt.datetime | None = None,
    pot: Pot | None = None,
    purpose: Purpose | None = None,
    message: str = "",
    online_link: str = "",
    place: str = "",
    redoes: Exchange | None = None,
) -> Exchange:
    """Proposes that `provider` gives `receiver` some `minutes` of time, from a listing or directly; the other side is
    told. `by` is one of the two, or a steward of the `pot` that pays. From a listing the two sides follow from it and
    need not be given. `starts_at` None: to arrange. Nothing is held until the other side accepts.

    Raises Invalid (minutes, starts_at, online_link, message), NotAllowed (not a party, may not act, blocked, a steward
    who would be paid from their own pot), Missing (no such listing), DomainError (closed listing or pot, too few
    credits, the key was used for something else).
    """
    check_may_act(by)
    provider, receiver, pot = _who_with_whom(by, listing, provider, receiver, pot)
    if first := _proposed_before(by, key, provider, receiver, minutes):
        return first
    now, policy = timezone.now(), Policy.objects.in_force()
    _check_minutes(minutes, policy)
    _check_meeting(starts_at, online_link, now)
    message = message.strip()
    if len(message) > LONGEST_MESSAGE:
        raise Invalid(_("The message must be 4,000 characters or fewer."), field="message")
    if listing is not None and listing.state != "open":
        raise DomainError(_("This listing is no longer open, so nothing was sent. Look for another one."))
    if pot is not None and pot.closed_at:
        raise DomainError(_("This pot is closed, so it cannot pay. Choose another way to pay."))
    if redoes is not None and (redoes.state != State.REVERSED or provider.pk != redoes.provider_id):
        raise DomainError(_("Only an exchange that was reversed can be recorded again."))
    _check_pair(provider, receiver, by)
    payer = ledger.account_for(pot=pot) if pot else ledger.account_for(member=receiver)
    payee = ledger.account_for(member=provider)
    if by.pk != provider.pk:
        _check_credits(payer, minutes, payer_is_you=pot is None)
    try:
        with transaction.atomic():
            exchange = Exchange.objects.create(
                listing=listing,
                provider=provider,
                receiver=receiver,
                pot=pot,
                purpose=purpose or (listing.purpose if listing else None) or (pot.purpose if pot else None),
                payer=payer,
                payee=payee,
                proposed_by=by,
                proposed_at=now,
                answer_by=now + dt.timedelta(days=policy.proposal_days),
                minutes=minutes,
                starts_at=starts_at,
                online_link=online_link.strip(),
                place=place.strip()[:200],
                state_at=now,
                state_by=by,
                redoes=redoes,
                key=key,
            )
    except IntegrityError:
        if first := _proposed_before(by, key, provider, receiver, minutes):  # two clicks at the same moment
            return first
        raise
    if message:
        Message.objects.create(exchange=exchange, author=by, text=message, key=f"with:{key}"[:100])
    audit_record(by=by, verb="timebank.exchange.proposed", obj=exchange, minutes=minutes)
    tell(exchange, "proposed", to=_other(exchange, by), by=by, message=message)
    return exchange


def _who_with_whom(by: Any, listing: Listing | None, provider: Any, receiver: Any, pot: Pot | None) -> tuple:
    """Provider, receiver and pot, filled in from the listing; checks that `by` is one side."""
    if listing is not None:
        if listing.kind == Listing.Kind.OFFER:
            provider, receiver = listing.member, receiver or by
        else:
            provider, receiver, pot = provider or by, listing.member or listing.posted_by, listing.pot or pot
    if provider is None or receiver is None:
        raise Invalid(_("Say who gives the time and who receives it."))
    if provider.pk == receiver.pk:
        raise Invalid(_("You cannot exchange hours with yourself."))
    stewards = steward_ids(pot.pk if pot else None)
    if pot is not None and provider.pk in stewards:
        raise NotAllowed(_("A steward cannot be paid from their own pot. Ask another member to give the time."))
    if pot is not None and receiver.pk not in stewards:
        if listing is None or not stewards:
            raise NotAllowed(_("Only a steward of this pot can pay from it."))
        receiver = get_user_model().objects.filter(pk__in=stewards).order_by("joined_at", "pk")[0]
    if by.pk not in ({provider.pk} | (stewards or {receiver.pk})):
        raise NotAllowed(_("You can only propose an exchange that you take part in."))
    return provider, receiver, pot


def _proposed_before(by: Any, key: str, provider: Any, receiver: Any, minutes: int) -> Exchange | None:
    """What the same form made before. Raises DomainError where the key was used for something else."""
    first = Exchange.objects.filter(proposed_by=by, key=key).first()
    if first and (first.provider_id, first.receiver_id, first.minutes) != (provider.pk, receiver.pk, minutes):
        raise DomainError(_("This page was already used to propose something else. Open the listing again."))
    return first


def _check_minutes(minutes: int, policy: Policy) -> None:
    if minutes < policy.exchange_least or minutes > policy.exchange_most:
        raise Invalid(
            _("The hours must be between %(least)s and %(most)s.")
            % {"least": say_hours(policy.exchange_least), "most": say_hours(policy.exchange_most)},
            field="minutes",
        )
    if minutes % policy.exchange_step:
        raise Invalid(_("Agree hours in quarters: 15, 30 or 45 minutes, or whole hours."), field="minutes")


def _check_meeting(starts_at: dt.datetime | None, online_link: str, now: dt.datetime) -> None:
    if starts_at is not None and starts_at < now:
        raise Invalid(_("The date has passed. Choose a later one, or leave it to arrange."), field="starts_at")
    if online_link and (urlsplit(online_link).scheme not in {"http", "https"} or not urlsplit(online_link).netloc):
        raise Invalid(_("The link must start with https://"), field="online_link")
    if len(online_link) > 300:
        raise Invalid(_("The link must be 300 characters or fewer."), field="online_link")


def _check_pair(provider: Any, receiver: Any, by: Any) -> None:
    """Raises unless the two may deal with each other now. Says nothing about blocks: nobody is told of one."""
    other = receiver if by is not None and by.pk == provider.pk else provider
    for person in (provider, receiver):
        if not may_act(person):
            if by is not None and person.pk == by.pk:
                check_may_act(person)
            raise NotAllowed(_("%(name)s cannot exchange hours at the moment. Nothing was changed.") % {"name": other})
    if blocked_between(provider, receiver):
        raise NotAllowed(_("%(name)s cannot exchange hours at the moment. Nothing was changed.") % {"name": other})


def _check_credits(payer: Account, minutes: int, *, payer_is_you: bool) -> None:
    """Raises Invalid, with what is missing, unless `payer` can promise `minutes` down to its floor."""
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
    raise Invalid(
        _(
            "There are %(missing)s too few credits to pay: this needs %(needed)s and there are %(left)s. "
            "Agree fewer hours, or wait until more come in."
        )
        % facts,
        field="minutes",
    )


# ── the exchange under lock ────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class _Locked:
    """An exchange that nobody else can move now, and what the guards need to know about it."""

    exchange: Exchange
    who: frozenset[Who]
    stewards: frozenset
    by: Any
    now: dt.datetime
    policy: Policy


def _lock(exchange: Exchange | UUID | str, by: Any, *, broker: bool = False) -> _Locked:
    """Locks the exchange. Raises Missing where `by` is no side of it (nor a broker, where `broker` says one may come)."""
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
        if has_role(by, "broker"):
            if who:
                raise NotAllowed(_("You are a party to this exchange. Another broker must decide."))
            who = frozenset({Who.BROKER})
        elif not who:
            raise Missing(_("We cannot find that exchange."))
        else:
            raise NotAllowed(_("Only a broker can do this."))
    if not who:
        raise Missing(_("We cannot find that exchange."))
    return _Locked(fresh, who, stewards, by, timezone.now(), Policy.objects.in_force())


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


def _other(exchange: Exchange, by: Any) -> Any:
    """The person on the other side."""
    return exchange.receiver if by.pk == exchange.provider_id else exchange.provider


def _money(exchange: Exchange) -> tuple[Account, Hold | None]:
    """The payer's account and the active hold, after locking both accounts in the order of their ids."""
    accounts = {
        account.pk: account
        for account in Account.objects.select_for_update(no_key=True)
        .filter(pk__in=[exchange.payer_id, exchange.payee_id])
        .order_by("pk")
    }
    hold = Hold.objects.filter(exchange=exchange, state=Hold.State.ACTIVE).first()
    return accounts[exchange.payer_id], hold


def _reach(payer: Account, hold: Hold | None) -> int | None:
    """Minutes that can be paid for this exchange: what is held for it and what the payer can still spend."""
    left = rules.spendable(payer.balance, payer.held, payer.floor)
    return None if left is None else left + (hold.minutes if hold else 0)


def _latest(exchange: Exchange) -> tuple[HoursRecord | None, HoursRecord | None]:
    """The record that counts of the provider and of the receiver."""
    latest = {record.side: record for record in exchange.records.order_by("id")}
    return latest.get("provider"), latest.get("receiver")


def _minutes(record: HoursRecord | None) -> int | None:
    return record.minutes if record else None


def _facts(locked: _Locked, **known: Any) -> Facts:
    """What the dates say, with what the caller knows about hours and credits."""
    exchange, now, policy = locked.exchange, locked.now, locked.policy
    return Facts(
        answer_overdue=exchange.state == State.PROPOSED and now >= exchange.answer_by,
        started=exchange.starts_at is None or now >= exchange.starts_at,
        record_overdue=exchange.accepted_at is not None
        and now >= rules.lapse_at(exchange.accepted_at, exchange.starts_at),
        silence_overdue=exchange.delivered_at is not None
        and now >= exchange.delivered_at + dt.timedelta(days=policy.silence_days),
        waiting_overdue=exchange.waiting_since is not None
        and now >= exchange.waiting_since + dt.timedelta(days=rules.WAITING_DAYS),
        part_settled=exchange.settled_minutes is not None,
        undo_open=exchange.silent
        and exchange.settled_at is not None
        and now < exchange.settled_at + dt.timedelta(days=policy.silence_undo_days),
        **known,
    )


def _next_state(locked: _Locked, event: str, facts: Facts) -> State:
    """Where this event leads. Raises DomainError, saying why, where it leads nowhere for this person now."""
    exchange = locked.exchange
    target = rules.outcome(exchange.state, event, locked.who, facts)
    if target is not None:
        return target
    if event == "accept" and exchange.state == State.PROPOSED and Who.ANSWERER in locked.who:
        raise DomainError(_("This proposal has expired. Propose a new exchange."))
    if event == "no_show" and exchange.state == State.ACCEPTED:
        raise DomainError(_("Its time has not come yet. You can cancel it instead."))
    if exchange.state == State.PROPOSED and Who.PROPOSER in locked.who:
        raise DomainError(_("It is for the other side to answer this. You can withdraw it."))
    raise DomainError(
        _("This exchange has moved on: it is now “%(state)s”. Nothing was changed. Look at the page again.")
        % {"state": exchange.get_state_display()}
    )


def _move(locked: _Locked, target: State, *, reason: str = "", **fields: Any) -> None:
    """Writes the new state, and says so in the log."""
    exchange = locked.exchange
    exchange.state, exchange.state_at, exchange.state_by = target, locked.now, locked.by
    exchange.reason = reason.strip()[:LONGEST_REASON]
    for name, value in fields.items():
        setattr(exchange, name, value)
    exchange.save(update_fields=["state", "state_at", "state_by", "reason", *fields])
    audit_record(by=locked.by, verb=f"timebank.exchange.{target.value}", obj=exchange, minutes=exchange.settled_minutes)


def _done_before(locked: _Locked, target: State) -> bool:
    """Whether this person has already made this very move: a second click."""
    return locked.exchange.state == target and locked.exchange.state_by_id == locked.by.pk


def _release(exchange: Exchange, by: Any, state: str = "released") -> None:
    """Gives back whatever is still held."""
    _payer, hold = _money(exchange)
    if hold is not None:
        ledger.end_hold(hold_id=hold.pk, state=state, by=by, key=f"{state}:{hold.pk}")


# ── answering ──────────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def accept(*, by: Any, exchange: Exchange, key: str | None = None) -> Exchange:
    """Says yes: the payer's credits are held, so that whoever does the work can be sure of being paid.

    Raises Invalid with what is missing where the payer has too few, DomainError where the page is stale or the
    proposal expired, NotAllowed where a side may not act, Missing for strangers. A second click changes nothing.
    """
    check_may_act(by)
    locked = _lock(exchange, by)
    if _done_before(locked, State.ACCEPTED):
        return locked.exchange
    target = _next_state(locked, "accept", _facts(locked, covered=True))
    exchange = locked.exchange
    _check_pair(exchange.provider, exchange.receiver, by)
    if exchange.provider_id in locked.stewards:
        raise NotAllowed(_("A steward cannot be paid from their own pot. Withdraw this, and ask another member."))
    if exchange.pot is not None and exchange.pot.closed_at:
        raise DomainError(_("The pot that was to pay is closed."))
    payer, _hold = _money(exchange)
    _check_credits(payer, exchange.minutes, payer_is_you=payer.member_id == by.pk)
    ledger.place_hold(
        account_id=payer.pk, minutes=exchange.minutes, exchange=exchange, by=by, key=key or f"accept:{exchange.pk}"
    )
    _move(locked, target, accepted_at=locked.now)
    tell(exchange, "accepted", to=_other(exchange, by), by=by)
    return exchange


@transaction.atomic
def decline(*, by: Any, exchange: Exchange, reason: str = "") -> Exchange:
    """Says no to a proposal. Nothing was held, so nothing is released. A second click changes nothing."""
    locked = _lock(exchange, by)
    if not _done_before(locked, State.DECLINED):
        _move(locked, _next_state(locked, "decline", _facts(locked)), reason=reason)
        tell(locked.exchange, "declined", to=_other(locked.exchange, by), by=by)
    return locked.exchange


@transaction.atomic
def withdraw(*, by: Any, exchange: Exchange) -> Exchange:
    """Takes back one's own proposal while it is unanswered. A second click changes nothing."""
    locked = _lock(exchange, by)
    if not _done_before(locked, State.WITHDRAWN):
        _move(locked, _next_state(locked, "withdraw", _facts(locked)))
        tell(locked.exchange, "withdrawn", to=_other(locked.exchange, by), by=by)
    return locked.exchange


@transaction.atomic
def cancel(*, by: Any, exchange: Exchange, reason: str = "") -> Exchange:
    """Calls off what was agreed, before any hours are recorded; what was held is released. Being called to duty,
    illness, disability and caring are always excused, and late cancellation costs nothing."""
    locked = _lock(exchange, by)
    if not _done_before(locked, State.CANCELLED):
        target = _next_state(locked, "cancel", _facts(locked))
        _release(locked.exchange, by)
        _move(locked, target, reason=reason)
        tell(locked.exchange, "cancelled", to=_other(locked.exchange, by), by=by)
    return locked.exchange


@transaction.atomic
def no_show(*, by: Any, exchange: Exchange, reason: str) -> Exchange:
    """Records that it did not happen, once its time has come; what was held is released. Raises Invalid (reason)."""
    if not reason.strip():
        raise Invalid(_("Say in a few words what happened."), field="reason")
    locked = _lock(exchange, by)
    if not _done_before(locked, State.NO_SHOW):
        target = _next_state(locked, "no_show", _facts(locked))
        _release(locked.exchange, by)
        _move(locked, target, reason=reason)
        tell(locked.exchange, "no_show", to=_other(locked.exchange, by), by=by)
    return locked.exchange


@transaction.atomic
def arrange(
    *, by: Any, exchange: Exchange, starts_at: dt.datetime | None, online_link: str = "", place: str = ""
) -> Exchange:
    """Sets or changes when and where, before any hours are recorded; the other side is told.
    Raises Invalid (starts_at, online_link), DomainError where it is too late."""
    check_may_act(by)
    locked = _lock(exchange, by)
    exchange = locked.exchange
    if exchange.state not in {State.PROPOSED, State.ACCEPTED}:
        raise DomainError(_("The date can no longer be changed."))
    _check_meeting(None if starts_at == exchange.starts_at else starts_at, online_link, locked.now)
    _check_pair(exchange.provider, exchange.receiver, by)
    wanted = (starts_at, online_link.strip(), place.strip()[:200])
    if wanted != (exchange.starts_at, exchange.online_link, exchange.place):
        exchange.starts_at, exchange.online_link, exchange.place = wanted
        exchange.save(update_fields=["starts_at", "online_link", "place"])
        audit_record(by=by, verb="timebank.exchange.arranged", obj=exchange)
        tell(exchange, "arranged", to=_other(exchange, by), by=by, nonce=locked.now.isoformat())
    return exchange


@transaction.atomic
def send_message(*, by: Any, exchange: Exchange, text: str, key: str) -> Message:
    """Adds to the thread; the other side is told. The same key again sends nothing. Raises Invalid (text)."""
    check_may_act(by)
    text = text.strip()
    if not text:
        raise Invalid(_("Write a message first."), field="text")
    if len(text) > LONGEST_MESSAGE:
        raise Invalid(_("The message must be 4,000 characters or fewer."), field="text")
    locked = _lock(exchange, by)
    if first := Message.objects.filter(author=by, key=key).first():
        return first
    _check_pair(locked.exchange.provider, locked.exchange.receiver, by)
    message = Message.objects.create(exchange=locked.exchange, author=by, text=text, key=key)
    tell(locked.exchange, "message", to=_other(locked.exchange, by), by=by, message=text, nonce=str(message.pk))
    return message


# ── hours ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def record_hours(*, by: Any, exchange: Exchange, minutes: int, key: str, time_kind: str = "own") -> Exchange:
    """Says how long it took, in minutes, and whether one's own side of it was own or agreed work time.

    The first record waits for the other side's. Two within the tolerance settle at their mean; further apart, the lower
    is paid at once and the rest goes to a broker. Where the payer is short both records are kept and the settlement
    waits. A new record of the same side corrects its earlier one until it is settled; the same key again changes nothing.
    Raises Invalid (minutes, time_kind), DomainError where it is settled or over, NotAllowed, Missing.
    """
    check_may_act(by)
    if time_kind not in HoursRecord.TimeKind.values:
        raise Invalid(_("Choose your own time or agreed work time."), field="time_kind")
    if not 1 <= minutes <= rules.MOST_MINUTES:
        raise Invalid(_("The time must be between 1 minute and 24 hours."), field="minutes")
    locked = _lock(exchange, by)
    exchange = locked.exchange
    known = HoursRecord.objects.filter(Q(exchange=exchange) | Q(recorded_by=by, key=key)).order_by("id")
    records = [record for record in known if record.exchange_id == exchange.pk]
    if first := next((record for record in known if record.recorded_by_id == by.pk and record.key == key), None):
        if (first.exchange_id, first.minutes) != (exchange.pk, minutes):
            raise DomainError(_("This page was already used to record something else. Open the exchange again."))
        return exchange
    if not rules.possible(exchange.state, "record", locked.who):
        _next_state(locked, "record", Facts(hours=Hours.NONE))
    _check_pair(exchange.provider, exchange.receiver, by)
    side = "provider" if Who.PROVIDER in locked.who else "receiver"
    record = HoursRecord(exchange=exchange, side=side, minutes=minutes, time_kind=time_kind, recorded_by=by, key=key)
    record.save(force_insert=True)
    latest = {record.side: record for record in [*records, record]}
    _weigh(locked, "record", latest.get("provider"), latest.get("receiver"))
    return exchange


def _weigh(locked: _Locked, event: str, given: HoursRecord | None, received: HoursRecord | None) -> None:
    """Looks at both records and moves the exchange: waiting for the other side, settled, in dispute, or waiting for
    credits."""
    exchange, by = locked.exchange, locked.by
    tolerance = locked.policy.tolerance
    hours = rules.hours_standing(_minutes(given), _minutes(received), tolerance)
    due = rules.due_minutes(_minutes(given), _minutes(received), tolerance)
    if hours in {Hours.AGREE, Hours.DIFFER}:
        payer, hold = _money(exchange)
        reach = _reach(payer, hold)
        more = due - (exchange.settled_minutes or 0)
        covered = reach is None or more <= reach
    else:
        payer, hold, reach, covered = None, None, None, True
    target = _next_state(locked, event, _facts(locked, hours=hours, covered=covered))
    stamp: dict[str, Any] = {"delivered_at": exchange.delivered_at or locked.now}
    if target == State.SETTLED:
        _pay(locked, due, hold, given, received, **stamp)
        _tell_both(exchange, "settled", by)
    elif target == State.DISPUTED and hours is Hours.DIFFER:
        if exchange.settled_minutes is None:
            most = max(_minutes(given) or 0, _minutes(received) or 0)
            stamp |= _pay_undisputed(locked, due if reach is None else min(due, reach), hold, most)
        _move(locked, target, waiting_since=None, **stamp)
        if not exchange.disputes.filter(decided_at=None).exists():
            Dispute.objects.create(exchange=exchange)
            _tell_both(exchange, "hours_differ", by)
    else:
        short = hours is Hours.AGREE and target == State.DELIVERED
        newly_short = short and exchange.waiting_since is None
        _move(locked, target, waiting_since=(exchange.waiting_since or locked.now) if short else None, **stamp)
        if newly_short:
            _tell_both(exchange, "short", by)
        elif by is not None and not short:
            newest = max(record.pk for record in (given, received) if record)
            tell(exchange, "hours_recorded", to=_other(exchange, by), by=by, minutes=due, nonce=str(newest))


def _pay(
    locked: _Locked,
    total: int,
    hold: Hold | None,
    given: HoursRecord | None,
    received: HoursRecord | None,
    *,
    reason: str = "",
    **fields: Any,
) -> None:
    """Settles at `total` minutes in all: moves what is not paid yet, ends the hold (whatever is over goes back), and
    closes an open dispute that the two have agreed away."""
    exchange, by = locked.exchange, locked.by
    due = total - (exchange.settled_minutes or 0)
    if due > 0:
        first = exchange.settled_minutes is None
        ledger.post(
            kind="exchange" if first else "adjustment",
            legs=[(exchange.payer_id, -due), (exchange.payee_id, due)],
            by=by,
            key=f"{'settle' if first else 'settle_rest'}:{exchange.pk}",
            memo="" if first else "The rest of the hours, after a dispute",
            exchange=exchange,
            ends_hold=hold,
        )
    elif hold is not None:
        ledger.end_hold(hold_id=hold.pk, state="released", by=by, key=f"released:{hold.pk}")
    exchange.settled_minutes = max(total, exchange.settled_minutes or 0)
    if exchange.state == State.DISPUTED:
        Dispute.objects.filter(exchange=exchange, decided_at=None).update(  # a broker's decision is written before this
            decision=Dispute.Decision.AGREED, decided_at=locked.now, minutes=exchange.settled_minutes
        )
    _move(
        locked,
        State.SETTLED,
        reason=reason,
        settled_minutes=exchange.settled_minutes,
        settled_at=locked.now,
        waiting_since=None,
        provider_time=given.time_kind if given else "",
        receiver_time=received.time_kind if received else "",
        **fields,
    )


def _pay_undisputed(locked: _Locked, minutes: int, hold: Hold | None, most: int) -> dict[str, Any]:
    """Pays at once what both sides recorded, and holds what is left of the hold for the part in dispute (`most` minutes
    were claimed in all). Returns the fields to write."""
    exchange, by = locked.exchange, locked.by
    if minutes <= 0:
        return {}
    ledger.post(
        kind="exchange",
        legs=[(exchange.payer_id, -minutes), (exchange.payee_id, minutes)],
        by=by,
        key=f"settle:{exchange.pk}",
        exchange=exchange,
        ends_hold=hold,
    )
    rest = min(hold.minutes if hold else 0, most) - minutes
    if rest > 0:
        ledger.place_hold(
            account_id=exchange.payer_id, minutes=rest, exchange=exchange, by=by, key=f"disputed:{exchange.pk}"
        )
    return {"settled_minutes": minutes, "settled_at": locked.now}


def _tell_both(exchange: Exchange, what: str, by: Any, **context: Any) -> None:
    tell_each(exchange, what, people=[exchange.provider, exchange.receiver], by=by, **context)


@transaction.atomic
def take_held(*, by: Any, exchange: Exchange) -> Exchange:
    """The provider takes what is held as final, where the payer lacks credits for the rest."""
    check_may_act(by)
    locked = _lock(exchange, by)
    if _done_before(locked, State.SETTLED):
        return locked.exchange
    _settle_held(locked, "take_held")
    return locked.exchange


def _settle_held(locked: _Locked, event: str) -> None:
    """Settles hours that both agreed at no more than the payer can cover now."""
    exchange = locked.exchange
    given, received = _latest(exchange)
    tolerance = locked.policy.tolerance
    hours = rules.hours_standing(_minutes(given), _minutes(received), tolerance)
    due = rules.due_minutes(_minutes(given), _minutes(received), tolerance)
    payer, hold = _money(exchange)
    reach = _reach(payer, hold)
    covered = reach is None or due <= reach
    _next_state(locked, event, _facts(locked, hours=hours, covered=covered))
    _pay(locked, due if reach is None else min(due, reach), hold, given, received)
    _tell_both(exchange, "settled", locked.by)


# ── disputes ───────────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def dispute(*, by: Any, exchange: Exchange, statement: str) -> Exchange:
    """Asks a broker to decide. What is held stays held. Raises Invalid (statement)."""
    statement = _checked_statement(statement)
    locked = _lock(exchange, by)
    if _done_before(locked, State.DISPUTED):
        return locked.exchange
    exchange = locked.exchange
    target = _next_state(locked, "dispute", _facts(locked))
    Dispute.objects.create(exchange=exchange, raised_by=by, **{_statement_field(locked): statement})
    _move(locked, target, waiting_since=None)
    tell(exchange, "disputed", to=_other(exchange, by), by=by)
    return exchange


@transaction.atomic
def add_statement(*, by: Any, exchange: Exchange, statement: str) -> Dispute:
    """One side's account of what happened, for the broker; it may be rewritten until the decision."""
    statement = _checked_statement(statement)
    locked = _lock(exchange, by)
    case = locked.exchange.disputes.select_for_update().filter(decided_at=None).first()
    if case is None:
        raise DomainError(_("This is no longer with a broker. Nothing was changed."))
    setattr(case, _statement_field(locked), statement)
    case.save(update_fields=[_statement_field(locked)])
    audit_record(by=by, verb="timebank.dispute.statement", obj=case)
    return case


def _statement_field(locked: _Locked) -> str:
    return "provider_statement" if Who.PROVIDER in locked.who else "receiver_statement"


def _checked_statement(statement: str) -> str:
    statement = statement.strip()
    if not statement:
        raise Invalid(_("Say in a few words what happened."), field="statement")
    if len(statement) > LONGEST_MESSAGE:
        raise Invalid(_("The statement must be 4,000 characters or fewer."), field="statement")
    return statement


@transaction.atomic
def decide(
    *, by: Any, exchange: Exchange, decision: str, note: str, minutes: int | None = None, key: str | None = None
) -> Exchange:
    """A broker ends a dispute: `settle` all that was claimed, `split` (pay `minutes` in all), or `cancel` (nothing more;
    undisputed hours that were paid stay). Both are told, with the note.

    Raises NotAllowed for a party and for anybody but a broker, Invalid (decision, minutes, note), DomainError where it is
    no longer in dispute. The same decision again by the same broker changes nothing.
    """
    note = note.strip()
    if decision not in {"settle", "split", "cancel"}:
        raise Invalid(_("Choose a decision."), field="decision")
    if not note:
        raise Invalid(_("Say why: both sides read it."), field="note")
    if len(note) > LONGEST_MESSAGE:
        raise Invalid(_("The note must be 4,000 characters or fewer."), field="note")
    locked = _lock(exchange, by, broker=True)
    exchange = locked.exchange
    last = exchange.disputes.select_for_update().order_by("-raised_at", "-id").first()
    if last and last.decided_by_id == by.pk and last.decision == decision and exchange.state != State.DISPUTED:
        return exchange
    facts = _facts(locked)
    target = _next_state(locked, "decide_nothing" if decision == "cancel" else "decide_hours", facts)
    paid = exchange.settled_minutes or 0
    given, received = _latest(exchange)
    payer, hold = _money(exchange)
    if decision == "cancel":
        total = paid
    elif decision == "settle":
        total = max(_minutes(given) or 0, _minutes(received) or 0, paid) or exchange.minutes
    else:
        if minutes is None or not 1 <= minutes <= rules.MOST_MINUTES:
            raise Invalid(_("The time must be between 1 minute and 24 hours."), field="minutes")
        if minutes < paid:
            raise Invalid(
                _(
                    "%(paid)s are paid already, because both recorded them. Settle at least that, or reverse it afterwards."
                )
                % {"paid": say_hours(paid)},
                field="minutes",
            )
        total = minutes
    reach = _reach(payer, hold)
    if reach is not None and total - paid > reach:
        raise Invalid(
            _("The payer can cover %(reach)s in all. Decide on that or less, or wait until they have earned more.")
            % {"reach": say_hours(paid + reach)},
            field="minutes" if decision == "split" else "decision",
        )
    Dispute.objects.filter(exchange=exchange, decided_at=None).update(
        decision=decision, decided_by=by, decided_at=locked.now, minutes=total, note=note
    )
    stamp: dict[str, Any] = {"delivered_at": exchange.delivered_at or locked.now}
    if target == State.SETTLED:
        _pay(locked, total, hold, given, received, reason=note, **stamp)
    else:
        if hold is not None:
            ledger.end_hold(hold_id=hold.pk, state="released", by=by, key=key or f"released:{hold.pk}")
        _move(locked, target, reason=note)
    _tell_both(exchange, "decided", by, note=note)
    return exchange


@transaction.atomic
def reverse(*, by: Any, exchange: Exchange, reason: str, key: str | None = None) -> Exchange:
    """A broker takes a settled exchange back whole, by the exact mirror of what was paid. Final: recording it again
    makes a new exchange. It may take the provider below their floor; they are told. Raises Invalid (reason)."""
    return _reverse(by, exchange, reason, "reverse", broker=True, key=key)


@transaction.atomic
def undo(*, by: Any, exchange: Exchange, reason: str) -> Exchange:
    """Either side undoes, for 30 days, what was settled because one side said nothing. Raises Invalid (reason)."""
    check_may_act(by)
    return _reverse(by, exchange, reason, "undo", broker=False)


def _reverse(by: Any, exchange: Exchange, reason: str, event: str, *, broker: bool, key: str | None = None) -> Exchange:
    reason = reason.strip()
    if not reason:
        raise Invalid(_("Say why: both sides read it."), field="reason")
    if len(reason) > LONGEST_REASON:
        raise Invalid(_("The reason must be 500 characters or fewer."), field="reason")
    locked = _lock(exchange, by, broker=broker)
    if _done_before(locked, State.REVERSED):
        return locked.exchange
    exchange = locked.exchange
    target = _next_state(locked, event, _facts(locked))
    for number, paid in enumerate(Transfer.objects.filter(exchange=exchange, reverses=None).order_by("id")):
        ledger.reverse(transfer=paid, by=by, reason=reason, key=f"{key}:{number}" if key else f"reverse:{paid.pk}")
    _move(locked, target, reason=reason)
    _tell_both(exchange, "reversed", by, note=reason)
    return exchange


# ── what the platform does by itself ───────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def lapse(*, exchange: Exchange | UUID) -> bool:
    """Expires an unanswered proposal, or an agreement of which nobody recorded hours; what was held goes back.
    False where it is not due, or somebody was quicker."""
    locked = _lock(exchange, None)
    target = rules.outcome(locked.exchange.state, "lapse", locked.who, _facts(locked))
    if target is None:
        return False
    was_accepted = locked.exchange.state == State.ACCEPTED
    if was_accepted:
        _release(locked.exchange, None, "expired")
    _move(locked, target)
    _tell_both(locked.exchange, "lapsed" if was_accepted else "unanswered", None)
    return True


@transaction.atomic
def retry(*, exchange: Exchange | UUID) -> bool:
    """Tries again to settle agreed hours that waited for credits; after 30 days what can be paid is final."""
    locked = _lock(exchange, None)
    fresh = locked.exchange
    if fresh.state != State.DELIVERED or fresh.waiting_since is None:
        return False
    if not (may_act(fresh.provider) and may_act(fresh.receiver)):
        return False
    given, received = _latest(fresh)
    tolerance = locked.policy.tolerance
    due = rules.due_minutes(_minutes(given), _minutes(received), tolerance)
    payer, hold = _money(fresh)
    reach = _reach(payer, hold)
    facts = _facts(
        locked,
        hours=rules.hours_standing(_minutes(given), _minutes(received), tolerance),
        covered=reach is None or due <= reach,
    )
    for event in ("retry", "stop_waiting"):
        if rules.outcome(fresh.state, event, locked.who, facts) is not None:
            _settle_held(locked, event)
            return True
    return False


@transaction.atomic
def go_by_one_side(*, exchange: Exchange | UUID) -> bool:
    """Ends the wait for a side that said nothing for 14 days: the lower of what was recorded and agreed is paid, never
    above the hold. In the silent side's first two exchanges, or where a side is suspended, a broker looks at it."""
    locked = _lock(exchange, None)
    fresh = locked.exchange
    if fresh.state != State.DELIVERED:
        return False
    given, received = _latest(fresh)
    silent = fresh.receiver if given else fresh.provider
    finished = Exchange.objects.of(silent).filter(state=State.SETTLED).count()
    facts = _facts(
        locked,
        hours=rules.hours_standing(_minutes(given), _minutes(received), locked.policy.tolerance),
        silence_may_settle=finished >= locked.policy.silence_first_exchanges
        and may_act(fresh.provider)
        and may_act(fresh.receiver)
        and not blocked_between(fresh.provider, fresh.receiver),
    )
    target = rules.outcome(fresh.state, "silence", locked.who, facts)
    if target is None:
        return False
    if target == State.SETTLED:
        _payer, hold = _money(fresh)
        recorded = rules.due_minutes(_minutes(given), _minutes(received), 0)
        total = min(recorded, fresh.minutes, hold.minutes if hold else 0)
        _pay(locked, total, hold, given, received, silent=True)
        _tell_both(fresh, "settled_in_silence", None)
    else:
        Dispute.objects.create(exchange=fresh)
        _move(locked, target)
        _tell_both(fresh, "referred", None)
    return True


def sweep(*, limit: int = 500) -> dict[str, int]:
    """Moves every exchange whose time has come, each in a transaction of its own, at most `limit` of each kind.
    Returns how many moved. Safe to run at any moment, by several workers."""
    now, policy = timezone.now(), Policy.objects.in_force()
    accepted = Exchange.objects.filter(state=State.ACCEPTED)
    days = dt.timedelta(days=1)
    due = {
        "unanswered": (lapse, Exchange.objects.filter(state=State.PROPOSED, answer_by__lte=now)),
        "lapsed_dated": (
            lapse,
            accepted.filter(
                starts_at__lte=now - rules.LAPSE_DAYS * days, accepted_at__lte=now - rules.LAPSE_DAYS * days
            ),
        ),
        "lapsed_undated": (
            lapse,
            accepted.filter(starts_at=None, accepted_at__lte=now - rules.LAPSE_DAYS_UNDATED * days),
        ),
        "retried": (retry, Exchange.objects.filter(state=State.DELIVERED, waiting_since__isnull=False)),
        "silent": (
            go_by_one_side,
            Exchange.objects.filter(
                state=State.DELIVERED, waiting_since=None, delivered_at__lte=now - policy.silence_days * days
            ),
        ),
    }
    moved = dict.fromkeys(due, 0)
    for name, (action, rows) in due.items():
        for pk in rows.order_by("state_at", "pk").values_list("pk", flat=True)[:limit]:
            try:
                moved[name] += action(exchange=pk)
            except DomainError as error:  # one that cannot move must not keep the others waiting
                log.warning("Exchange %s was left as it is: %s", pk, type(error).__name__)
    return moved


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
