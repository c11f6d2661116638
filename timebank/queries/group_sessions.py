"""What pages read about group sessions."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from people.rules import blocked_ids, may_act, without_blocked
from timebank import group_rules as rules
from timebank import registries
from timebank.models import GroupBooking, GroupProvider, GroupSession
from timebank.queries.pots import steward_ids
from ui.errors import Missing

State, Booking, Answer = GroupSession.State, GroupBooking.State, GroupProvider.Answer
TAKEN = [Booking.BOOKED, Booking.ATTENDED, Booking.AWAY]  # who has one of the places


def cost_of(session: GroupSession) -> int:
    """Preparation and delivery of everybody who gives it, in minutes."""
    agreed = session.providers.exclude(answer=Answer.DECLINED).values_list("preparation", flat=True)
    return sum(preparation + session.minutes for preparation in agreed)


def promised_by_pot(session: GroupSession) -> int:
    """The most minutes that the sponsoring pot may have to pay."""
    return rules.promised_by_pot(
        cost=cost_of(session),
        sponsored=session.sponsored_minutes,
        most=session.most_minutes,
        pot_covers=session.shortfall == GroupSession.Shortfall.POT,
    )


def _with_places(rows: QuerySet[GroupSession], viewer: Any) -> QuerySet[GroupSession]:
    """Each with `taken` places and `mine`: the state of the viewer's place, if they have one."""
    taken = GroupBooking.objects.filter(session=OuterRef("pk"), state__in=TAKEN).order_by().values("session")
    mine = GroupBooking.objects.filter(session=OuterRef("pk"), user=viewer).exclude(state=Booking.CANCELLED)
    return rows.annotate(
        taken=Coalesce(Subquery(taken.annotate(n=Count("pk")).values("n")), 0),
        mine=Subquery(mine.values("state")[:1]),
        gives=Exists(GroupProvider.objects.filter(session=OuterRef("pk"), user=viewer, answer=Answer.AGREED)),
    ).select_related("host", "pot")


def calendar(viewer: Any, words: str = "") -> QuerySet[GroupSession]:
    """Sessions that are open for booking and have not begun, soonest first; none across a block."""
    rows = GroupSession.objects.upcoming(timezone.now())
    if blocked := blocked_ids(viewer):
        rows = rows.exclude(providers__in=GroupProvider.objects.filter(user__in=blocked))
    if words:
        rows = rows.filter(Q(title__icontains=words) | Q(description__icontains=words))
    return _with_places(rows, viewer).order_by("starts_at", "id")


def mine(user: Any) -> QuerySet[GroupSession]:
    """Sessions that this person gives, was asked to give, or has or had a place in, latest first."""
    gives = GroupProvider.objects.filter(user=user).exclude(answer=Answer.DECLINED).values("session")
    comes = GroupBooking.objects.filter(user=user).exclude(state=Booking.CANCELLED).values("session")
    rows = GroupSession.objects.filter(Q(pk__in=gives) | Q(pk__in=comes))
    return _with_places(rows, user).order_by("-starts_at", "-id")


@dataclass
class Page:
    """A group session as one person sees it. Amounts are minutes."""

    session: GroupSession
    providers: list[GroupProvider]
    mine: GroupBooking | None  # my place, or the one that I gave up last
    my_answer: GroupProvider | None
    free: int
    waiting: int
    cost: int
    promised: int  # what the pot may have to pay at the most
    examples: list[tuple[int, int]]
    is_host: bool
    gives: bool
    is_sponsor: bool  # a steward of the pot
    begun: bool
    over: bool
    doors_open: bool
    bookings: list[GroupBooking]  # for those who give it
    needs: list[tuple[Any, str]]  # who comes and what would help them take part, for those who give it

    @property
    def unanswered(self) -> list[GroupProvider]:
        return [row for row in self.providers if row.answer == Answer.ASKED]

    @property
    def sees_link(self) -> bool:
        """Whether this person may join online."""
        return self.gives or (self.mine is not None and self.mine.state in TAKEN)

    @property
    def givers(self) -> list[GroupProvider]:
        return [row for row in self.providers if row.answer == Answer.AGREED]


def page(session_id: Any, viewer: Any) -> Page:
    """One session. A draft is seen by its host, by those who were asked to give it, and by the stewards of the pot that was
    asked; the rest by everybody, except across a block. Raises Missing."""
    session = (
        GroupSession.objects.select_related("host", "pot", "purpose", "transfer")
        .prefetch_related("skills")
        .filter(pk=session_id)
        .first()
    )
    if session is None:
        raise Missing("There is no such session.")
    providers = list(session.providers.exclude(answer=Answer.DECLINED).select_related("user").order_by("id"))
    mine_asked = next((row for row in providers if row.user_id == viewer.pk), None)
    is_host = session.host_id == viewer.pk
    is_sponsor = viewer.pk in steward_ids(session.pot_id)
    was_public = session.published_at is not None
    booking = session.bookings.filter(user=viewer).order_by("asked_at", "pk").last()
    if not (was_public or mine_asked or is_sponsor):
        raise Missing("There is no such session.")
    if not (mine_asked or booking or is_sponsor) and {row.user_id for row in providers} & blocked_ids(viewer):
        raise Missing("There is no such session.")
    gives = mine_asked is not None and mine_asked.answer == Answer.AGREED
    counts = session.bookings.aggregate(
        taken=Count("pk", filter=Q(state__in=TAKEN)), waiting=Count("pk", filter=Q(state=Booking.WAITING))
    )
    now, cost = timezone.now(), cost_of(session)
    bookings = list(session.bookings.select_related("user").order_by("asked_at", "pk")) if gives else []
    return Page(
        session=session,
        providers=providers,
        mine=booking,
        my_answer=mine_asked,
        free=max(0, session.places - counts["taken"]),
        waiting=counts["waiting"],
        cost=cost,
        promised=promised_by_pot(session),
        examples=rules.example_shares(
            cost=cost, sponsored=session.sponsored_minutes, most=session.most_minutes, places=session.places
        ),
        is_host=is_host,
        gives=gives,
        is_sponsor=is_sponsor,
        begun=session.starts_at <= now,
        over=session.ends_at <= now,
        doors_open=session.starts_at - rules.DOORS_OPEN <= now <= session.ends_at + rules.DOORS_CLOSE,
        bookings=bookings,
        needs=_needs(bookings) if session.state == State.PUBLISHED else [],
    )


def _needs(bookings: Iterable[GroupBooking]) -> list[tuple[Any, str]]:
    """(person, what would help them take part) for those who have a place, in the order of asking."""
    coming = [row.user for row in bookings if row.state in TAKEN]
    said: dict[Any, str] = {}
    for entry in registries.taking_part if coming else ():
        said |= entry.needs([person.pk for person in coming])
    return [(person, said[person.pk]) for person in coming if person.pk in said]


def given_page(session_id: Any, viewer: Any) -> Page:
    """The same, for one of those who give it. Raises Missing."""
    found = page(session_id, viewer)
    if not found.gives:
        raise Missing("There is no such session.")
    return found


def objections_for(broker: Any) -> QuerySet[GroupBooking]:
    """Places whose holders say that they were not there, oldest first, without sessions that this broker is a party to."""
    rows = GroupBooking.objects.filter(
        session__state=State.NOTED, state=Booking.ATTENDED, objected_at__isnull=False, decided_at=None
    )
    given = GroupProvider.objects.filter(user=broker).values("session")
    stewarded = broker.pot_stewardships.filter(until=None).values("pot")
    return (
        rows.exclude(user=broker)
        .exclude(session__in=given)
        .exclude(session__pot__in=stewarded)
        .select_related("session__host", "user")
        .order_by("objected_at", "id")
    )


def objection_for(booking_id: Any, broker: Any) -> GroupBooking:
    """One of them. Raises Missing."""
    found = objections_for(broker).filter(pk=booking_id).first()
    if found is None:
        raise Missing("There is no such question.")
    return found


def waiting_card(user: Any) -> dict[str, Any] | None:
    """What waits for this person: to say whether they give a session or their pot sponsors it, and registers to close."""
    if not may_act(user):
        return None
    now = timezone.now()
    drafts = without_blocked(GroupSession.objects.filter(state=State.DRAFT), user, "host")
    asked = drafts.filter(providers__user=user, providers__answer=Answer.ASKED)
    run = user.pot_stewardships.filter(until=None).values("pot")
    sponsor = drafts.filter(pot__in=run, sponsor_agreed_by=None)
    register = GroupSession.objects.filter(state=State.PUBLISHED, starts_at__lte=now).given_by(user)
    rows = [
        *((row, "give") for row in asked.order_by("starts_at", "id")[:3]),
        *((row, "sponsor") for row in sponsor.order_by("starts_at", "id")[:3]),
        *((row, "register") for row in register.order_by("starts_at", "id")[:3] if row.ends_at <= now),
    ]
    return {"rows": rows} if rows else None


@dataclass(frozen=True)
class Totals:
    """Minutes that a person earned by giving group sessions and paid for places in them."""

    given: int
    received: int


def totals(user: Any) -> Totals:
    """What `Totals` says, of settled sessions. Two queries."""
    given = GroupProvider.objects.filter(user=user, session__state=State.SETTLED)
    received = GroupBooking.objects.filter(user=user, session__state=State.SETTLED)
    return Totals(
        given.aggregate(m=Coalesce(Sum("credited_minutes"), 0))["m"],
        received.aggregate(m=Coalesce(Sum("paid_minutes"), 0))["m"],
    )


def minutes_of_purposes(purpose_ids: Iterable[Any]) -> list[tuple[Any, int]]:
    """(purpose id, minutes that those who gave settled sessions for it were credited). One query."""
    given = GroupProvider.objects.filter(
        session__purpose__in=list(purpose_ids), session__state=State.SETTLED, credited_minutes__gt=0
    )
    return list(given.order_by().values_list("session__purpose").annotate(m=Sum("credited_minutes")))


def hours_given(since: dt.datetime, until: dt.datetime) -> list[tuple[Any, Any, int, dt.datetime]]:
    """(giver, receiver, minutes, when it settled) of the sessions settled in [since, until): what each who gave one was
    credited, shared alike and to the minute among those who were there. Two queries."""
    there: defaultdict[Any, dict[Any, int]] = defaultdict(dict)
    settled = Q(session__state=State.SETTLED, session__settled_at__gte=since, session__settled_at__lt=until)
    rows = GroupBooking.objects.filter(settled, state=Booking.ATTENDED).order_by("pk")
    for session, user in rows.values_list("session", "user"):
        there[session][user] = 1
    given: Any = (
        GroupProvider.objects.filter(settled, credited_minutes__gt=0)
        .order_by("session__settled_at", "pk")
        .values_list("session", "user", "credited_minutes", "session__settled_at")
    )
    return [
        (giver, receiver, minutes, at)
        for session, giver, credited, at in given
        for receiver, minutes in rules.split(credited, there[session]).items()
        if minutes
    ]


def settled_between(since: dt.datetime, until: dt.datetime) -> int:
    """How many sessions were settled in [since, until)."""
    return GroupSession.objects.filter(state=State.SETTLED, settled_at__gte=since, settled_at__lt=until).count()


def calendar_file(found: Page, address: str) -> bytes:
    """The session as an .ics file, with the link for those who give it or have a place. `address` is its page."""
    from icalendar import Calendar, Event  # slow to load

    session = found.session
    link = session.online_link if found.sees_link else ""
    event = Event()
    event.add("uid", f"group-session-{session.pk}")
    event.add("dtstamp", timezone.now())
    event.add("dtstart", session.starts_at)
    event.add("dtend", session.ends_at)
    event.add("summary", session.title)
    event.add("description", "\n".join(part for part in (link, address) if part))
    if session.place or link:
        event.add("location", session.place or link)
    if session.state == State.CANCELLED:
        event.add("status", "CANCELLED")
    file = Calendar()
    file.add("prodid", "-//Open Digital Health Accelerator//time bank//EN")
    file.add("version", "2.0")
    file.add_component(event)
    return file.to_ical()


def export_for(user: Any) -> dict[str, Any]:
    """A person's group sessions, for "download my data"."""
    given = GroupProvider.objects.filter(user=user).select_related("session").order_by("session__starts_at", "id")
    places = GroupBooking.objects.filter(user=user).select_related("session").order_by("asked_at", "id")
    return {
        "gave": [
            {
                "title": row.session.title,
                "starts_at": row.session.starts_at.isoformat(),
                "state": row.session.state,
                "preparation_minutes": row.preparation,
                "answer": row.answer,
                "credited_minutes": row.credited_minutes,
            }
            for row in given
        ],
        "places": [
            {
                "title": row.session.title,
                "starts_at": row.session.starts_at.isoformat(),
                "state": row.state,
                "asked_at": row.asked_at.isoformat(),
                "paid_minutes": row.paid_minutes,
                "your_objection": row.objection,
            }
            for row in places
        ],
    }
