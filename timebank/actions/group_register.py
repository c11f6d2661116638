"""Who was there, and settling a group session once. `group_rules` shares the cost. Amounts are minutes."""

import datetime as dt
import logging
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record as audit_record
from people.rules import check_may_act, check_role
from timebank import group_rules as rules
from timebank.actions import ledger
from timebank.actions.group_lock import (
    given,
    givers,
    in_state,
    lock,
    lock_accounts,
    release_all,
    stewards,
)
from timebank.actions.group_places import check_may_come, new_booking
from timebank.actions.shares import accounts_beside, reverse_shares, share_of_earnings
from timebank.group_letters import tell
from timebank.models import Account, GroupBooking, GroupProvider, GroupSession, Policy, Transfer
from timebank.queries.pots import steward_ids
from timebank.rules import spendable
from ui.errors import DomainError, Invalid, Missing, NotAllowed
from ui.formats import moment

log = logging.getLogger(__name__)
State, Booking, Answer = GroupSession.State, GroupBooking.State, GroupProvider.Answer


@transaction.atomic
def check_in(*, by: Any, session: GroupSession | UUID, key: str) -> GroupBooking:
    """Whoever scanned the code on the host's screen is there: at once and for good. Without a place they get one, if one
    is free and they can pay for it. Harmless twice. Raises Missing, NotAllowed, Invalid, DomainError too early or late."""
    check_may_act(by)
    fresh = lock(session)
    check_may_come(fresh, by)
    booking = fresh.bookings.filter(user=by).exclude(state=Booking.CANCELLED).first()
    if booking is not None and booking.state == Booking.ATTENDED and booking.proof == GroupBooking.Proof.SCAN:
        return booking
    in_state(fresh, State.PUBLISHED)
    now = timezone.now()
    if now < fresh.starts_at - rules.DOORS_OPEN:
        raise DomainError(
            _("The doors open half an hour before it begins, %(when)s.") % {"when": moment(fresh.starts_at)}
        )
    if now > fresh.ends_at + rules.DOORS_CLOSE:
        raise DomainError(_("The session is over. The host notes who was there."))
    if booking is not None and booking.state == Booking.WAITING:
        booking.state, booking.ended_at = Booking.CANCELLED, now  # the queue is over for them: a place, or none
        booking.save(update_fields=["state", "ended_at"])
        booking = None
    if booking is None:
        booking = new_booking(fresh, by, key, may_wait=False)
    booking.state, booking.proof, booking.noted_at = Booking.ATTENDED, GroupBooking.Proof.SCAN, now
    booking.save(update_fields=["state", "proof", "noted_at"])
    audit_record(by=by, verb="timebank.group_session.checked_in", obj=fresh)
    return booking


@transaction.atomic
def note_attendance(*, by: Any, session: GroupSession, present: Collection[Any]) -> GroupSession:
    """Closes the register: of those with a place, the bookings in `present` were there, the rest stayed away; who scanned
    was there in any case. With a tick it settles after 72 hours, so that whoever was ticked can object; without, at once.
    Nobody there: nothing moves. By one of those who give it. Harmless twice. Raises Missing, DomainError too early."""
    fresh = given(session, by, State.PUBLISHED, State.NOTED, State.SETTLED, State.EMPTY)
    if fresh.state != State.PUBLISHED:
        return fresh
    if timezone.now() < fresh.starts_at:
        raise DomainError(_("It has not begun yet. Note who was there afterwards."))
    return _close_register(fresh, by, {str(pk) for pk in present})


def _close_register(session: GroupSession, by: Any, present: set[str]) -> GroupSession:
    now = timezone.now()
    ticked = []
    for booking in session.bookings.filter(state=Booking.BOOKED).select_related("user").order_by("pk"):
        if str(booking.pk) in present:
            booking.state, booking.proof, booking.noted_at = Booking.ATTENDED, GroupBooking.Proof.TICK, now
            ticked.append(booking)
        else:
            booking.state = Booking.AWAY
        booking.save(update_fields=["state", "proof", "noted_at"])
    session.bookings.filter(state=Booking.WAITING).update(state=Booking.CANCELLED, ended_at=now)
    session.state, session.noted_at = State.NOTED, now
    session.settles_at = now + rules.TICK_STANDS_AFTER if ticked else now
    session.save(update_fields=["state", "noted_at", "settles_at"])
    audit_record(by=by, verb="timebank.group_session.noted", obj=session, ticked=len(ticked))
    tell(session, "ticked", people=[row.user for row in ticked], by=by)
    _settle_if_due(session)
    return session


@transaction.atomic
def untick(*, by: Any, booking: GroupBooking) -> GroupBooking:
    """One of those who give it takes a tick away: that person was not there, and is told. Harmless twice."""
    session = given(booking.session_id, by, State.NOTED)
    fresh = session.bookings.select_related("user").get(pk=booking.pk)
    if fresh.state == Booking.AWAY:
        return fresh
    if fresh.proof != GroupBooking.Proof.TICK:
        raise DomainError(_("Who scanned the code was there."))
    if fresh.objected_at and fresh.decided_at is None:
        fresh.decided_at, fresh.decided_by = timezone.now(), by
    _set_away(fresh)
    audit_record(by=by, verb="timebank.group_session.unticked", obj=session, who=str(fresh.user_id))
    tell(session, "unticked", people=[fresh.user], by=by, nonce=str(fresh.pk))
    _settle_if_due(session)
    return fresh


def _set_away(booking: GroupBooking) -> None:
    booking.state, booking.proof, booking.noted_at = Booking.AWAY, "", None
    booking.save(update_fields=["state", "proof", "noted_at", "decided_at", "decided_by", "note"])


@transaction.atomic
def object_to_tick(*, by: Any, session: GroupSession | UUID, words: str) -> GroupBooking:
    """ "I was not there": by somebody whom the host ticked, until it settles. The session waits for the host to take the
    tick away, or for a broker. Harmless twice. Raises Missing, Invalid (words), DomainError once it is settled."""
    fresh = lock(session)
    booking = fresh.bookings.filter(user=by, state=Booking.ATTENDED).first()
    if booking is None:
        raise Missing(_("We cannot find that session."))
    in_state(fresh, State.NOTED)
    if booking.proof != GroupBooking.Proof.TICK:
        raise DomainError(
            _("You scanned the code on the screen, so you were there. Ask a broker if something is wrong.")
        )
    if booking.objected_at is not None:
        return booking
    if not words.strip():
        raise Invalid(_("Say in a few words what happened."), field="words")
    booking.objected_at, booking.objection = timezone.now(), words.strip()[:500]
    booking.save(update_fields=["objected_at", "objection"])
    audit_record(by=by, verb="timebank.group_session.objected", obj=fresh)
    tell(fresh, "objected", people=givers(fresh), by=by, nonce=str(booking.pk), note=booking.objection)
    return booking


@transaction.atomic
def decide_objection(*, by: Any, booking: GroupBooking, was_there: bool, note: str) -> GroupBooking:
    """A broker who has nothing to do with the session decides, and both sides are told. Raises NotAllowed, Invalid
    without a note, DomainError where there is no open objection."""
    check_role(by, "broker")
    session = lock(booking.session_id)
    fresh = session.bookings.select_related("user").get(pk=booking.pk)
    those = givers(session)
    if by.pk in {fresh.user_id, *(person.pk for person in those)} | steward_ids(session.pot_id):
        raise NotAllowed(_("You are a party to this session. Another broker must decide."))
    if session.state != State.NOTED or fresh.objected_at is None or fresh.decided_at is not None:
        raise DomainError(_("This is decided already. Nothing was changed."))
    if not note.strip():
        raise Invalid(_("Say why: both sides read it."), field="note")
    fresh.decided_at, fresh.decided_by, fresh.note = timezone.now(), by, note.strip()[:500]
    if was_there:
        fresh.save(update_fields=["decided_at", "decided_by", "note"])
    else:
        _set_away(fresh)
    audit_record(by=by, verb="timebank.group_session.decided", obj=session, who=str(fresh.user_id), was_there=was_there)
    tell(
        session, "decided_there" if was_there else "decided_away", people=[fresh.user, *those], by=by,
        nonce=str(fresh.pk), person=str(fresh.user), note=fresh.note,
    )  # fmt: skip
    _settle_if_due(session)
    return fresh


@transaction.atomic
def settle(*, session: GroupSession | UUID) -> bool:
    """Settles a session whose register is closed and whose time has come, once. False where it may not be yet, or was
    settled before. Safe to call at any moment, by several workers."""
    fresh = lock(session)
    return fresh.state == State.NOTED and _settle_if_due(fresh)


def _settle_if_due(session: GroupSession) -> bool:
    now = timezone.now()
    assert session.settles_at is not None  # by its state
    open_objections = session.bookings.filter(state=Booking.ATTENDED, objected_at__isnull=False, decided_at=None)
    for booking in open_objections.filter(objected_at__lte=now - rules.DECIDED_WITHIN):
        booking.decided_at = now  # nobody decided in time: who says that they were not there was not
        _set_away(booking)
    ticks = session.bookings.filter(state=Booking.ATTENDED, proof=GroupBooking.Proof.TICK, decided_at=None)
    if open_objections.exists() or (now < session.settles_at and ticks.exists()):
        return False
    if not session.bookings.filter(state=Booking.ATTENDED).exists():
        _end_empty(session)
    else:
        _pay(session, now)
    return True


def _end_empty(session: GroupSession) -> None:
    """Nobody came: nothing moves."""
    release_all(session, None)
    session.state = State.EMPTY
    session.save(update_fields=["state"])
    audit_record(by=None, verb="timebank.group_session.empty", obj=session)
    booked = session.bookings.filter(state=Booking.AWAY).select_related("user")
    tell(session, "empty", people=[*(row.user for row in booked), *givers(session)])


def _payers(session: GroupSession) -> list[GroupBooking]:
    """Who was there; where the session said so, also who stayed away or cancelled late without an excuse."""
    there = Q(state=Booking.ATTENDED)
    if session.stay_away_pays:
        there |= Q(state=Booking.AWAY) | Q(state=Booking.CANCELLED, late=True, excused=False)
    notice = Policy.objects.in_force().late_notice
    return [
        row
        for row in session.bookings.filter(there).select_related("user").order_by("pk")
        if row.state == Booking.ATTENDED or rules.bound(row.booked_at, session.starts_at, notice)
    ]


def _pay(session: GroupSession, now: dt.datetime) -> None:
    payers = _payers(session)
    providers = list(session.providers.filter(answer=Answer.AGREED).select_related("user"))
    pot = ledger.account_for(pot=session.pot) if session.pot else None
    lock_accounts(
        session,
        *(row.account_id for row in payers),
        *(row.account_id for row in providers),
        *(account for row in providers for account in accounts_beside(row.user_id)),
        pot.pk if pot else None,
    )
    release_all(session, None)
    free = {
        account.pk: 0 if account.closed_at else spendable(account.balance, account.held, account.floor) or 0
        for account in Account.objects.filter(pk__in=[*(row.account_id for row in payers), *([pot.pk] if pot else [])])
    }
    bill = rules.bill(
        providers={row.account_id: row.preparation + session.minutes for row in providers},
        receivers=[row.account_id for row in payers],
        most=session.most_minutes,
        sponsored=session.sponsored_minutes,
        pot_covers=session.shortfall == GroupSession.Shortfall.POT,
        reach=free,
        pot_reach=free[pot.pk] if pot else None,
    )
    legs = {account: -minutes for account, minutes in bill.receivers.items()} | bill.providers
    if pot:
        legs[pot.pk] = -bill.pot
    moved = [(account, minutes) for account, minutes in legs.items() if minutes]
    if moved:
        session.transfer = ledger.post(
            kind=Transfer.Kind.GROUP_SESSION, legs=moved, by=None, key=f"group_session:{session.pk}", memo=session.title
        )
        for row in providers:
            share_of_earnings(member=row.user, minutes=bill.providers[row.account_id], transfer=session.transfer)
    session.state, session.settled_at = State.SETTLED, now
    session.cost_minutes, session.pot_paid_minutes = sum(bill.providers.values()) + bill.forgone, bill.pot
    session.save(update_fields=["state", "settled_at", "cost_minutes", "pot_paid_minutes", "transfer"])
    for place in payers:
        place.paid_minutes = bill.receivers[place.account_id]
        place.save(update_fields=["paid_minutes"])
        tell(session, "paid", people=[place.user], minutes=place.paid_minutes)
    for row in providers:
        row.credited_minutes = bill.providers[row.account_id]
        row.save(update_fields=["credited_minutes"])
        tell(session, "earned", people=[row.user], minutes=row.credited_minutes)
    if bill.pot:
        tell(session, "pot_paid", people=stewards(session), minutes=bill.pot)
    audit_record(
        by=None,
        verb="timebank.group_session.settled",
        obj=session,
        payers=len(payers),
        minutes=sum(bill.providers.values()),
    )


@transaction.atomic
def reverse(*, by: Any, session: GroupSession | UUID, reason: str) -> GroupSession:
    """A broker who has nothing to do with it takes a settled session back whole, by the exact mirror of its transfer;
    what flowed on to pots comes back too. It may take an account under its floor. All are told, with the reason. Final.
    Harmless twice. Raises NotAllowed, Invalid (reason), DomainError where it is not settled or an account is closed."""
    check_role(by, "broker")
    reason = reason.strip()
    if not reason:
        raise Invalid(_("Say in a few words what happened."), field="reason")
    if len(reason) > 500:
        raise Invalid(_("The reason must be 500 characters or fewer."), field="reason")
    fresh = lock(session)
    if fresh.state == State.REVERSED:
        return fresh
    in_state(fresh, State.SETTLED)
    people = {
        person.pk: person
        for person in [*givers(fresh), *(row.user for row in _those_who_paid(fresh)), *stewards(fresh)]
    }
    if by.pk in people:
        raise NotAllowed(_("You are a party to this session. Another broker must decide."))
    if fresh.transfer is not None:
        reverse_shares(transfers=[fresh.transfer], by=by, reason=reason)
        ledger.reverse(transfer=fresh.transfer, by=by, reason=reason, key=f"reverse_group:{fresh.pk}")
    fresh.state, fresh.reason = State.REVERSED, reason
    fresh.save(update_fields=["state", "reason"])
    audit_record(by=by, verb="timebank.group_session.reversed", obj=fresh)
    tell(fresh, "reversed", people=[one for one in people.values() if one.closed_at is None], by=by, note=reason)
    return fresh


def _those_who_paid(session: GroupSession) -> list[GroupBooking]:
    return list(session.bookings.filter(paid_minutes__isnull=False).select_related("user").order_by("pk"))


@transaction.atomic
def lapse(*, session: GroupSession | UUID) -> bool:
    """Closes a register that nobody closed for 14 days: only those who scanned the code were there. A draft whose date
    has passed is cancelled."""
    fresh = lock(session)
    now = timezone.now()
    if fresh.state == State.DRAFT and fresh.starts_at <= now:
        release_all(fresh, None)
        fresh.state = State.CANCELLED
        fresh.save(update_fields=["state"])
        return True
    if fresh.state != State.PUBLISHED or now < fresh.ends_at + rules.REGISTER_WITHIN:
        return False
    _close_register(fresh, None, set())
    return True


def sweep(*, limit: int = 500) -> dict[str, int]:
    """Moves every session whose time has come, each in a transaction of its own. Returns how many moved."""
    now = timezone.now()
    long_over = GroupSession.objects.filter(state=State.PUBLISHED, starts_at__lte=now - rules.REGISTER_WITHIN)
    due = {
        "settled": (settle, GroupSession.objects.filter(state=State.NOTED)),
        "lapsed": (lapse, long_over | GroupSession.objects.filter(state=State.DRAFT, starts_at__lte=now)),
    }
    moved = dict.fromkeys(due, 0)
    for name, (action, rows) in due.items():
        for pk in rows.order_by("starts_at", "pk").values_list("pk", flat=True)[:limit]:
            try:
                moved[name] += action(session=pk)
            except DomainError as error:  # one that cannot move must not keep the others waiting
                log.warning("Group session %s was left as it is: %s", pk, type(error).__name__)
    return moved
