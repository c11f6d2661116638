"""Places in a group session, and the waiting list. Amounts are minutes."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record as audit_record
from people.rules import blocked_ids, check_may_act, may_act
from timebank import group_rules as rules
from timebank.actions import ledger
from timebank.actions.group_lock import (
    givers,
    hold_of,
    in_state,
    lock,
    lock_queue,
    release,
)
from timebank.actions.group_sessions import cancel
from timebank.group_letters import tell
from timebank.models import GroupBooking, GroupProvider, GroupSession, Hold, Policy
from timebank.queries.group_sessions import TAKEN
from ui.errors import DomainError, Invalid, Missing
from ui.formats import hours as say_hours

State, Booking, Answer = GroupSession.State, GroupBooking.State, GroupProvider.Answer
EXCUSES = ("duty", "illness", "disability", "caring")  # always excused, without proof


def check_may_come(session: GroupSession, by: Any) -> None:
    """Raises Missing across a block, Invalid for those who give it."""
    those = {person.pk for person in givers(session)}
    if those & blocked_ids(by):
        raise Missing(_("We cannot find that session."))
    if by.pk in those:
        raise Invalid(_("You give this session, so you need no place."))


def _free(session: GroupSession) -> int:
    return session.places - session.bookings.filter(state__in=TAKEN).count()


def _promise(booking: GroupBooking, session: GroupSession, by: Any) -> None:
    """Holds the most that a place costs. Raises NotEnough."""
    if session.most_minutes and hold_of(session, booking.account_id) is None:
        ledger.place_hold(
            account_id=booking.account_id, minutes=session.most_minutes, group_session=session, by=by,
            key=f"place:{booking.pk}",
        )  # fmt: skip


@transaction.atomic
def book(*, by: Any, session: GroupSession | UUID, key: str) -> GroupBooking:
    """A place, with the most that it costs held; or, where all are taken, one on the waiting list. Asking again gives the
    same place. Raises Missing, NotAllowed, Invalid with what is missing, DomainError once it has begun."""
    check_may_act(by)
    fresh = lock(session)
    if fresh.state == State.DRAFT:
        raise Missing(_("We cannot find that session."))
    check_may_come(fresh, by)
    if mine := fresh.bookings.filter(user=by).exclude(state=Booking.CANCELLED).first():
        return mine
    if again := fresh.bookings.filter(user=by, key=key).first():  # an old page of a place that was given up
        return again
    in_state(fresh, State.PUBLISHED)
    if timezone.now() >= fresh.starts_at:
        raise DomainError(_("This session has begun. Ask the host for the code on the screen."))
    booking = new_booking(fresh, by, key, may_wait=True)
    if booking.state == Booking.BOOKED:
        tell(fresh, "booked", people=[by], by=by, nonce=str(booking.pk), minutes=fresh.most_minutes)
    return booking


def new_booking(session: GroupSession, by: Any, key: str, *, may_wait: bool) -> GroupBooking:
    """A place with the most that it costs held, or one in the queue where `may_wait`. Raises Invalid with what is missing,
    DomainError where all places are taken. The caller has locked the session and checked that `by` may come."""
    now, full = timezone.now(), _free(session) < 1
    if full and not may_wait:
        raise DomainError(_("All places are taken."))
    booking = GroupBooking.objects.create(
        session=session,
        user=by,
        account=ledger.account_for(member=by),
        state=Booking.WAITING if full else Booking.BOOKED,
        booked_at=None if full else now,
        key=key,
    )
    if not full:
        try:
            _promise(booking, session, by)
        except ledger.NotEnough as error:
            raise Invalid(
                _("A place costs %(most)s at the most, and you are %(missing)s short. Give an hour first.")
                % {"most": say_hours(session.most_minutes), "missing": say_hours(error.missing)}
            ) from error
    session.bookings.filter(user=by, state=Booking.CANCELLED, late=True).update(excused=True)  # they come after all
    audit_record(by=by, verb="timebank.group_session.booked", obj=session, waiting=full)
    return booking


@transaction.atomic
def give_up_place(*, by: Any, session: GroupSession | UUID, excuse: str = "") -> GroupBooking | None:
    """Gives a place back, or leaves the waiting list; the next in the queue moves up. Late (the policy's notice) costs
    nothing unless the session said so; being called to duty, illness, disability and caring are always excused. None
    where there was none to give up. Raises DomainError once the session has begun."""
    fresh = lock(session)
    booking = fresh.bookings.filter(user=by, state__in=[Booking.WAITING, Booking.BOOKED]).first()
    if booking is None:
        return None
    now = timezone.now()
    in_state(fresh, State.PUBLISHED)
    if now >= fresh.starts_at and booking.state == Booking.BOOKED:
        raise DomainError(_("This session has begun. If you are not there, the host notes it."))
    lock_queue(fresh, booking.account_id)
    _give_up(booking, fresh, by, excused=excuse in EXCUSES, now=now)
    _move_up(fresh)
    return booking


def _give_up(booking: GroupBooking, session: GroupSession, by: Any, *, excused: bool, now: dt.datetime) -> None:
    notice = Policy.objects.in_force().late_notice
    had_place = booking.state == Booking.BOOKED
    late = (
        had_place
        and rules.is_late(session.starts_at, now, notice)
        and rules.bound(booking.booked_at, session.starts_at, notice)
    )
    booking.state, booking.ended_at, booking.late, booking.excused = Booking.CANCELLED, now, late, late and excused
    booking.save(update_fields=["state", "ended_at", "late", "excused"])
    if had_place and not (late and session.stay_away_pays and not excused):
        release(session, booking.account_id, by)
    audit_record(by=by, verb="timebank.group_session.place_given_up", obj=session, late=late, excused=excused)


def _move_up(session: GroupSession) -> None:
    """Gives free places to the waiting list in its order, and tells them. Who is short of credits is told, and stays. The
    caller has locked the accounts of the queue."""
    if session.state != State.PUBLISHED or timezone.now() >= session.starts_at:
        return
    free = _free(session)
    queue = session.bookings.filter(state=Booking.WAITING).select_related("user").order_by("asked_at", "pk")
    hidden: set = set().union(*(blocked_ids(person) for person in givers(session))) if free > 0 else set()
    for booking in queue:
        if free < 1:
            return
        if not may_act(booking.user) or booking.user_id in hidden:
            continue
        try:
            _promise(booking, session, None)
        except ledger.NotEnough:
            tell(
                session, "no_credits", people=[booking.user], minutes=session.most_minutes,
                nonce=f"{booking.pk}:{timezone.localdate()}",
            )  # fmt: skip
            continue
        booking.state, booking.booked_at = Booking.BOOKED, timezone.now()
        booking.save(update_fields=["state", "booked_at"])
        free -= 1
        audit_record(by=None, verb="timebank.group_session.moved_up", obj=session, who=str(booking.user_id))
        tell(session, "moved_up", people=[booking.user], nonce=str(booking.pk), minutes=session.most_minutes)


@transaction.atomic
def leave(*, user: Any, by: Any) -> None:
    """What closing an account does here: places are given up, sessions that this person hosts are called off, and they
    are taken off those of others that have not begun. Raises DomainError while one that they gave or attended is not
    settled: those are somebody else's credits too."""
    gives = GroupSession.objects.filter(providers__user=user, providers__answer=Answer.AGREED)
    attended = GroupSession.objects.filter(bookings__user=user, bookings__state=Booking.ATTENDED)
    begun = Q(state=State.NOTED) | Q(state=State.PUBLISHED, starts_at__lte=timezone.now())
    if gives.filter(begun).exists() or attended.filter(state__in=[State.PUBLISHED, State.NOTED]).exists():
        raise DomainError(
            _("You have a group session that is not settled yet. Wait until it is, and then close your account.")
        )
    for session in gives.filter(state__in=[State.DRAFT, State.PUBLISHED]).order_by("pk"):
        if session.host_id == user.pk:
            cancel(by=user, session=session)
            continue
        fresh = lock(session)  # the others give it without them, and the most that a place costs stands
        fresh.providers.filter(user=user).update(answer=Answer.DECLINED)
        tell(fresh, "said_no", people=[fresh.host], by=user)
    GroupProvider.objects.filter(user=user, answer=Answer.ASKED).update(answer=Answer.DECLINED, email="")
    places = GroupBooking.objects.filter(user=user, state__in=[Booking.WAITING, Booking.BOOKED])
    for booking in places.order_by("session_id"):
        fresh = lock(booking.session_id)
        lock_queue(fresh, booking.account_id)
        _give_up(booking, fresh, by, excused=True, now=timezone.now())
        _move_up(fresh)
    for hold in Hold.objects.filter(group_session__isnull=False, account__member=user, state=Hold.State.ACTIVE):
        ledger.end_hold(hold_id=hold.pk, state=Hold.State.RELEASED, by=by, key=f"group:{hold.pk}")
