"""Finding a slot of somebody's office hours, and what one has booked."""

import datetime as dt
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _

from people.rules import blocked_between, blocked_ids
from timebank.models import Away, BookedTime, Exchange, Listing, OfficeHours, Slot
from timebank.rules import State
from ui.errors import Missing


def free_slots(viewer: Any = None) -> QuerySet[Slot]:
    """Slots that can be booked now, earliest first: offered, not taken, the notice not begun, the helper not away, nor
    blocked, suspended or gone, the offer open."""
    taken = BookedTime.objects.standing().filter(slot=OuterRef("pk"))
    away = Away.objects.filter(user=OuterRef("helper"), first_day__lte=OuterRef("day"), last_day__gte=OuterRef("day"))
    rows = (
        Slot.objects.filter(
            skipped_at=None,
            book_by__gt=timezone.now(),
            office_hours__ended_at=None,
            office_hours__listing__in=Listing.objects.open(),
            helper__suspended_at=None,
            helper__closed_at=None,
        )
        .annotate(day=TruncDate("starts_at"))
        .exclude(Exists(taken))
        .exclude(Exists(away))
    )
    if viewer is not None:
        rows = rows.exclude(helper__in=blocked_ids(viewer))
    return rows.order_by("starts_at", "id")


def browse(viewer: Any, *, skill: str = "") -> QuerySet[OfficeHours]:
    """Office hours with a free slot, the soonest first; each with `next_at` and `free`, how many slots there are. `skill`
    is a slug, and takes in the skills below it."""
    free = free_slots(viewer).filter(office_hours=OuterRef("pk"))
    counted = free.order_by().values("office_hours").annotate(n=Count("pk")).values("n")
    rows = OfficeHours.objects.filter(ended_at=None, listing__in=Listing.objects.open())
    if skill:
        tagged = Listing.skills.through.objects.filter(Q(skill__slug=skill) | Q(skill__parent__slug=skill))
        rows = rows.filter(listing__in=tagged.values("listing"))
    return (
        rows.annotate(next_at=Subquery(free.values("starts_at")[:1]), free=Subquery(counted))
        .filter(next_at__isnull=False)
        .select_related("helper", "listing")
        .prefetch_related("listing__skills")
        .order_by("next_at", "id")
    )


def skills_offered() -> list[tuple[str, str]]:
    """(slug, name) of the skills of offers that can be booked, by name: the choices of the filter."""
    running = OfficeHours.objects.filter(ended_at=None, listing__in=Listing.objects.open())
    rows = Listing.skills.through.objects.filter(listing__in=running.values("listing"), skill__merged_into=None)
    return list(rows.order_by("skill__name", "skill__slug").values_list("skill__slug", "skill__name").distinct())


@dataclass(frozen=True)
class Day:
    """The slots of one day: `free` ones for who may book, all of them with `who` booked each for the helper."""

    day: dt.date
    slots: list[Slot]
    skipped: bool = False


def _by_day(slots: list[Slot]) -> list[Day]:
    found = [
        Day(day, list(of_day)) for day, of_day in groupby(slots, lambda slot: timezone.localtime(slot.starts_at).date())
    ]
    return [Day(one.day, one.slots, all(slot.skipped_at for slot in one.slots)) for one in found]


@dataclass
class Page:
    """The page of office hours: for the helper every day to come with who booked, for others the days with free slots."""

    office_hours: OfficeHours
    owns: bool
    days: list[Day]
    mine: list[Exchange]  # what the viewer has booked in them
    more: int  # free slots that are not shown


SHOWN = 36  # slots on a page


def office_hours_for(office_hours_id: Any, viewer: Any) -> OfficeHours:
    """Office hours, ended ones too (their bookings link here). Raises Missing, also across a block."""
    found = OfficeHours.objects.select_related("helper", "listing").filter(pk=office_hours_id).first()
    if found is None or found.helper_id in blocked_ids(viewer):
        raise Missing(_("We cannot find these office hours."))
    return found


def page(office_hours_id: Any, viewer: Any) -> Page:
    """What `Page` says. Raises Missing."""
    found = office_hours_for(office_hours_id, viewer)
    if found.helper_id == viewer.pk:
        return Page(found, True, _by_day(_all_slots(found)), [], 0)
    free = free_slots(viewer).filter(office_hours=found)
    shown = list(free[:SHOWN])
    mine = bookings(viewer).filter(booked__slot__office_hours=found, receiver=viewer).distinct()
    return Page(found, False, _by_day(shown), list(mine), max(0, free.count() - len(shown)))


def _all_slots(office_hours: OfficeHours) -> list[Slot]:
    """The slots to come, each with `exchange_id` and `who` booked it, None where nobody has."""
    booking = BookedTime.objects.standing().filter(slot=OuterRef("pk")).exclude(person=OuterRef("helper"))
    return list(
        office_hours.slots.filter(starts_at__gt=timezone.now())
        .annotate(
            exchange_id=Subquery(booking.values("exchange")[:1]), who=Subquery(booking.values("person__name")[:1])
        )
        .order_by("starts_at", "id")[:SHOWN]
    )


def slot_for(slot_id: Any, viewer: Any) -> Slot:
    """One slot with its office hours. Raises Missing, also across a block."""
    slot = Slot.objects.select_related("office_hours__helper", "office_hours__listing").filter(pk=slot_id).first()
    if slot is None or slot.helper_id in blocked_ids(viewer):
        raise Missing(_("We cannot find that slot."))
    return slot


def booked_slot(exchange: Exchange) -> Slot | None:
    """The slot that an exchange has booked now; None where it is no booking, or has been called off."""
    standing = BookedTime.objects.standing().filter(exchange=exchange).select_related("slot__office_hours").first()
    return standing.slot if standing else None


def bookings(user: Any) -> QuerySet[Exchange]:
    """What this person has booked, and what others have booked with them, that is still to come; soonest first."""
    booked = BookedTime.objects.standing().filter(person=user)
    return (
        Exchange.objects.filter(pk__in=booked.values("exchange"), state=State.ACCEPTED, starts_at__gt=timezone.now())
        .select_related(*Exchange.NAMED_BY)
        .order_by("starts_at", "id")
    )


def upcoming_card(user: Any) -> dict[str, Any] | None:
    """The card of the signed-in home: the next bookings, on either side. None where there is none."""
    rows = list(bookings(user)[:4])
    return {"bookings": rows[:3], "more": len(rows) > 3, "user": user} if rows else None


def for_listing(listing: Listing, viewer: Any) -> list[OfficeHours]:
    """The running office hours of an offer, each with `next_at`: its soonest free slot, or None."""
    free = free_slots(viewer).filter(office_hours=OuterRef("pk")).values("starts_at")[:1]
    return list(
        OfficeHours.objects.filter(listing=listing, ended_at=None, last_day__gte=timezone.localdate())
        .annotate(next_at=Subquery(free))
        .order_by(F("next_at").asc(nulls_last=True), "id")
    )


def of_helper(helper: Any) -> list[OfficeHours]:
    """The office hours that a helper runs now, the soonest to begin first, each with `booked`: bookings to come."""
    booked = BookedTime.objects.standing().filter(
        slot__office_hours=OuterRef("pk"), person=OuterRef("helper"), slot__starts_at__gt=timezone.now()
    )
    counted = booked.order_by().values("slot__office_hours").annotate(n=Count("pk")).values("n")
    return list(
        OfficeHours.objects.filter(helper=helper, ended_at=None, last_day__gte=timezone.localdate())
        .select_related("listing")
        .annotate(booked=Subquery(counted))
        .order_by("first_day", "at", "id")[:20]
    )


def on_profile(member: Any, viewer: Any) -> dict[str, Any] | None:
    """When somebody can be booked, for their page; None where there is no free slot or one has blocked the other."""
    if member.pk == viewer.pk or blocked_between(member, viewer):
        return None
    found = list(browse(viewer).filter(helper=member)[:5])
    return {"office_hours": found} if found else None


def export_for(user: Any) -> list[dict[str, Any]]:
    """The office hours that a person has published, for "download my data" (their bookings are among the exchanges)."""
    rows = OfficeHours.objects.filter(helper=user).select_related("listing").order_by("published_at", "id")
    return [
        {
            "offer": row.listing.title,
            "rhythm": row.rhythm,
            "first_day": row.first_day.isoformat(),
            "last_day": row.last_day.isoformat(),
            "at": f"{row.at:%H:%M}",
            "minutes": row.minutes,
            "ended": row.ended_at is not None,
        }
        for row in rows
    ]
