"""A request that nobody has answered, as a broker sees it: five people who fit, and who of them was asked already."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from notifications.models import OutboxMessage
from people.models import User
from timebank.models import Listing
from timebank.queries import matches
from ui.errors import Missing

SUGGESTED = 5  # people
ASK = "desk.ask:"  # begins the key of the message that asks somebody about a request


@dataclass(frozen=True)
class RequestPage:
    """A request with the people who may suit it, and when each was asked (None: not yet)."""

    listing: Listing
    people: list[tuple[User, str, dt.datetime | None]]  # who, why, when they were asked


def request_page(listing_id: Any) -> RequestPage:
    """What `RequestPage` says. Raises Missing for anything but a request."""
    found = (
        Listing.objects.select_related("member", "pot", "posted_by")
        .prefetch_related("skills")
        .filter(pk=listing_id, kind=Listing.Kind.REQUEST)
        .first()
    )
    if found is None:
        raise Missing(_("We cannot find that request."))
    best = matches.counterparts([found], limit=SUGGESTED)[found.pk]
    suggested = [(match.person, match.reason) for match in best if match.person]
    told = dict(
        OutboxMessage.objects.filter(
            user__in=[person for person, _why in suggested], key=f"{ASK}{found.pk}"
        ).values_list("user_id", "created_at")
    )
    return RequestPage(found, [(person, why, told.get(person.pk)) for person, why in suggested])
