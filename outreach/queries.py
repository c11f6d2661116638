"""Page-shaped reads for outreach leads."""

import datetime as dt
from typing import Any

from django.db.models import Count, IntegerField, Max, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from outreach.models import Arrival, Campaign, OpenCount, Placement, Start

SILENT_AFTER = dt.timedelta(days=30)


def campaigns() -> QuerySet[Campaign]:
    """Every campaign with how many placements it has, newest first."""
    return (
        Campaign.objects.select_related("owner")
        .annotate(placements_count=Count("placements"))
        .order_by("-starts_on", "-id")
    )


def _sum(column: str) -> Any:
    rows = OpenCount.objects.filter(placement=OuterRef("pk")).order_by().values("placement")
    return Coalesce(Subquery(rows.annotate(n=Sum(column)).values("n"), output_field=IntegerField()), 0)


def placements(campaign: Campaign | None = None) -> QuerySet[Placement]:
    """Placements with opens, continues, sign-ups and when they were last opened, by site."""
    arrivals = Arrival.objects.filter(placement=OuterRef("pk")).order_by().values("placement")
    opened = OpenCount.objects.filter(placement=OuterRef("pk"), opens__gt=0).order_by().values("placement")
    rows = Placement.objects.select_related("campaign", "organisation").annotate(
        opens=_sum("opens"),
        continues=_sum("continues"),
        taken_back=_sum("taken_back"),
        sign_ups=Coalesce(Subquery(arrivals.annotate(n=Count("pk")).values("n"), output_field=IntegerField()), 0),
        last_opened=Subquery(opened.annotate(last=Max("hour")).values("last")),
    )
    return (rows.filter(campaign=campaign) if campaign else rows).order_by("site", "spot", "id")


def silent_posters(now: dt.datetime) -> QuerySet[Any]:
    """Posters that hang, and that nobody has opened for 30 days (or since they were made), with their `last_sign` of life."""
    return (
        placements()
        .filter(medium=Placement.Medium.POSTER, retired_at__isnull=True)
        .filter(Q(campaign__ends_on__isnull=True) | Q(campaign__ends_on__gte=timezone.localdate(now)))
        .annotate(last_sign=Greatest("created_at", Coalesce("last_opened", "created_at")))
        .filter(last_sign__lt=now - SILENT_AFTER)
        .select_related("campaign__owner")
    )


def by_device(placement: Placement) -> list[tuple[str, int, int]]:
    """(device, opens, continues) of one placement."""
    found: dict[str, Any] = {
        row["device"]: row
        for row in placement.open_counts.values("device").annotate(o=Sum("opens"), c=Sum("continues")).order_by()
    }
    return [
        (str(device.label), found.get(device.value, {}).get("o", 0), found.get(device.value, {}).get("c", 0))
        for device in OpenCount.Device
    ]


def export_for(user: Any) -> dict[str, Any]:
    """What this room holds about one person, for "download my data"."""
    arrival = Arrival.objects.filter(user=user).select_related("placement").first()
    return {
        "came_from": {"placement": str(arrival.placement or ""), "door": arrival.door, "at": arrival.at}
        if arrival
        else None,
        "said_at_the_door": list(
            Start.objects.filter(user=user).order_by("created_at", "id").values("door", "sentence", "created_at")
        ),
    }
