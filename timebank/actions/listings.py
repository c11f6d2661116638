"""Posting, pausing, renewing and closing what is offered and asked for."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from people.rules import check_may_act
from timebank.models import Listing, Pot, Purpose
from timebank.queries.pots import steward_ids
from ui.errors import DomainError, Invalid, Missing, NotAllowed

LONGEST_TITLE = 100
LONGEST_DESCRIPTION = 4000


@transaction.atomic
def post_listing(
    *,
    by: Any,
    kind: str,
    title: str,
    description: str = "",
    skills: Iterable[Any] = (),
    pot: Pot | None = None,
    purpose: Purpose | None = None,
    minutes: int | None = None,
    mode: str = "remote",
    place: str = "",
    availability: str = "",
    language: str = "",
    open_until: dt.date | None = None,
    key: str = "",
) -> Listing:
    """Puts an offer or a request on the board, for `by` or for a pot that `by` is a steward of. `minutes` None means
    ongoing. A pot asks but never offers: people give time, and may give what they earn to a pot.

    Raises NotAllowed (not a steward, may not act), Invalid (title, description, minutes, place, open_until, kind).
    """
    check_may_act(by)
    if key and (first := Listing.objects.filter(posted_by=by, key=key).first()):
        return first
    title = " ".join(title.split())
    description = description.strip()
    if kind not in Listing.Kind.values:
        raise Invalid(_("Choose whether you offer or ask."), field="kind")
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
    if mode == Listing.Mode.REMOTE:
        place = ""
    if open_until and open_until < timezone.localdate():
        raise Invalid(_("The last day must be today or later."), field="open_until")
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
                title=title,
                description=description,
                minutes=minutes,
                mode=mode,
                place=place.strip(),
                availability=availability.strip(),
                language=language.strip(),
                open_until=open_until,
                purpose=purpose or (pot.purpose if pot else None),
                key=key,
            )
    except IntegrityError:
        if key and (first := Listing.objects.filter(posted_by=by, key=key).first()):  # two clicks at the same moment
            return first
        raise
    listing.skills.set(skills)
    record(by=by, verb="timebank.listing.posted", obj=listing, kind=kind, pot=str(pot.pk) if pot else "")
    return listing


def _locked(listing: Listing, by: Any) -> Listing:
    """The listing, locked, if `by` may change it. Raises Missing where `by` is not its owner, DomainError once closed."""
    fresh = Listing.objects.select_for_update().get(pk=listing.pk)
    owns = fresh.member_id == by.pk if fresh.member_id else by.pk in steward_ids(fresh.pot_id)
    if not owns:
        raise Missing(_("We cannot find that listing."))
    return fresh


@transaction.atomic
def pause_listing(*, by: Any, listing: Listing) -> Listing:
    """Takes a listing off the board until it is resumed. Doing it twice changes nothing."""
    fresh = _locked(listing, by)
    if fresh.closed_at:
        raise DomainError(_("This listing is closed. Post a new one."))
    if fresh.paused_at is None:
        fresh.paused_at = timezone.now()
        fresh.save(update_fields=["paused_at"])
        record(by=by, verb="timebank.listing.paused", obj=fresh)
    return fresh


@transaction.atomic
def resume_listing(*, by: Any, listing: Listing) -> Listing:
    """Puts a paused or ended listing back on the board. An ended one loses its last day."""
    check_may_act(by)
    fresh = _locked(listing, by)
    if fresh.closed_at:
        raise DomainError(_("This listing is closed. Post a new one."))
    if fresh.state != "open":
        fresh.paused_at = None
        if fresh.open_until and fresh.open_until < timezone.localdate():
            fresh.open_until = None
        fresh.save(update_fields=["paused_at", "open_until"])
        record(by=by, verb="timebank.listing.resumed", obj=fresh)
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
