"""Proposing an exchange, answering it, calling it off, and writing to each other about it. Each move asks the table in
`rules`, under the exchange's lock, and then moves credits through `actions.ledger`. Repeating a move that was made is
harmless. Hours are in `actions.hours`, disputes and reversals in `actions.disputes`, what time does in `actions.clock`."""

import datetime as dt
from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record as audit_record
from people.rules import check_may_act
from timebank.actions import ledger
from timebank.actions.locking import (
    LONGEST_MESSAGE,
    check_acting,
    check_credits,
    check_open_account,
    check_pair,
    check_redoes,
    done_before,
    facts_of,
    lock,
    lock_money,
    move,
    next_state,
    other_side,
    tell_whom_it_was_done_for,
)
from timebank.letters import tell
from timebank.links import is_link
from timebank.models import BookedTime, Exchange, Listing, Message, Policy, Pot, Purpose
from timebank.queries.pots import steward_ids
from timebank.rules import State
from ui.errors import DomainError, Invalid, NotAllowed
from ui.formats import hours as say_hours


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
    on_behalf_of: Any = None,
    quietly: bool = False,
) -> Exchange:
    """Proposes that `provider` gives `receiver` some `minutes` of time, from a listing or directly; the other side is
    told. `by` is one of the two, or a steward of the `pot` that pays. From a listing the two sides follow from it and
    need not be given. `starts_at` None: to arrange. Nothing is held until the other side accepts. `on_behalf_of` is the
    member who asked the broker `by` to do this; they are told. `quietly`: whoever calls tells the other side.

    Raises Invalid (minutes, starts_at, online_link, message), NotAllowed (not a party, may not act, blocked, a steward
    who would be paid from their own pot), Missing (no such listing), DomainError (closed listing or pot, too few
    credits, the key was used for something else).
    """
    check_acting(by, on_behalf_of)
    actor = on_behalf_of or by
    provider, receiver, pot = who_with_whom(actor, listing, provider, receiver, pot)
    if on_behalf_of is not None and by.pk in {provider.pk, receiver.pk}:
        raise NotAllowed(_("You are a party to this exchange. Another broker must help."))
    if first := _proposed_before(actor, key, provider, receiver, minutes):
        return first
    now, policy = timezone.now(), Policy.objects.in_force()
    _check_minutes(minutes, policy)
    check_meeting(starts_at, online_link, now)
    message = message.strip()
    if len(message) > LONGEST_MESSAGE:
        raise Invalid(_("The message must be 4,000 characters or fewer."), field="message")
    if listing is not None and listing.state != "open":
        raise DomainError(_("This listing is no longer open, so nothing was sent. Look for another one."))
    if pot is not None and pot.closed_at:
        raise DomainError(_("This pot is closed, so it cannot pay. Choose another way to pay."))
    check_redoes(redoes, provider)
    check_pair(provider, receiver, actor)
    payer = ledger.account_for(pot=pot) if pot else ledger.account_for(member=receiver)
    payee = ledger.account_for(member=provider)
    if actor.pk != provider.pk:
        check_credits(payer, minutes, payer_is_you=pot is None and on_behalf_of is None)
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
                proposed_by=actor,
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
        if first := _proposed_before(actor, key, provider, receiver, minutes):  # two clicks at the same moment
            return first
        raise
    if message:
        Message.objects.create(exchange=exchange, author=actor, text=message, key=f"with:{key}"[:100])
    audit_record(by=by, verb="timebank.exchange.proposed", obj=exchange, on_behalf_of=on_behalf_of, minutes=minutes)
    if not quietly:
        tell(exchange, "proposed", to=other_side(exchange, actor), by=actor, message=message)
    if on_behalf_of is not None:
        tell(exchange, "acted_for", to=on_behalf_of, by=by, done=_("proposed this exchange"))
    return exchange


def who_with_whom(by: Any, listing: Listing | None, provider: Any, receiver: Any, pot: Pot | None) -> tuple:
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


def check_meeting(starts_at: dt.datetime | None, online_link: str, now: dt.datetime) -> None:
    """Raises Invalid (starts_at, online_link) for a date that has passed or a link that is none."""
    if starts_at is not None and starts_at < now:
        raise Invalid(_("The date has passed. Choose a later one, or leave it to arrange."), field="starts_at")
    if online_link and not is_link(online_link):
        raise Invalid(_("The link must start with https://"), field="online_link")
    if len(online_link) > 300:
        raise Invalid(_("The link must be 300 characters or fewer."), field="online_link")


@transaction.atomic
def accept(
    *, by: Any, exchange: Exchange, key: str | None = None, on_behalf_of: Any = None, quietly: bool = False
) -> Exchange:
    """Says yes: the payer's credits are held, so that whoever does the work can be sure of being paid. `on_behalf_of` is
    the member who asked the broker `by` to do this; they are told. `quietly`: whoever calls tells the other side.

    Raises Invalid with what is missing where the payer has too few, DomainError where the page is stale or the
    proposal expired, NotAllowed where a side may not act, Missing for strangers. A second click changes nothing.
    """
    check_acting(by, on_behalf_of)
    locked = lock(exchange, by, on_behalf_of=on_behalf_of)
    if done_before(locked, State.ACCEPTED):
        return locked.exchange
    target = next_state(locked, "accept", facts_of(locked, covered=True))
    exchange = locked.exchange
    check_pair(exchange.provider, exchange.receiver, locked.actor)
    if exchange.provider_id in locked.stewards:
        raise NotAllowed(_("A steward cannot be paid from their own pot. Withdraw this, and ask another member."))
    if exchange.pot is not None and exchange.pot.closed_at:
        raise DomainError(_("The pot that was to pay is closed."))
    payer, _hold = lock_money(exchange)
    yours = payer.member_id == by.pk
    check_credits(payer, exchange.minutes, payer_is_you=yours, numbers=yours or by.pk in locked.stewards)
    ledger.place_hold(
        account_id=payer.pk, minutes=exchange.minutes, exchange=exchange, by=by, key=key or f"accept:{exchange.pk}"
    )
    move(locked, target, accepted_at=locked.now)
    if not quietly:
        tell(exchange, "accepted", to=other_side(exchange, locked.actor), by=locked.actor)
    if exchange.starts_at is not None:
        tell(exchange, "diary", to=locked.actor, by=locked.actor)
    tell_whom_it_was_done_for(locked, _("said yes to this exchange"))
    return exchange


@transaction.atomic
def decline(*, by: Any, exchange: Exchange, reason: str = "") -> Exchange:
    """Says no to a proposal. Nothing was held, so nothing is released. A second click changes nothing."""
    check_open_account(by)
    locked = lock(exchange, by)
    if not done_before(locked, State.DECLINED):
        move(locked, next_state(locked, "decline", facts_of(locked)), reason=reason)
        tell(locked.exchange, "declined", to=other_side(locked.exchange, by), by=by)
    return locked.exchange


@transaction.atomic
def withdraw(*, by: Any, exchange: Exchange) -> Exchange:
    """Takes back one's own proposal while it is unanswered. A second click changes nothing."""
    check_open_account(by)
    locked = lock(exchange, by)
    if not done_before(locked, State.WITHDRAWN):
        move(locked, next_state(locked, "withdraw", facts_of(locked)))
        tell(locked.exchange, "withdrawn", to=other_side(locked.exchange, by), by=by)
    return locked.exchange


@transaction.atomic
def arrange(
    *, by: Any, exchange: Exchange, starts_at: dt.datetime | None, online_link: str = "", place: str = ""
) -> Exchange:
    """Sets or changes when and where, before any hours are recorded; the other side is told.
    Raises Invalid (starts_at, online_link), DomainError where it is too late."""
    check_may_act(by)
    locked = lock(exchange, by)
    exchange = locked.exchange
    if exchange.state not in {State.PROPOSED, State.ACCEPTED}:
        raise DomainError(_("The date can no longer be changed."))
    if starts_at != exchange.starts_at and BookedTime.objects.standing().filter(exchange=exchange).exists():
        raise Invalid(_("This is a slot of office hours. Choose another slot, or cancel it."), field="starts_at")
    check_meeting(None if starts_at == exchange.starts_at else starts_at, online_link, locked.now)
    check_pair(exchange.provider, exchange.receiver, by)
    wanted = (starts_at, online_link.strip(), place.strip()[:200])
    if wanted != (exchange.starts_at, exchange.online_link, exchange.place):
        had_a_date = exchange.starts_at is not None
        exchange.starts_at, exchange.online_link, exchange.place = wanted
        if exchange.accepted_at and (had_a_date or exchange.calendar_sequence):
            exchange.calendar_sequence += 1
        exchange.save(update_fields=["starts_at", "online_link", "place", "calendar_sequence"])
        audit_record(by=by, verb="timebank.exchange.arranged", obj=exchange)
        nonce = locked.now.isoformat()
        tell(exchange, "arranged", to=other_side(exchange, by), by=by, nonce=nonce)
        if exchange.accepted_at and exchange.starts_at:
            tell(exchange, "diary", to=by, by=by, nonce=nonce)
        elif exchange.accepted_at and had_a_date:
            tell(exchange, "off_diary", to=by, by=by, nonce=nonce)
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
    locked = lock(exchange, by)
    if first := Message.objects.filter(author=by, key=key).first():
        return first
    check_pair(locked.exchange.provider, locked.exchange.receiver, by)
    message = Message.objects.create(exchange=locked.exchange, author=by, text=text, key=key)
    tell(locked.exchange, "message", to=other_side(locked.exchange, by), by=by, message=text, nonce=str(message.pk))
    return message
