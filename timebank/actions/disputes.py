"""Two sides that cannot agree: their statements, a broker's decision, and taking back what was settled."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actions import record as audit_record
from people.rules import check_may_act
from timebank import rules
from timebank.actions import ledger
from timebank.actions.hours import pay
from timebank.actions.locking import (
    LONGEST_MESSAGE,
    LONGEST_REASON,
    Locked,
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
)
from timebank.letters import tell
from timebank.models import Dispute, Exchange, Transfer
from timebank.rules import State, Who
from ui.errors import DomainError, Invalid
from ui.formats import hours as say_hours


@transaction.atomic
def dispute(*, by: Any, exchange: Exchange, statement: str) -> Exchange:
    """Asks a broker to decide. What is held stays held. Raises Invalid (statement)."""
    statement = _checked_statement(statement)
    locked = lock(exchange, by)
    if done_before(locked, State.DISPUTED):
        return locked.exchange
    exchange = locked.exchange
    target = next_state(locked, "dispute", facts_of(locked))
    Dispute.objects.create(exchange=exchange, raised_by=by, **{_statement_field(locked): statement})
    move(locked, target, waiting_since=None)
    tell(exchange, "disputed", to=other_side(exchange, by), by=by)
    return exchange


@transaction.atomic
def add_statement(*, by: Any, exchange: Exchange, statement: str) -> Dispute:
    """One side's account of what happened, for the broker; it may be rewritten until the decision."""
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
    locked = lock(exchange, by, broker=True)
    exchange = locked.exchange
    last = exchange.disputes.select_for_update().order_by("-raised_at", "-id").first()
    if last and last.decided_by_id == by.pk and last.decision == decision and exchange.state != State.DISPUTED:
        return exchange
    facts = facts_of(locked)
    target = next_state(locked, "decide_nothing" if decision == "cancel" else "decide_hours", facts)
    paid = exchange.settled_minutes or 0
    given, received = latest_records(exchange)
    payer, hold = lock_money(exchange)
    if decision == "cancel":
        total = paid
    elif decision == "settle":
        total = max(minutes_of(given) or 0, minutes_of(received) or 0, paid) or exchange.minutes
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
    reach = payable(payer, hold)
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
        pay(locked, total, hold, given, received, reason=note, **stamp)
    else:
        if hold is not None:
            ledger.end_hold(hold_id=hold.pk, state="released", by=by, key=key or f"released:{hold.pk}")
        move(locked, target, reason=note)
    tell_both(exchange, "decided", by, note=note)
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
    locked = lock(exchange, by, broker=broker)
    if done_before(locked, State.REVERSED):
        return locked.exchange
    exchange = locked.exchange
    target = next_state(locked, event, facts_of(locked))
    for number, paid in enumerate(Transfer.objects.filter(exchange=exchange, reverses=None).order_by("id")):
        ledger.reverse(transfer=paid, by=by, reason=reason, key=f"{key}:{number}" if key else f"reverse:{paid.pk}")
    move(locked, target, reason=reason)
    tell_both(exchange, "reversed", by, note=reason)
    return exchange
