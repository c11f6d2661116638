"""Office hours: times that a helper publishes and others book without asking first. A booking is an accepted exchange.

The row of the office hours is locked first, then the exchange, then accounts and holds, so bookings, swaps and skipped
days of one helper come one after the other; the database lets nobody be in two bookings at once.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from people.rules import check_may_act
from timebank.actions import calling_off, exchanges, ledger
from timebank.actions.listings import post_listing
from timebank.actions.locking import check_credits, check_pair, lock
from timebank.letters import tell
from timebank.models import Account, BookedTime, Exchange, Listing, Message, OfficeHours, Pot, Purpose, Slot
from timebank.queries.away import is_away
from timebank.queries.pots import steward_ids
from timebank.rules import State, Who
from ui.errors import DomainError, Invalid, Missing, NotAllowed
from ui.formats import moment

LONGEST_RUN = dt.timedelta(weeks=26)  # from the first day to the last
USUAL_RUN = dt.timedelta(weeks=12)  # where no last day is given
LONGEST_SLOT = 240  # minutes
MOST_A_DAY = 12
LONGEST_NOTICE = 14 * 24  # hours
EVERY = {OfficeHours.Rhythm.WEEKLY: dt.timedelta(weeks=1), OfficeHours.Rhythm.FORTNIGHTLY: dt.timedelta(weeks=2)}


# --- The helper's side ---


@transaction.atomic
def publish(
    *,
    by: Any,
    first_day: dt.date,
    at: dt.time,
    minutes: int,
    key: str,
    rhythm: str = "once",
    last_day: dt.date | None = None,
    each_day: int = 1,
    notice_hours: int = 24,
    online_link: str = "",
    place: str = "",
    listing: Listing | None = None,
    title: str = "",
    description: str = "",
    skills: Iterable[Any] = (),
) -> OfficeHours:
    """Publishes slots for an offer of `by`, a new one where no `listing` is given: on each day of the rhythm, `each_day`
    slots of `minutes`, one after the other from `at` by London's clock. The same key again gives the first ones.

    Raises Missing (not their offer), DomainError (a listing that is not open), NotAllowed, Invalid (rhythm, first_day,
    last_day, at, minutes, each_day, notice_hours, online_link, and what `post_listing` raises).
    """
    check_may_act(by)
    if first := OfficeHours.objects.filter(helper=by, key=key).first():
        return first
    if rhythm not in OfficeHours.Rhythm.values:
        raise Invalid(_("Choose how often."), field="rhythm")
    last_day = first_day if rhythm == OfficeHours.Rhythm.ONCE else last_day or first_day + USUAL_RUN
    starts = list(_starts(rhythm, first_day, last_day, at))
    _check_times(first_day, last_day, at, minutes, each_day, notice_hours)
    if not online_link.strip() and not place.strip():
        raise Invalid(_("Say where: give a link, a place or both."), field="online_link")
    exchanges.check_meeting(None, online_link, timezone.now())
    if listing is None:
        mode = "both" if place.strip() and online_link.strip() else "on_site" if place.strip() else "remote"
        listing = post_listing(
            by=by, kind="offer", title=title, description=description, skills=skills, minutes=minutes, mode=mode,
            place=place.strip()[:100], key=key,
        )  # fmt: skip
    elif listing.kind != Listing.Kind.OFFER or listing.member_id != by.pk:
        raise Missing(_("We cannot find that offer."))
    elif listing.state != "open":
        raise DomainError(_("This offer is not open. Put it back on the board first."))
    try:
        with transaction.atomic():
            office_hours = OfficeHours.objects.create(
                listing=listing,
                helper=by,
                rhythm=rhythm,
                first_day=first_day,
                last_day=last_day,
                at=at,
                minutes=minutes,
                each_day=each_day,
                notice_hours=notice_hours,
                online_link=online_link.strip(),
                place=place.strip()[:200],
                key=key,
            )
            Slot.objects.bulk_create(_slots(office_hours, starts))
    except IntegrityError:
        if first := OfficeHours.objects.filter(helper=by, key=key).first():  # two clicks at the same moment
            return first
        raise Invalid(
            _("You have published other slots at that time. Choose another time, or end the other ones first."),
            field="at",
        ) from None
    record(by=by, verb="timebank.office_hours.published", obj=office_hours, days=len(starts), slots=each_day)
    return office_hours


def _check_times(
    first_day: dt.date, last_day: dt.date, at: dt.time, minutes: int, each_day: int, notice_hours: int
) -> None:
    """Raises Invalid, at its field, for days and lengths that cannot be."""
    if minutes % 15 or not 15 <= minutes <= LONGEST_SLOT:
        raise Invalid(_("A slot lasts 15 minutes to 4 hours, in quarters."), field="minutes")
    if not 1 <= each_day <= MOST_A_DAY:
        raise Invalid(_("Offer 1 to 12 slots a day."), field="each_day")
    if at.hour * 60 + at.minute + minutes * each_day > 24 * 60:
        raise Invalid(_("The last slot would end after midnight. Start earlier, or offer fewer."), field="each_day")
    if not 0 <= notice_hours <= LONGEST_NOTICE:
        raise Invalid(_("Ask for 14 days of notice at most."), field="notice_hours")
    if _london(first_day, at) <= timezone.now():
        raise Invalid(_("The first slot must be in the future."), field="first_day")
    if first_day > timezone.localdate() + LONGEST_RUN:
        raise Invalid(_("Start within the next 6 months."), field="first_day")
    if last_day < first_day:
        raise Invalid(_("The last day must not be before the first."), field="last_day")
    if last_day > first_day + LONGEST_RUN:
        raise Invalid(_("Publish 6 months at most. You can publish more when they are over."), field="last_day")


def _london(day: dt.date, at: dt.time) -> dt.datetime:
    """That time by the clock of London on that day."""
    return timezone.make_aware(dt.datetime.combine(day, at))


def _starts(rhythm: str, first_day: dt.date, last_day: dt.date, at: dt.time) -> Iterator[dt.datetime]:
    """When the first slot of each day begins: at the same time by London's clock, before and after it changes."""
    day = first_day
    while day <= last_day:
        yield _london(day, at)
        if rhythm not in EVERY:
            return
        day += EVERY[OfficeHours.Rhythm(rhythm)]


def _slots(office_hours: OfficeHours, starts: Iterable[dt.datetime]) -> Iterator[Slot]:
    length = dt.timedelta(minutes=office_hours.minutes)
    for first in starts:
        for number in range(office_hours.each_day):
            start = first + number * length
            yield Slot(
                office_hours=office_hours,
                helper=office_hours.helper,
                during=(start, start + length),
                starts_at=start,
                book_by=start - dt.timedelta(hours=office_hours.notice_hours),
            )


def _locked(office_hours: Any, by: Any = None) -> OfficeHours:
    """The office hours, locked before anything else. Raises Missing; also where they are not `by`'s, who must own them."""
    pk = getattr(office_hours, "pk", office_hours)
    rows = OfficeHours.objects.select_for_update(of=("self",), no_key=True).select_related("listing", "helper")
    found = rows.filter(pk=pk).first()
    if found is None or (by is not None and found.helper_id != by.pk):
        raise Missing(_("We cannot find these office hours."))
    return found


@transaction.atomic
def skip_day(*, by: Any, office_hours: OfficeHours, day: dt.date, reason: str = "") -> int:
    """The helper cannot on that day: its slots that are still to come are off, and who has booked one is told and
    released. Returns how many bookings that were; a second click finds none. Raises Missing, Invalid (day)."""
    found = _locked(office_hours, by)
    slots = found.slots.filter(starts_at__date=day, starts_at__gt=timezone.now())
    if not slots.exists():
        raise Invalid(_("There are no slots to come on that day."), field="day")
    booked = _cancel_booked(slots, by, reason or _("I cannot on this day after all."))
    skipped = slots.filter(skipped_at=None).update(skipped_at=timezone.now())
    if skipped:
        record(by=by, verb="timebank.office_hours.skipped", obj=found, slots=skipped, booked=booked)
    return booked


def _cancel_booked(slots: Any, by: Any, reason: str) -> int:
    """Cancels what is booked in these slots, exchanges and accounts locked in order first. Returns how many."""
    standing = Exchange.objects.filter(booked__slot__in=slots, booked__freed_at=None, state=State.ACCEPTED)
    ids = sorted(set(standing.values_list("pk", flat=True)))
    rows = list(Exchange.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk"))
    purses = {purse for row in rows for purse in (row.payer_id, row.payee_id)}
    list(Account.objects.select_for_update(no_key=True).filter(pk__in=purses).order_by("pk"))
    going = [row for row in rows if row.state == State.ACCEPTED]
    for row in going:
        calling_off.cancel(by=by, exchange=row, reason=reason)
    return len(going)


@transaction.atomic
def end(*, by: Any, office_hours: OfficeHours) -> OfficeHours:
    """No more bookings: free slots go, what is booked goes on. A second click changes nothing. Raises Missing."""
    found = _locked(office_hours, by)
    if found.ended_at is None:
        found.ended_at = timezone.now()
        found.save(update_fields=["ended_at"])
        free = found.slots.filter(skipped_at=None, starts_at__gt=found.ended_at)
        free.exclude(booked__in=BookedTime.objects.standing()).update(skipped_at=found.ended_at)
        record(by=by, verb="timebank.office_hours.ended", obj=found)
    return found


# --- The side of who books ---


@transaction.atomic
def book(
    *, by: Any, slot: Slot, key: str, message: str = "", pot: Pot | None = None, purpose: Purpose | None = None
) -> Exchange:
    """Books a free slot for `by`, or for a pot that `by` is a steward of: an accepted exchange, whose credits are held at
    once. Booking one's own booking again gives it back. Raises Missing, NotAllowed (may not act, across a block, a steward
    who would be paid by their own pot), DomainError where it is taken, too late, skipped or overlaps another booking of
    theirs, Invalid (message; minutes, with what is missing, where credits are short)."""
    check_may_act(by)
    office_hours = _locked(slot.office_hours_id)
    slot = Slot.objects.get(pk=slot.pk)
    if mine := _booking(slot, by):
        return mine
    _check_free(slot, office_hours, by)
    helper, stewards = office_hours.helper, steward_ids(pot.pk if pot else None)
    if helper.pk == by.pk:
        raise DomainError(_("These are your own office hours."))
    if pot is not None and (by.pk not in stewards or pot.closed_at):
        raise NotAllowed(_("Only a steward of an open pot can pay from it."))
    if helper.pk in stewards:
        raise NotAllowed(_("A steward cannot be paid from their own pot. Pay with your own credits instead."))
    check_pair(helper, by, by)
    message = message.strip()
    if len(message) > exchanges.LONGEST_MESSAGE:
        raise Invalid(_("The message must be 4,000 characters or fewer."), field="message")
    payer = ledger.account_for(pot=pot) if pot else ledger.account_for(member=by)
    now = timezone.now()
    exchange = Exchange.objects.create(
        listing=office_hours.listing,
        provider=helper,
        receiver=by,
        pot=pot,
        purpose=purpose or (pot.purpose if pot else None) or office_hours.listing.purpose,
        payer=payer,
        payee=ledger.account_for(member=helper),
        proposed_by=by,
        proposed_at=now,
        answer_by=now,
        minutes=office_hours.minutes,
        starts_at=slot.starts_at,
        online_link=office_hours.online_link,
        place=office_hours.place,
        state=State.ACCEPTED,
        state_at=now,
        state_by=by,
        accepted_at=now,
        key=f"book:{key}",
    )
    _take(slot, exchange, by)
    _hold(exchange, payer, by)
    record(by=by, verb="timebank.office_hours.booked", obj=exchange, minutes=exchange.minutes)
    if message:
        Message.objects.create(exchange=exchange, author=by, text=message, key=f"with:{key}"[:100])
    tell(exchange, "booked", to=helper, by=by, message=message)
    tell(exchange, "you_booked", to=by, by=by)
    return exchange


def _booking(slot: Slot, by: Any) -> Exchange | None:
    """What this person has booked in this slot."""
    return Exchange.objects.filter(booked__slot=slot, booked__person=by, booked__freed_at=None, receiver=by).first()


def _check_free(slot: Slot, office_hours: OfficeHours, by: Any) -> None:
    """Raises DomainError, saying why, unless the slot can be booked now."""
    closed = office_hours.ended_at or office_hours.listing.state != "open"
    if slot.skipped_at or closed or is_away(office_hours.helper, slot.starts_at):
        raise DomainError(_("This slot is no longer offered. Choose another one."))
    if slot.book_by <= timezone.now():
        raise DomainError(_("It is too late to book this slot. Choose a later one."))
    if slot.booked.filter(freed_at=None).exists():
        raise DomainError(_("Somebody has just booked this slot. Choose another one."))


def _take(slot: Slot, exchange: Exchange, by: Any) -> None:
    """Writes that both people are taken, in the order of their ids: two bookings at once never wait for each other.
    Raises DomainError where one of them is in another booking then."""
    for person in sorted((exchange.provider, exchange.receiver), key=lambda person: person.pk):
        try:
            with transaction.atomic():
                BookedTime.objects.create(slot=slot, exchange=exchange, person=person, during=slot.during)
        except IntegrityError:
            raise _overlap(person, slot, by) from None


def _overlap(person: Any, slot: Slot, by: Any) -> DomainError:
    if person.pk != by.pk:
        return DomainError(_("%(name)s is taken at that time. Choose another slot.") % {"name": person})
    other = BookedTime.objects.standing().filter(person=by, during__overlap=slot.during).select_related("slot").first()
    return DomainError(
        _("You have another booking at that time (%(when)s). Cancel it first, or choose another slot.")
        % {"when": moment(other.slot.starts_at if other else slot.starts_at)}
    )


def _hold(exchange: Exchange, payer: Account, by: Any) -> None:
    """Sets the credits aside. Raises Invalid with what is missing."""
    try:
        ledger.place_hold(
            account_id=payer.pk, minutes=exchange.minutes, exchange=exchange, by=by, key=f"accept:{exchange.pk}"
        )
    except ledger.NotEnough:
        payer.refresh_from_db()
        check_credits(payer, exchange.minutes, payer_is_you=exchange.pot_id is None)
        raise


@transaction.atomic
def swap(*, by: Any, exchange: Exchange, slot: Slot) -> Exchange:
    """Moves a booking to another free slot of the same office hours; what is held stays held. By who booked it (for a
    pot, any steward of it). A second click changes nothing. Raises Missing, NotAllowed, DomainError as `book` does."""
    check_may_act(by)
    office_hours = _locked(slot.office_hours_id)
    locked = lock(exchange, by)
    exchange, slot = locked.exchange, Slot.objects.get(pk=slot.pk)
    standing = BookedTime.objects.standing().filter(exchange=exchange).select_related("slot")
    now_in = next((taken.slot for taken in standing), None)
    if Who.RECEIVER not in locked.who or now_in is None or now_in.office_hours_id != office_hours.pk:
        raise Missing(_("We cannot find that booking."))
    if now_in.pk == slot.pk:
        return exchange
    if exchange.state != State.ACCEPTED or now_in.starts_at <= locked.now:
        raise DomainError(_("This booking can no longer be moved."))
    _check_free(slot, office_hours, by)
    check_pair(exchange.provider, exchange.receiver, by)
    BookedTime.objects.free(exchange)
    _take(slot, exchange, by)
    exchange.starts_at = slot.starts_at
    exchange.calendar_sequence += 1
    exchange.save(update_fields=["starts_at", "calendar_sequence"])
    record(by=by, verb="timebank.office_hours.swapped", obj=exchange)
    tell(exchange, "swapped", to=exchange.provider, by=by, nonce=locked.now.isoformat())
    tell(exchange, "diary", to=by, by=by, nonce=locked.now.isoformat())
    return exchange
