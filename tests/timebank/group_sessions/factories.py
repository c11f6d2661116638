"""Group sessions for tests, through the room's own actions. Time passes by moving a session's dates back."""

import datetime as dt
from typing import Any

from django.utils import timezone

from people.models import User
from tests.timebank.factories import a_member, a_pot, give_credits, key
from timebank.actions import group_places, group_register, group_sessions, ledger
from timebank.group_codes import code_for
from timebank.models import GroupBooking, GroupSession

HOUR = dt.timedelta(hours=1)


def a_draft(host: User | None = None, **fields: Any) -> GroupSession:
    """Two hours with half an hour of preparation (cost: 2 h 30), ten places, at most 1 h each, in three days."""
    fields = {
        "title": "Run charts for beginners",
        "starts_at": timezone.now() + dt.timedelta(days=3),
        "minutes": 120,
        "preparation": 30,
        "places": 10,
        "most_minutes": 60,
        "online_link": "https://example.org/meet",
        "key": key(),
        **fields,
    }
    return group_sessions.prepare(by=host or a_member(), **fields)


def a_session(host: User | None = None, **fields: Any) -> GroupSession:
    """A published one."""
    draft = a_draft(host, **fields)
    return group_sessions.publish(by=draft.host, session=draft)


def rich(name: str = "", minutes: int = 600) -> User:
    """A member with credits."""
    member = a_member(name)
    give_credits(ledger.account_for(member=member), minutes)
    return member


def a_place(session: GroupSession, user: User | None = None) -> GroupBooking:
    """A place (or one on the waiting list) for a member with credits."""
    return group_places.book(by=user or rich(), session=session, key=key())


def shift(session: GroupSession, ago: dt.timedelta) -> GroupSession:
    """As if so much time had passed since everything about this session happened."""
    session.refresh_from_db()
    session.starts_at -= ago
    session.settles_at = session.settles_at and session.settles_at - ago
    session.save(update_fields=["starts_at", "settles_at"])
    for booking in session.bookings.all():
        booking.booked_at = booking.booked_at and booking.booked_at - ago
        booking.objected_at = booking.objected_at and booking.objected_at - ago
        booking.save(update_fields=["booked_at", "objected_at"])
    return session


def begin(session: GroupSession) -> GroupSession:
    """It began a minute ago."""
    session.refresh_from_db()
    return shift(session, session.starts_at - timezone.now() + dt.timedelta(minutes=1))


def scan(session: GroupSession, user: User) -> GroupBooking:
    """What the page of the code does."""
    return group_register.check_in(by=user, session=session, key=key())


def note(session: GroupSession, *ticked: GroupBooking) -> GroupSession:
    """The host closes the register."""
    return group_register.note_attendance(by=session.host, session=session, present=[row.pk for row in ticked])


def three_days_on(session: GroupSession) -> GroupSession:
    """72 hours later, with the sweep that comes then."""
    shift(session, 73 * HOUR)
    group_register.sweep()
    session.refresh_from_db()
    return session


def world(people: dict[str, User]) -> dict[str, Any]:
    """For the role × URL matrix: `party` hosts sessions in every state, `other_party` comes, co-gives or sponsors."""
    host, guest = people["party"], people["other_party"]
    asked, plain, published, begun, noted, objected = (
        a_draft(host),
        a_draft(host),
        *(a_session(host) for _n in range(4)),
    )
    invited = group_sessions.ask_to_give(by=host, session=asked, email=guest.email)
    sponsored = a_draft(host, pot=a_pot(guest, 600, name="Sponsor of sessions"), sponsored_minutes=30)
    for session in (published, begun, noted, objected):
        a_place(session, guest)
    for session in (begun, noted, objected):
        begin(session)
    for session in (noted, objected):
        note(session, *session.bookings.all())
    places = {session: session.bookings.get() for session in (noted, objected)}
    group_register.object_to_tick(by=guest, session=objected, words="I was on leave")
    return {
        "group_asked_id": asked.pk,
        "group_asked_provider_id": invited.pk,
        "group_draft_id": plain.pk,
        "group_sponsored_id": sponsored.pk,
        "group_id": published.pk,
        "group_begun_id": begun.pk,
        "group_noted_id": noted.pk,
        "group_tick_id": places[noted].pk,
        "group_objection_id": places[objected].pk,
        "group_code": code_for(begun.pk, timezone.now() + dt.timedelta(days=1)),  # longer than any run of the matrix
    }
