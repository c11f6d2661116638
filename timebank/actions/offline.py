"""A broker records an exchange that has taken place, for people who are not online."""

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record as audit_record
from people.rules import blocked_between, check_may_act, check_role
from timebank import rules
from timebank.actions import ledger, standing
from timebank.actions.locking import LONGEST_REASON, check_credits, check_redoes, lock_money
from timebank.actions.shares import share_of_earnings
from timebank.letters import tell_each
from timebank.models import Exchange, HoursRecord, Pot, Purpose
from timebank.queries.pots import steward_ids
from timebank.rules import State
from ui.errors import DomainError, Invalid, NotAllowed

LONGEST_AGO = 365  # days


@transaction.atomic
def record_offline(
    *,
    by: Any,
    provider: Any,
    receiver: Any,
    minutes: int,
    happened_on: dt.date,
    reason: str,
    key: str,
    pot: Pot | None = None,
    purpose: Purpose | None = None,
    provider_time: str = "own",
    receiver_time: str = "own",
    redoes: Exchange | None = None,
) -> Exchange:
    """Records that `provider` gave `receiver` some `minutes` on a day, at the word of both, and settles it at once. Both
    are told, and either may say within 30 days that it is wrong: another broker then decides. `reason` says how the broker
    knows. `pot` pays where one is named; the receiver is then one of its stewards. `redoes` is a reversed exchange of the
    same giver that this one puts right.

    Raises NotAllowed for anybody but a broker and for a broker who is a party, Invalid (provider, receiver, minutes,
    happened_on, reason), DomainError for closed or suspended people and for a key that was used for something else. The
    same key again gives the first exchange.
    """
    check_may_act(by)
    check_role(by, "broker")
    reason = reason.strip()
    _check_words(minutes, happened_on, reason, provider_time, receiver_time)
    _check_people(by, provider, receiver, pot)
    if first := _recorded_before(by, key, provider, receiver, minutes):
        return first
    check_redoes(redoes, provider)
    payer = ledger.account_for(pot=pot) if pot else ledger.account_for(member=receiver)
    payee = ledger.account_for(member=provider)
    check_credits(payer, minutes, payer_is_you=False)
    now = timezone.now()
    noon = timezone.make_aware(dt.datetime.combine(happened_on, dt.time(12)))
    try:
        with transaction.atomic():
            exchange = Exchange.objects.create(
                provider=provider,
                receiver=receiver,
                pot=pot,
                purpose=purpose or (pot.purpose if pot else None),
                payer=payer,
                payee=payee,
                proposed_by=by,
                proposed_at=now,
                answer_by=now,
                minutes=minutes,
                starts_at=noon,
                state=State.SETTLED,
                state_at=now,
                state_by=by,
                reason=reason,
                accepted_at=now,
                delivered_at=now,
                settled_at=now,
                settled_minutes=minutes,
                provider_time=provider_time,
                receiver_time=receiver_time,
                offline=True,
                redoes=redoes,
                key=key,
            )
    except IntegrityError:
        if first := _recorded_before(by, key, provider, receiver, minutes):  # two clicks at the same moment
            return first
        raise
    lock_money(exchange)
    paid = ledger.post(
        kind="exchange",
        legs=[(payer.pk, -minutes), (payee.pk, minutes)],
        by=by,
        key=f"offline:{exchange.pk}",
        on_behalf_of=provider,
        exchange=exchange,
    )
    share_of_earnings(member=provider, minutes=minutes, transfer=paid)
    standing.after_exchange(exchange)
    audit_record(
        by=by, verb="timebank.exchange.recorded_offline", obj=exchange, on_behalf_of=provider, minutes=minutes,
        receiver=str(receiver.pk),
    )  # fmt: skip
    tell_each(exchange, "recorded_offline", people=[provider, receiver], by=by)
    return exchange


def _check_words(minutes: int, happened_on: dt.date, reason: str, *kinds_of_time: str) -> None:
    today = timezone.localdate()
    if not 1 <= minutes <= rules.MOST_MINUTES:
        raise Invalid(_("The time must be between 1 minute and 24 hours."), field="minutes")
    if happened_on > today:
        raise Invalid(_("Give the day on which it took place, today or earlier."), field="happened_on")
    if happened_on < today - dt.timedelta(days=LONGEST_AGO):
        raise Invalid(_("It must have taken place in the last year."), field="happened_on")
    if not reason:
        raise Invalid(_("Say how you know: both sides read it."), field="reason")
    if len(reason) > LONGEST_REASON:
        raise Invalid(_("The reason must be 500 characters or fewer."), field="reason")
    if not set(kinds_of_time) <= set(HoursRecord.TimeKind.values):
        raise Invalid(_("Choose own time or agreed work time."), field="provider_time")


def _check_people(by: Any, provider: Any, receiver: Any, pot: Pot | None) -> None:
    """People who are not online need not have accepted the code of conduct themselves; closed and suspended ones are out."""
    if provider.pk == receiver.pk:
        raise Invalid(_("Choose two different people."), field="receiver")
    stewards = steward_ids(pot.pk if pot else None)
    if by.pk in {provider.pk, receiver.pk} | stewards:
        raise NotAllowed(_("You are a party to this exchange. Another broker must record it."))
    for person in (provider, receiver):
        if person.closed_at is not None or person.suspended_at is not None:
            raise DomainError(
                _("%(name)s cannot exchange hours at the moment. Nothing was recorded.") % {"name": person}
            )
    if blocked_between(provider, receiver):
        raise DomainError(_("These two people cannot exchange hours with each other. Nothing was recorded."))
    if pot is not None:
        if pot.closed_at:
            raise DomainError(_("This pot is closed, so it cannot pay."))
        if provider.pk in stewards:
            raise NotAllowed(_("A steward cannot be paid from their own pot. Ask another member to give the time."))
        if receiver.pk not in stewards:
            raise Invalid(_("Where a pot pays, the receiver is one of its stewards."), field="receiver")


def _recorded_before(by: Any, key: str, provider: Any, receiver: Any, minutes: int) -> Exchange | None:
    first = Exchange.objects.filter(proposed_by=by, key=key).first()
    if first and (first.provider_id, first.receiver_id, first.minutes) != (provider.pk, receiver.pk, minutes):
        raise DomainError(_("This page was already used to record something else. Open it again."))
    return first
