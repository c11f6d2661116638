"""Saved searches, and telling their owners what is new."""

import datetime as dt
import logging
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.actions import record
from notifications.actions import notify
from notifications.mailer import absolute
from people.rules import check_may_act, may_act
from timebank.letters import SEARCHES
from timebank.models import Listing, SavedSearch, SavedSearchHit
from timebank.queries import board
from ui.errors import DomainError, Invalid, Missing

log = logging.getLogger(__name__)
MOST = 20  # saved searches of one member
NAMED = 10  # listings that a letter names; the rest stands on the board
MOST_NEW = 200  # listings that a letter counts
LONGEST_NAME = 100


@transaction.atomic
def save_search(*, by: Any, asked: board.Asked, name: str, alerts: bool = True) -> SavedSearch:
    """Keeps a search of the board. The same search again keeps its new name. Raises Invalid (name), DomainError where
    there are twenty already, NotAllowed."""
    check_may_act(by)
    name = " ".join(name.split())
    if not name:
        raise Invalid(_("Give it a name, so that you know it again."), field="name")
    if len(name) > LONGEST_NAME:
        raise Invalid(_("The name must be 100 characters or fewer."), field="name")
    get_user_model().objects.select_for_update(no_key=True).get(pk=by.pk)  # two clicks follow one another
    mine = SavedSearch.objects.filter(user=by)
    if first := mine.filter(filters=asked.filters()).first():
        first.name, first.alerts = name, alerts
        first.save(update_fields=["name", "alerts"])
        return first
    if mine.count() >= MOST:
        raise DomainError(_("You have 20 saved searches. Delete one that you no longer need, and save this one again."))
    now = timezone.now()
    search = SavedSearch.objects.create(
        user=by, name=name, filters=asked.filters(), alerts=alerts, saved_at=now, checked_at=now
    )
    record(by=by, verb="timebank.search.saved", obj=search)
    return search


@transaction.atomic
def set_alerts(*, by: Any, search: SavedSearch, on: bool) -> SavedSearch:
    """Starts or stops telling what is new in a search. What came meanwhile is not told afterwards. Raises Missing."""
    if on:
        check_may_act(by)
    fresh = _locked(by, search)
    if fresh.alerts != on:
        fresh.alerts, fresh.checked_at = on, timezone.now()
        fresh.save(update_fields=["alerts", "checked_at"])
    return fresh


@transaction.atomic
def delete_search(*, by: Any, search: SavedSearch) -> None:
    """Forgets a saved search. Raises Missing where it is not one's own, or is gone."""
    _locked(by, search).delete()


@transaction.atomic
def forget(*, user: Any) -> None:
    """What closing an account ends here: saved searches are deleted."""
    SavedSearch.objects.filter(user=user).delete()


def _locked(by: Any, search: SavedSearch) -> SavedSearch:
    fresh = SavedSearch.objects.select_for_update().filter(pk=search.pk, user=by).first()
    if fresh is None:
        raise Missing(_("We cannot find that search."))
    return fresh


def address_of(search: SavedSearch) -> str:
    """The board with this search in its address."""
    asked = board.Asked.of(search.filters).filters()
    return reverse("timebank:board") + (f"?{urlencode(asked)}" if asked else "")


def tell_what_is_new(*, now: dt.datetime | None = None, limit: int = 5000) -> int:
    """Looks through the saved searches that were not looked through today, each in a transaction of its own; returns
    how many letters it wrote. Safe to run at any moment, by several workers."""
    now = now or timezone.now()
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    due = SavedSearch.objects.filter(alerts=True, checked_at__lt=midnight).order_by("checked_at", "id")
    written = 0
    for pk in due.values_list("pk", flat=True)[:limit]:
        try:
            written += _tell(pk, now, midnight)
        except DomainError as error:  # one that cannot be told must not keep the others waiting
            log.warning("Saved search %s was left as it is: %s", pk, type(error).__name__)
    return written


@transaction.atomic
def _tell(pk: UUID, now: dt.datetime, midnight: dt.datetime) -> int:
    search = (
        SavedSearch.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("user")
        .filter(pk=pk, alerts=True, checked_at__lt=midnight)
        .first()
    )
    if search is None or not may_act(search.user):
        return 0
    asked = board.Asked.of(search.filters)
    found = board.news(search.user, asked, since=search.checked_at, saved=search.pk, limit=MOST_NEW)
    SavedSearch.objects.filter(pk=pk).update(checked_at=now)
    if not found:
        return 0
    SavedSearchHit.objects.bulk_create(
        [SavedSearchHit(search=search, listing=listing) for listing in found], ignore_conflicts=True
    )
    count = ngettext("%(n)s new on the board: %(name)s", "%(n)s new on the board: %(name)s", len(found))
    notify(
        to=search.user,
        kind=SEARCHES,
        key=f"search:{search.pk}:{timezone.localtime(now).date().isoformat()}",
        subject=count % {"n": len(found), "name": search.name},
        template="timebank/mail/saved_search",
        context={
            "name": search.name,
            "rows": [_line(listing) for listing in found[:NAMED]],
            "more": len(found[NAMED:]),
            "manage": absolute(reverse("timebank:searches")),
        },
        url=address_of(search),
        button=str(_("See them on the board")),
    )
    return 1


def _line(listing: Listing) -> dict[str, str]:
    """A listing in a letter."""
    return {
        "title": listing.title,
        "kind": str(listing.get_kind_display()),
        "who": str(listing.member or listing.pot),
        "url": absolute(reverse("timebank:listing", args=[listing.pk])),
    }
