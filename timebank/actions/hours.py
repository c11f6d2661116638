"""Recording the hours of an exchange and settling them: agreed, in part, waiting for credits, or by one side's silence."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from people.models import Report
from people.rules import blocked_between, check_may_act, may_act
from timebank import rules
from timebank.actions import ledger
from timebank.actions.locking import (
    Locked,
    check_acting,
    check_pair,
    done_before,
    facts_of,
    latest_records,
    lock,
    lock_money,
    minutes_of,
    move,
    next_state,
    other_side,
    payable,
    tell_both,
    tell_whom_it_was_done_for,
)
from timebank.actions.shares import share_of_earnings
from timebank.letters import tell
from timebank.models import Dispute, Exchange, Hold, HoursRecord
from timebank.queries.away import was_away
from timebank.rules import Facts, Hours, State, Who
from ui.errors import DomainError, Invalid
from ui.formats import hours as say_hours


@transaction.atomic
def record_hours(
    *, by: Any, exchange: Exchange, minutes: int, key: str, time_kind: str = "own", on_behalf_of: Any = None
) -> Exchange:
    """Says how long it took, in minutes, and whether one's own side of it was own or agreed work time.

    The first record waits for the other side's. Two within the tolerance settle at their mean; further apart, the lower
    is paid at once and the rest goes to a broker. Where the payer is short both records are kept and the settlement
    waits. A new record of the same side corrects its earlier one until it is settled; the same key again changes nothing.
    `on_behalf_of` is the member who asked the broker `by` to do this; they are told.
    Raises Invalid (minutes, time_kind), DomainError where it is settled or over, NotAllowed, Missing.
    """
    check_acting(by, on_behalf_of)
    if time_kind not in HoursRecord.TimeKind.values:
        raise Invalid(_("Choose your own time or agreed work time."), field="time_kind")
    if not 1 <= minutes <= rules.MOST_MINUTES:
        raise Invalid(_("The time must be between 1 minute and 24 hours."), field="minutes")
    locked = lock(exchange, by, on_behalf_of=on_behalf_of)
    exchange = locked.exchange
    known = HoursRecord.objects.filter(Q(exchange=exchange) | Q(recorded_by=by, key=key)).order_by("id")
    records = [record for record in known if record.exchange_id == exchange.pk]
    if first := next((record for record in known if record.recorded_by_id == by.pk and record.key == key), None):
        if (first.exchange_id, first.minutes) != (exchange.pk, minutes):
            raise DomainError(_("This page was already used to record something else. Open the exchange again."))
        return exchange
    if not rules.possible(exchange.state, "record", locked.who):
        next_state(locked, "record", Facts(hours=Hours.NONE))
    check_pair(exchange.provider, exchange.receiver, locked.actor)
    side = "provider" if Who.PROVIDER in locked.who else "receiver"
    record = HoursRecord(exchange=exchange, side=side, minutes=minutes, time_kind=time_kind, recorded_by=by, key=key)
    record.save(force_insert=True)
    latest = {record.side: record for record in [*records, record]}
    _weigh(locked, "record", latest.get("provider"), latest.get("receiver"))
    tell_whom_it_was_done_for(locked, _("recorded %(hours)s") % {"hours": say_hours(minutes)})
    return exchange


def _weigh(locked: Locked, event: str, given: HoursRecord | None, received: HoursRecord | None) -> None:
    """Looks at both records and moves the exchange: waiting for the other side, settled, in dispute, or waiting for
    credits."""
    exchange, by = locked.exchange, locked.by
    tolerance = locked.policy.tolerance
    hours = rules.hours_standing(minutes_of(given), minutes_of(received), tolerance)
    due = rules.due_minutes(minutes_of(given), minutes_of(received), tolerance)
    if hours in {Hours.AGREE, Hours.DIFFER}:
        payer, hold = lock_money(exchange)
        reach = payable(payer, hold)
        more = due - (exchange.settled_minutes or 0)
        covered = reach is None or more <= reach
    else:
        payer, hold, reach, covered = None, None, None, True
    target = next_state(locked, event, facts_of(locked, hours=hours, covered=covered))
    stamp: dict[str, Any] = {"delivered_at": exchange.delivered_at or locked.now}
    if target == State.SETTLED:
        pay(locked, due, hold, given, received, **stamp)
        tell_both(exchange, "settled", by)
    elif target == State.DISPUTED and hours is Hours.DIFFER:
        if exchange.settled_minutes is None:
            most = max(minutes_of(given) or 0, minutes_of(received) or 0)
            stamp |= _pay_undisputed(locked, due if reach is None else min(due, reach), hold, most)
        move(locked, target, waiting_since=None, **stamp)
        cases = exchange.disputes.filter(decided_at=None)
        if not cases.update(undisputed=exchange.settled_minutes or 0):
            Dispute.objects.create(exchange=exchange, raised_at=locked.now, undisputed=exchange.settled_minutes or 0)
            tell_both(exchange, "hours_differ", by)
    else:
        short = hours is Hours.AGREE and target == State.DELIVERED
        newly_short = short and exchange.waiting_since is None
        move(locked, target, waiting_since=(exchange.waiting_since or locked.now) if short else None, **stamp)
        if newly_short:
            tell_both(exchange, "short", by)
        elif by is not None and not short:
            newest = max(record.pk for record in (given, received) if record)
            tell(
                exchange,
                "hours_recorded",
                to=other_side(exchange, locked.actor),
                by=locked.actor,
                minutes=due,
                nonce=str(newest),
            )


def pay(
    locked: Locked,
    total: int,
    hold: Hold | None,
    given: HoursRecord | None,
    received: HoursRecord | None,
    **fields: Any,
) -> None:
    """Settles at `total` minutes in all: moves what is not paid yet, ends the hold (whatever is over goes back), and
    closes an open dispute that the two have agreed away."""
    exchange, by = locked.exchange, locked.by
    due = total - (exchange.settled_minutes or 0)
    if due > 0:
        first = exchange.settled_minutes is None
        paid = ledger.post(
            kind="exchange" if first else "adjustment",
            legs=[(exchange.payer_id, -due), (exchange.payee_id, due)],
            by=by,
            key=f"{'settle' if first else 'settle_rest'}:{exchange.pk}",
            memo="" if first else "The rest of the hours, after a dispute",
            exchange=exchange,
            ends_hold=hold,
        )
        share_of_earnings(member=exchange.provider, minutes=due, transfer=paid)
    elif hold is not None:
        ledger.end_hold(hold_id=hold.pk, state="released", by=by, key=f"released:{hold.pk}")
    exchange.settled_minutes = max(total, exchange.settled_minutes or 0)
    if exchange.state == State.DISPUTED:
        Dispute.objects.filter(exchange=exchange, decided_at=None).update(
            decision=Dispute.Decision.AGREED, decided_at=locked.now, minutes=exchange.settled_minutes
        )
    move(
        locked,
        State.SETTLED,
        settled_minutes=exchange.settled_minutes,
        settled_at=locked.now,
        waiting_since=None,
        provider_time=given.time_kind if given else "",
        receiver_time=received.time_kind if received else "",
        **fields,
    )


def _pay_undisputed(locked: Locked, minutes: int, hold: Hold | None, most: int) -> dict[str, Any]:
    """Pays at once what both sides recorded, and holds what is left of the hold for the part in dispute (`most` minutes
    were claimed in all). Returns the fields to write."""
    exchange, by = locked.exchange, locked.by
    if minutes <= 0:
        return {}
    paid = ledger.post(
        kind="exchange",
        legs=[(exchange.payer_id, -minutes), (exchange.payee_id, minutes)],
        by=by,
        key=f"settle:{exchange.pk}",
        exchange=exchange,
        ends_hold=hold,
    )
    share_of_earnings(member=exchange.provider, minutes=minutes, transfer=paid)
    rest = min(hold.minutes if hold else 0, most) - minutes
    if rest > 0:
        ledger.place_hold(
            account_id=exchange.payer_id, minutes=rest, exchange=exchange, by=by, key=f"disputed:{exchange.pk}"
        )
    return {"settled_minutes": minutes, "settled_at": locked.now}


@transaction.atomic
def take_held(*, by: Any, exchange: Exchange) -> Exchange:
    """The provider takes what is held as final, where the payer lacks credits for the rest."""
    check_may_act(by)
    locked = lock(exchange, by)
    if done_before(locked, State.SETTLED):
        return locked.exchange
    _settle_held(locked, "take_held")
    return locked.exchange


def _settle_held(locked: Locked, event: str) -> None:
    """Settles hours that both agreed at no more than the payer can cover now."""
    exchange = locked.exchange
    given, received = latest_records(exchange)
    tolerance = locked.policy.tolerance
    hours = rules.hours_standing(minutes_of(given), minutes_of(received), tolerance)
    due = rules.due_minutes(minutes_of(given), minutes_of(received), tolerance)
    payer, hold = lock_money(exchange)
    reach = payable(payer, hold)
    covered = reach is None or due <= reach
    next_state(locked, event, facts_of(locked, hours=hours, covered=covered))
    if reach == 0:
        raise DomainError(_("There are no credits to settle with yet. It is tried again as soon as some come in."))
    pay(locked, due if reach is None else min(due, reach), hold, given, received)
    tell_both(exchange, "settled", locked.by)


@transaction.atomic
def retry(*, exchange: Exchange | UUID) -> bool:
    """Tries again to settle agreed hours that waited for credits; after 30 days what can be paid is final."""
    locked = lock(exchange, None)
    fresh = locked.exchange
    if fresh.state != State.DELIVERED or fresh.waiting_since is None:
        return False
    if not (may_act(fresh.provider) and may_act(fresh.receiver)):
        return False
    given, received = latest_records(fresh)
    tolerance = locked.policy.tolerance
    due = rules.due_minutes(minutes_of(given), minutes_of(received), tolerance)
    payer, hold = lock_money(fresh)
    reach = payable(payer, hold)
    facts = facts_of(
        locked,
        hours=rules.hours_standing(minutes_of(given), minutes_of(received), tolerance),
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
    above the hold. In the silent side's first two exchanges, or where the two have a report or a block between them or one
    is suspended, a broker looks at it. While the silent side is away, and for three days after, nothing happens."""
    locked = lock(exchange, None)
    fresh = locked.exchange
    if fresh.state != State.DELIVERED:
        return False
    given, received = latest_records(fresh)
    silent = fresh.receiver if given else fresh.provider
    facts = facts_of(
        locked,
        hours=rules.hours_standing(minutes_of(given), minutes_of(received), locked.policy.tolerance),
        silence_may_settle=_silence_may_settle(locked, silent),
        silent_away=was_away(silent, within_days=rules.BACK_DAYS, at=locked.now),
    )
    target = rules.outcome(fresh.state, "silence", locked.who, facts)
    if target is None:
        return False
    if target == State.SETTLED:
        _payer, hold = lock_money(fresh)
        recorded = rules.due_minutes(minutes_of(given), minutes_of(received), 0)
        total = min(recorded, fresh.minutes, hold.minutes if hold else 0)
        pay(locked, total, hold, given, received, silent=True)
        tell_both(fresh, "settled_in_silence", None)
    else:
        Dispute.objects.create(exchange=fresh, raised_at=locked.now)
        move(locked, target)
        tell_both(fresh, "referred", None)
    return True


def _silence_may_settle(locked: Locked, silent: Any) -> bool:
    """Not in the silent side's first exchanges, nor where something stands between the two, nor where nothing is held (a
    month of an engagement may have begun with nothing to hold)."""
    one, two = locked.exchange.provider, locked.exchange.receiver
    finished = Exchange.objects.of(silent).filter(state=State.SETTLED).count()
    reported = Report.objects.filter(Q(by=one, about=two) | Q(by=two, about=one), closed_at=None)
    return (
        finished >= locked.policy.silence_first_exchanges
        and may_act(one)
        and may_act(two)
        and not blocked_between(one, two)
        and not reported.exists()
        and locked.exchange.holds.filter(state=Hold.State.ACTIVE).exists()
    )
