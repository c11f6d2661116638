"""Two sides that cannot agree: their statements, a broker's decision, one appeal, and taking back what was settled."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from audit.actions import record as audit_record
from people.rules import check_may_act
from timebank import rules
from timebank.actions import ledger
from timebank.actions.calling_off import drop_claim
from timebank.actions.locking import (
    LONGEST_MESSAGE,
    LONGEST_REASON,
    Locked,
    check_open_account,
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
    release_hold,
    tell_both,
)
from timebank.actions.shares import reverse_shares, share_of_earnings
from timebank.letters import tell
from timebank.models import Dispute, Entry, Exchange, Hold, Transfer
from timebank.rules import State, Who
from ui.errors import DomainError, Invalid, NotAllowed
from ui.formats import hours as say_hours


@transaction.atomic
def dispute(*, by: Any, exchange: Exchange, statement: str) -> Exchange:
    """Asks a broker to decide: before the hours are settled, about what a broker recorded for both, or where the other side
    says that one did not come. What is held stays held. Raises Invalid (statement)."""
    check_open_account(by)
    statement = _checked_statement(statement)
    locked = lock(exchange, by)
    if done_before(locked, State.DISPUTED):
        return locked.exchange
    exchange = locked.exchange
    target = next_state(locked, "dispute", facts_of(locked))
    drop_claim(locked)
    Dispute.objects.create(
        exchange=exchange, raised_by=by, raised_at=locked.now, **{_statement_field(locked): statement}
    )
    move(locked, target, waiting_since=None, absent="", why="")
    tell(exchange, "disputed", to=other_side(exchange, by), by=by, nonce=locked.now.isoformat())
    return exchange


@transaction.atomic
def appeal(*, by: Any, exchange: Exchange, statement: str) -> Exchange:
    """Asks another broker, or an administrator, to look at a broker's decision: once, within 14 days. What was paid stays
    paid until they decide. Raises Invalid (statement), DomainError where there is nothing to appeal."""
    check_open_account(by)
    statement = _checked_statement(statement)
    locked = lock(exchange, by)
    exchange = locked.exchange
    if done_before(locked, State.DISPUTED):
        return exchange
    target = next_state(locked, "appeal", facts_of(locked))
    first = exchange.disputes.order_by("-raised_at", "-id")[0]
    Dispute.objects.create(
        exchange=exchange,
        raised_by=by,
        raised_at=locked.now,
        appeals=first,
        undisputed=first.undisputed,
        **{_statement_field(locked): statement},
    )
    move(locked, target)
    tell(exchange, "appealed", to=other_side(exchange, by), by=by)
    return exchange


@transaction.atomic
def add_statement(*, by: Any, exchange: Exchange, statement: str) -> Dispute:
    """One side's account of what happened, for the broker; it may be rewritten until the decision."""
    check_open_account(by)
    statement = _checked_statement(statement)
    locked = lock(exchange, by)
    case = locked.exchange.disputes.select_for_update().filter(decided_at=None).first()
    if case is None:
        raise DomainError(_("This is no longer with a broker. Nothing was changed."))
    setattr(case, _statement_field(locked), statement)
    case.save(update_fields=[_statement_field(locked)])
    audit_record(by=by, verb="timebank.dispute.statement", obj=case)
    return case


def _statement_field(locked: Locked) -> str:
    return "provider_statement" if Who.PROVIDER in locked.who else "receiver_statement"


def _checked_statement(statement: str) -> str:
    statement = statement.strip()
    if not statement:
        raise Invalid(_("Say in a few words what happened."), field="statement")
    if len(statement) > LONGEST_MESSAGE:
        raise Invalid(_("The statement must be 4,000 characters or fewer."), field="statement")
    return statement


@transaction.atomic
def decide(*, by: Any, exchange: Exchange, decision: str, note: str, minutes: int | None = None) -> Exchange:
    """A broker ends a dispute or an appeal: `settle` all that was claimed, `split` (pay `minutes` in all), or `cancel`
    (nothing more). What both recorded stays paid whatever is decided; beyond that an appeal may also lower what the first
    decision paid: those transfers are reversed whole, and what remains is posted anew. Both are told, with the note.

    Raises NotAllowed for a party, for anybody but a broker or administrator, and for whoever decided or recorded it before;
    Invalid (decision, minutes, note); DomainError where it is no longer in dispute, or one side may still say what happened.
    The same decision again by the same broker changes nothing.
    """
    note = _checked_decision(decision, note)
    locked = lock(exchange, by, broker=True)
    exchange = locked.exchange
    case = (
        exchange.disputes.select_for_update(of=("self",))
        .select_related("appeals")
        .order_by("-raised_at", "-id")
        .first()
    )
    if case and case.decided_by_id == by.pk and case.decision == decision and exchange.state != State.DISPUTED:
        return exchange
    _check_independent(by, exchange, case)
    target = next_state(locked, "decide_nothing" if decision == "cancel" else "decide_hours", facts_of(locked))
    assert case is not None  # by its state
    given, received = latest_records(exchange)
    payer, hold = lock_money(exchange)
    total = _decided_total(exchange, case, decision, minutes, max(minutes_of(given) or 0, minutes_of(received) or 0))
    reach, paid = payable(payer, hold), exchange.settled_minutes or 0
    if reach is not None and total - paid > reach:
        raise Invalid(
            _("The payer can cover %(reach)s in all. Decide on that or less, or wait until they have earned more.")
            % {"reach": say_hours(paid + reach)},
            field="minutes" if decision == "split" else "decision",
        )
    case.decision, case.decided_by, case.decided_at = decision, by, locked.now
    case.minutes, case.note = total, note
    case.save(update_fields=["decision", "decided_by", "decided_at", "minutes", "note"])
    _bring_to(locked, case, total, hold)
    settled: dict[str, Any] = {"settled_minutes": None, "settled_at": None}
    if target == State.SETTLED:
        settled = {
            "settled_minutes": total,
            "settled_at": locked.now,
            "delivered_at": exchange.delivered_at or locked.now,
            "provider_time": given.time_kind if given else exchange.provider_time,
            "receiver_time": received.time_kind if received else exchange.receiver_time,
        }
    move(locked, target, reason=note, **settled)
    tell_both(exchange, "decided_again" if case.appeals_id else "decided", by, note=note)
    return exchange


def _checked_decision(decision: str, note: str) -> str:
    if decision not in rules.DECIDED_BY_A_BROKER:
        raise Invalid(_("Choose a decision."), field="decision")
    note = note.strip()
    if not note:
        raise Invalid(_("Say why: both sides read it."), field="note")
    if len(note) > LONGEST_MESSAGE:
        raise Invalid(_("The note must be 4,000 characters or fewer."), field="note")
    return note


def _check_independent(by: Any, exchange: Exchange, case: Dispute | None) -> None:
    if not rules.may_decide(by.pk, exchange, case):
        raise NotAllowed(
            _("You decided or recorded this before. Another broker, or an administrator, must look at it now.")
        )


def _decided_total(exchange: Exchange, case: Dispute, decision: str, minutes: int | None, claimed: int) -> int:
    """Minutes paid in all by this decision."""
    if decision == "cancel":
        return case.undisputed
    if decision == "settle":
        return max(claimed, case.undisputed) or exchange.settled_minutes or exchange.minutes
    if minutes is None or not 1 <= minutes <= rules.MOST_MINUTES:
        raise Invalid(_("The time must be between 1 minute and 24 hours."), field="minutes")
    if minutes < case.undisputed:
        raise Invalid(
            _("%(paid)s are paid already, because both recorded them. Settle at least that, or reverse it afterwards.")
            % {"paid": say_hours(case.undisputed)},
            field="minutes",
        )
    return minutes


def _payments(exchange: Exchange) -> QuerySet[Transfer]:
    """What was paid for the hours of this exchange and not taken back, latest first."""
    kinds = [Transfer.Kind.EXCHANGE, Transfer.Kind.ADJUSTMENT]
    undone = Transfer.objects.filter(exchange=exchange, reverses__isnull=False).values("reverses")
    return Transfer.objects.filter(exchange=exchange, kind__in=kinds).exclude(pk__in=undone).order_by("-id")


def _bring_to(locked: Locked, case: Dispute, total: int, hold: Hold | None) -> None:
    """Moves credits so that `total` minutes have been paid, and ends the hold. Too much: the latest payments are reversed
    whole, and what remains of them is paid anew, since a payment is never taken back in part."""
    exchange, by = locked.exchange, locked.by
    paid = exchange.settled_minutes or 0
    for payment in _payments(exchange):
        if paid <= total:
            break
        reverse_shares(transfers=[payment], by=by, reason=_("After a broker’s decision"))
        ledger.reverse(
            transfer=payment, by=by, reason=_("After a broker’s decision"), key=f"decided:{case.pk}:{payment.pk}"
        )
        paid -= Entry.objects.get(transfer=payment, account=exchange.payee_id).minutes
    if total > paid:
        first = not Transfer.objects.filter(exchange=exchange, kind=Transfer.Kind.EXCHANGE).exists()
        moved = ledger.post(
            kind=Transfer.Kind.EXCHANGE if first else Transfer.Kind.ADJUSTMENT,
            legs=[(exchange.payer_id, paid - total), (exchange.payee_id, total - paid)],
            by=by,
            key=f"decided:{case.pk}",
            memo="" if first else _("After a broker’s decision"),
            exchange=exchange,
            ends_hold=hold,
        )
        share_of_earnings(member=exchange.provider, minutes=total - paid, transfer=moved)
    elif hold is not None:
        ledger.end_hold(hold_id=hold.pk, state="released", by=by, key=f"released:{hold.pk}")


@transaction.atomic
def stop_deciding(*, exchange: Exchange | UUID) -> bool:
    """Ends a dispute that nobody decided for 30 days: what was paid stays, what is held goes back; an appeal leaves the
    first decision as it was. False where it is not due, or somebody was quicker."""
    locked = lock(exchange, None)
    exchange = locked.exchange
    target = rules.outcome(exchange.state, "stop_deciding", locked.who, facts_of(locked))
    if target is None:
        return False
    exchange.disputes.filter(decided_at=None).update(
        decision=Dispute.Decision.LAPSED, decided_at=locked.now, minutes=exchange.settled_minutes or 0
    )
    release_hold(exchange, None)
    move(locked, target, delivered_at=exchange.delivered_at or locked.now)
    tell_both(exchange, "undecided", None)
    return True


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
    locked = lock(exchange, by, broker=broker)
    if done_before(locked, State.REVERSED):
        return locked.exchange
    exchange = locked.exchange
    target = next_state(locked, event, facts_of(locked))
    transfers = list(_payments(exchange))
    reverse_shares(transfers=transfers, by=by, reason=reason)
    for number, paid in enumerate(transfers):
        ledger.reverse(transfer=paid, by=by, reason=reason, key=f"{key}:{number}" if key else f"reverse:{paid.pk}")
    move(locked, target, reason=reason)
    tell_both(exchange, "reversed", by, note=reason)
    return exchange
