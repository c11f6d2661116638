"""What pages read about what can be done after a no."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from accelerator.models import Application, CoachingHour
from accelerator.queries.helping import fund_pays
from accelerator.queries.keeping import Call, calls_for
from accelerator.rules import coaching as rules
from timebank.models import Exchange


def open_hours() -> "QuerySet[CoachingHour]":
    """Hours that have not ended, oldest first, with all that ending one needs."""
    rows = CoachingHour.objects.filter(ended_at=None)
    return rows.select_related("application__wave__fund", "listing", "pot").order_by("id")


def states_of(hours: Iterable[CoachingHour]) -> dict[Any, list[str]]:
    """Hour id → the states of the exchanges that came of it. One query."""
    by_listing = {hour.listing_id: hour.pk for hour in hours}
    found: dict[Any, list[str]] = {pk: [] for pk in by_listing.values()}
    for listing, state in Exchange.objects.filter(listing__in=by_listing).values_list("listing_id", "state"):
        found[by_listing[listing]].append(state)
    return found


@dataclass(frozen=True)
class Offers:
    """What somebody can do after a no. `calls` are those that the idea could go to now."""

    standing: rules.Standing
    hour: CoachingHour | None
    calls: list[Call]
    organisation: str


def offers(application: Application, minutes: int) -> Offers | None:
    """What an application's lead is offered; None where its letter has not gone, or did not say no."""
    if not rules.is_offered(getattr(application, "decision", None)):
        return None
    assert application.wave is not None  # it was decided in one
    hour = CoachingHour.objects.select_related("listing").filter(application=application).first()
    if hour is not None:
        standing = rules.standing(states_of([hour])[hour.pk], ended=hour.ended_at is not None)
    else:
        standing = rules.Standing.OFFERED if fund_pays(application.wave, minutes) else rules.Standing.NO_FUND
    organisation = application.lead.profile.organisation
    return Offers(
        standing,
        hour,
        calls_for(application),
        organisation.name if organisation else "",
    )
