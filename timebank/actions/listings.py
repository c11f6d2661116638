"""Posting, changing, pausing, renewing and closing what is offered and asked for."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from people.rules import check_may_act
from timebank import pot_letters
from timebank.actions import skills as skill_actions
from timebank.models import Listing, Pot, Purpose
from timebank.queries.pots import joined_people, steward_ids
from ui.errors import DomainError, Invalid, Missing, NotAllowed

LONGEST_TITLE = 100
LONGEST_DESCRIPTION = 4000
LONGEST_OPEN = 731  # days
RENEWED_FOR = 60  # days


@transaction.atomic
def post_listing(
    *,
    by: Any,
    kind: str,
    title: str,
    description: str = "",
    skills: Iterable[Any] = (),
    suggested: Iterable[str] = (),
    pot: Pot | None = None,
    purpose: Purpose | None = None,
    minutes: int | None = None,
    mode: str = "remote",
    place: str = "",
    days: Iterable[str] = (),
    times: Iterable[str] = (),
    availability: str = "",
    language: str = "",
    open_until: dt.date | None = None,
    key: str = "",
) -> Listing:
    """Puts an offer or a request on the board, for `by` or for a pot that `by` is a steward of. `minutes` None means
    ongoing; `suggested` are names of skills that the tree lacks. A pot asks but never offers: people give time, and may
    give what they earn to a pot.

    Raises NotAllowed (not a steward, may not act), Invalid (kind and whatever `_checked` says).
    """
    check_may_act(by)
    if key and (first := Listing.objects.filter(posted_by=by, key=key).first()):
        return first
    if kind not in Listing.Kind.values:
        raise Invalid(_("Choose whether you offer or ask."), field="kind")
    said = _checked(
        title=title, description=description, minutes=minutes, mode=mode, place=place, days=days, times=times,
        availability=availability, language=language, open_until=open_until,
    )  # fmt: skip
    if pot is not None:
        if kind == Listing.Kind.OFFER:
            raise Invalid(_("A pot can ask for time. To offer yours, post it as yourself."), field="kind")
        if by.pk not in steward_ids(pot.pk):
            raise NotAllowed(_("Only a steward of this pot can ask for it."))
        if pot.closed_at:
            raise DomainError(_("This pot is closed."))
    try:
        with transaction.atomic():
            listing = Listing.objects.create(
                kind=kind,
                member=None if pot else by,
                pot=pot,
                posted_by=by,
                purpose=purpose or (pot.purpose if pot else None),
                key=key,
                **said,
            )
    except IntegrityError:
        if key and (first := Listing.objects.filter(posted_by=by, key=key).first()):  # two clicks at the same moment
            return first
        raise
    skill_actions.tag(listing=listing, skills=skills, suggested=suggested, by=by)
    record(by=by, verb="timebank.listing.posted", obj=listing, kind=kind, pot=str(pot.pk) if pot else "")
    if pot is not None:
        pot_letters.tell(
            pot, "need", people=joined_people(pot.pk, but=by), by=by, nonce=str(listing.pk), about=listing.title,
            url=reverse("timebank:listing", args=[listing.pk]),
        )  # fmt: skip
    return listing


def _checked(
    *,
    title: str,
    description: str,
    minutes: int | None,
    mode: str,
    place: str,
    days: Iterable[str],
    times: Iterable[str],
    availability: str,
    language: str,
    open_until: dt.date | None,
) -> dict[str, Any]:
    """What a listing says, tidied. Raises Invalid (title, description, minutes, mode, place, days, times, availability,
    language, open_until)."""
    title, description, place = " ".join(title.split()), description.strip(), " ".join(place.split())
    availability, language = availability.strip(), language.strip()
    today = timezone.localdate()
    if mode not in Listing.Mode.values:
        raise Invalid(_("Choose online, in person or either."), field="mode")
    if not title:
        raise Invalid(_("Give it a title, so that people can find it."), field="title")
    if len(title) > LONGEST_TITLE:
        raise Invalid(_("The title must be 100 characters or fewer."), field="title")
    if len(description) > LONGEST_DESCRIPTION:
        raise Invalid(_("The description must be 4,000 characters or fewer."), field="description")
    if minutes is not None and not 1 <= minutes <= 60000:
        raise Invalid(_("The hours must be more than 0 and at most 1,000."), field="minutes")
    for field, text, most in (("place", place, 100), ("availability", availability, 200), ("language", language, 50)):
        if len(text) > most:
            raise Invalid(_("Use %(most)s characters or fewer.") % {"most": most}, field=field)
    if not set(days := list(days)) <= set(Listing.Day.values):
        raise Invalid(_("Choose days of the week."), field="days")
    if not set(times := list(times)) <= set(Listing.Time.values):
        raise Invalid(_("Choose mornings, afternoons or evenings."), field="times")
    if open_until and open_until < today:
        raise Invalid(_("The last day must be today or later."), field="open_until")
    if open_until and (open_until - today).days > LONGEST_OPEN:
        raise Invalid(_("The last day must be within two years. You can renew it as often as you like."), "open_until")
    return {
        "title": title,
        "description": description,
        "minutes": minutes,
        "mode": mode,
        "place": "" if mode == Listing.Mode.REMOTE else place,
        "days": [day for day in Listing.Day.values if day in days],
        "times": [time for time in Listing.Time.values if time in times],
        "availability": availability,
        "language": language,
        "open_until": open_until,
    }


def _locked(listing: Listing, by: Any) -> Listing:
    """The listing, locked. Raises Missing where `by` is not its owner."""
    fresh = Listing.objects.select_for_update().get(pk=listing.pk)
    owns = fresh.member_id == by.pk if fresh.member_id else by.pk in steward_ids(fresh.pot_id)
    if not owns:
        raise Missing(_("We cannot find that listing."))
    return fresh


def _not_closed(listing: Listing) -> None:
    if listing.closed_at:
        raise DomainError(_("This listing is closed. Post a new one."))


@transaction.atomic
def edit_listing(
    *,
    by: Any,
    listing: Listing,
    title: str,
    description: str = "",
    skills: Iterable[Any] = (),
    suggested: Iterable[str] = (),
    minutes: int | None = None,
    mode: str = "remote",
    place: str = "",
    days: Iterable[str] = (),
    times: Iterable[str] = (),
    availability: str = "",
    language: str = "",
    open_until: dt.date | None = None,
) -> Listing:
    """Says anew what a listing says. What it is (offer or request), whose, and what it is for stay; so do its exchanges.
    Raises what `post_listing` raises, Missing for anybody but its owner, DomainError once it is closed."""
    check_may_act(by)
    fresh = _locked(listing, by)
    _not_closed(fresh)
    said = _checked(
        title=title, description=description, minutes=minutes, mode=mode, place=place, days=days, times=times,
        availability=availability, language=language, open_until=open_until,
    )  # fmt: skip
    for name, value in said.items():
        setattr(fresh, name, value)
    fresh.shown_at = timezone.now()
    fresh.save(update_fields=[*said, "shown_at"])
    skill_actions.tag(listing=fresh, skills=skills, suggested=suggested, by=by)
    record(by=by, verb="timebank.listing.edited", obj=fresh)
    return fresh


@transaction.atomic
def pause_listing(*, by: Any, listing: Listing) -> Listing:
    """Takes a listing off the board until it is resumed. Doing it twice changes nothing."""
    fresh = _locked(listing, by)
    _not_closed(fresh)
    if fresh.paused_at is None:
        fresh.paused_at = timezone.now()
        fresh.save(update_fields=["paused_at"])
        record(by=by, verb="timebank.listing.paused", obj=fresh)
    return fresh


@transaction.atomic
def resume_listing(*, by: Any, listing: Listing) -> Listing:
    """Puts a paused or ended listing back on the board. An ended one is renewed with it."""
    check_may_act(by)
    fresh = _locked(listing, by)
    _not_closed(fresh)
    if fresh.state != "open":
        fresh.paused_at, fresh.shown_at = None, timezone.now()
        if fresh.open_until and fresh.open_until < timezone.localdate():
            fresh.open_until = timezone.localdate() + dt.timedelta(days=RENEWED_FOR)
        fresh.save(update_fields=["paused_at", "open_until", "shown_at"])
        record(by=by, verb="timebank.listing.resumed", obj=fresh)
    return fresh


@transaction.atomic
def renew_listing(*, by: Any, listing: Listing) -> Listing:
    """Keeps a listing that ends (or has ended) on the board for 60 days from today; one that is open for longer, or
    until it is closed, stays as it is. Doing it twice changes nothing."""
    check_may_act(by)
    fresh = _locked(listing, by)
    _not_closed(fresh)
    until = timezone.localdate() + dt.timedelta(days=RENEWED_FOR)
    if fresh.open_until and fresh.open_until < until:
        if fresh.state == "ended":
            fresh.shown_at = timezone.now()
        fresh.open_until = until
        fresh.save(update_fields=["open_until", "shown_at"])
        record(by=by, verb="timebank.listing.renewed", obj=fresh)
    return fresh


@transaction.atomic
def close_listing(*, by: Any, listing: Listing) -> Listing:
    """Takes a listing off the board for good. Its exchanges go on. Doing it twice changes nothing."""
    fresh = _locked(listing, by)
    if fresh.closed_at is None:
        fresh.closed_at = timezone.now()
        fresh.save(update_fields=["closed_at"])
        record(by=by, verb="timebank.listing.closed", obj=fresh)
    return fresh
