"""Calling off what was agreed, or saying that it did not happen; and where the policy charges for it, the claim of whoever
kept the time free. Being called to clinical duty, illness, disability and caring are always excused, without proof."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actions import record as audit_record
from people.rules import may_act
from timebank import rules
from timebank.actions import ledger
from timebank.actions.locking import (
    LONGEST_REASON,
    Locked,
    check_open_account,
    done_before,
    facts_of,
    lock,
    lock_money,
    move,
    next_state,
    other_side,
    payable,
    release_hold,
    tell_both,
)
from timebank.actions.shares import share_of_earnings
from timebank.letters import tell
from timebank.models import Claim, Exchange, Hold
from timebank.rules import EXCUSED, Absent, State, Who, Why
from ui.errors import DomainError, Invalid


@transaction.atomic
def cancel(*, by: Any, exchange: Exchange, reason: str = "", why: str = "") -> Exchange:
    """Calls off what was agreed, before any hours are recorded; what was held is released. With less notice than the policy
    asks for it is recorded as late. A late cancellation by the receiving side costs something only where the policy charges
    for it, `why` is not always excused, and a broker decides so. Raises Invalid (why). A second click changes nothing."""
    check_open_account(by)
    _check_why(why)
    locked = lock(exchange, by)
    if done_before(locked, State.CANCELLED):
        return locked.exchange
    exchange = locked.exchange
    target = next_state(locked, "cancel", facts_of(locked))
    late = rules.is_late(exchange.starts_at, locked.now, locked.policy.late_notice)
    release_hold(exchange, by)
    if exchange.starts_at:
        exchange.calendar_sequence += 1
    move(locked, target, reason=reason, late=late, why=why, calendar_sequence=exchange.calendar_sequence)
    charged = late and locked.policy.charge_late and Who.RECEIVER in locked.who and why not in EXCUSED
    if charged and _claim(locked, Claim.Kind.LATE):
        tell_both(exchange, "claimed", by)
    tell(exchange, "cancelled", to=other_side(exchange, by), by=by)
    if exchange.starts_at:
        tell(exchange, "off_diary", to=by, by=by)
    return exchange


@transaction.atomic
def no_show(*, by: Any, exchange: Exchange, reason: str, absent: str = "", why: str = "") -> Exchange:
    """Records that it did not happen, once its time has come; what was held is released. `absent` says who did not come
    (`rules.Absent`; empty where nobody wishes to say), `why` what kept the person who says so. Where the receiving side
    stayed away and the policy charges for it, the giver has a claim until the other says why, or a broker decides.
    Raises Invalid (reason, absent, why)."""
    check_open_account(by)
    if not reason.strip():
        raise Invalid(_("Say in a few words what happened."), field="reason")
    if absent not in {"", *Absent.values}:
        raise Invalid(_("Choose who did not come."), field="absent")
    _check_why(why)
    locked = lock(exchange, by)
    if done_before(locked, State.NO_SHOW):
        return locked.exchange
    exchange = locked.exchange
    target = next_state(locked, "no_show", facts_of(locked))
    mine = "provider" if Who.PROVIDER in locked.who else "receiver"
    if absent not in {mine, Absent.BOTH}:
        why = ""  # what kept somebody else is theirs to say
    release_hold(exchange, by)
    move(locked, target, reason=reason, absent=absent, why=why)
    charged = absent == Absent.RECEIVER and locked.policy.charge_no_show and why not in EXCUSED
    if charged and _claim(locked, Claim.Kind.NO_SHOW):
        tell_both(exchange, "claimed", by)
    blamed = absent not in {"", mine, Absent.BOTH}
    tell(exchange, "missed_you" if blamed else "no_show", to=other_side(exchange, by), by=by)
    return exchange


def _check_why(why: str) -> None:
    if why not in {"", *Why.values}:
        raise Invalid(_("Choose what kept you."), field="why")


def _claim(locked: Locked, kind: str) -> Claim | None:
    """Sets the charge aside for whoever kept the time free; None where the payer cannot cover any of it."""
    exchange = locked.exchange
    payer, _hold = lock_money(exchange)
    reach = payable(payer, None)
    most = min(locked.policy.late_charge, exchange.minutes)
    minutes = most if reach is None else min(most, reach)
    if minutes <= 0:
        return None
    claim = Claim.objects.create(exchange=exchange, kind=kind, minutes=minutes, raised_at=locked.now)
    ledger.place_hold(
        account_id=exchange.payer_id, minutes=minutes, exchange=exchange, by=locked.by, key=f"claim:{claim.pk}"
    )
    audit_record(by=locked.by, verb="timebank.claim.raised", obj=claim, minutes=minutes)
    return claim


@transaction.atomic
def excuse(*, by: Any, exchange: Exchange, why: str) -> Exchange:
    """Somebody who did not come, or cancelled late, says what kept them. One of the reasons that are always excused ends a
    claim at once, without proof. Raises Invalid (why), DomainError where there is nothing to excuse."""
    check_open_account(by)
    if why not in Why.values:
        raise Invalid(_("Choose what kept you."), field="why")
    locked = lock(exchange, by)
    exchange = locked.exchange
    if exchange.why == why and exchange.state in {State.CANCELLED, State.NO_SHOW}:
        return exchange
    next_state(locked, "excuse", facts_of(locked))
    exchange.why = why
    exchange.save(update_fields=["why"])
    audit_record(by=by, verb="timebank.exchange.excused" if exchange.excused else "timebank.exchange.why", obj=exchange)
    if exchange.excused:
        _end_claim(locked, Claim.Decision.EXCUSED)
        tell(exchange, "excused", to=other_side(exchange, by), by=by)
    return exchange


@transaction.atomic
def waive(*, by: Any, exchange: Exchange) -> Exchange:
    """Whoever kept the time free lets the charge go; what was set aside is free again. A second click changes nothing."""
    check_open_account(by)
    locked = lock(exchange, by)
    claim = Claim.objects.filter(exchange=locked.exchange, decision=Claim.Decision.WAIVED, decided_by=by).first()
    if claim is None:
        next_state(locked, "waive", facts_of(locked))
        _end_claim(locked, Claim.Decision.WAIVED)
        tell(locked.exchange, "let_go", to=other_side(locked.exchange, by), by=by)
    return locked.exchange


@transaction.atomic
def decide_claim(*, by: Any, exchange: Exchange, charge: bool, note: str) -> Exchange:
    """A broker who is no party says whether the charge is paid; both read the note. Raises Invalid (note), NotAllowed,
    DomainError where it is decided already. The same decision again by the same broker changes nothing."""
    note = note.strip()
    if not note:
        raise Invalid(_("Say why: both sides read it."), field="note")
    if len(note) > LONGEST_REASON:
        raise Invalid(_("The note must be 500 characters or fewer."), field="note")
    locked = lock(exchange, by, broker=True)
    exchange = locked.exchange
    decision = Claim.Decision.CHARGED if charge else Claim.Decision.LET_GO
    if Claim.objects.filter(exchange=exchange, decision=decision, decided_by=by).exists():
        return exchange
    next_state(locked, "decide_claim", facts_of(locked))
    _end_claim(locked, decision, note=note)
    tell_both(exchange, "charged" if charge else "not_charged", by, note=note)
    return exchange


@transaction.atomic
def let_go(*, exchange: Exchange | UUID) -> bool:
    """Lets a claim go that nobody decided for 7 days. False where it is not due, or somebody was quicker."""
    locked = lock(exchange, None)
    if rules.outcome(locked.exchange.state, "let_go", locked.who, facts_of(locked)) is None:
        return False
    _end_claim(locked, Claim.Decision.LAPSED)
    tell_both(locked.exchange, "not_charged", None)
    return True


def _end_claim(locked: Locked, decision: str, note: str = "") -> None:
    """Writes the decision, where a claim is open, and pays or releases what was set aside for it."""
    exchange = locked.exchange
    claim = Claim.objects.select_for_update().filter(exchange=exchange, decided_at=None).first()
    if claim is None:
        return
    _payer, hold = lock_money(exchange)
    if decision == Claim.Decision.CHARGED:
        _charge(locked, claim, hold, note)
    elif hold is not None:
        ledger.end_hold(hold_id=hold.pk, state="released", by=locked.by, key=f"released:{hold.pk}")
    claim.decision, claim.decided_by, claim.decided_at, claim.note = decision, locked.by, locked.now, note
    claim.save(update_fields=["decision", "decided_by", "decided_at", "note"])
    audit_record(by=locked.by, verb=f"timebank.claim.{decision}", obj=claim, minutes=claim.minutes)


def _charge(locked: Locked, claim: Claim, hold: Hold | None, note: str) -> None:
    exchange = locked.exchange
    if hold is None or not may_act(exchange.provider):
        raise DomainError(_("This charge can no longer be paid. Let it go instead."))
    paid = ledger.post(
        kind="late_charge",
        legs=[(exchange.payer_id, -claim.minutes), (exchange.payee_id, claim.minutes)],
        by=locked.by,
        key=f"charge:{claim.pk}",
        memo=note,
        exchange=exchange,
        ends_hold=hold,
    )
    share_of_earnings(member=exchange.provider, minutes=claim.minutes, transfer=paid)


def lapse_claim(locked: Locked) -> None:
    """Ends an open claim without a charge, because one side leaves the time bank; what was set aside goes back."""
    _end_claim(locked, Claim.Decision.LAPSED)


def drop_claim(locked: Locked) -> None:
    """A dispute takes the place of an open claim: what is set aside stays set aside for it."""
    Claim.objects.filter(exchange=locked.exchange, decided_at=None).update(
        decision=Claim.Decision.LAPSED, decided_at=locked.now
    )
