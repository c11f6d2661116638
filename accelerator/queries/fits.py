"""What managers see of the three-question check."""

from typing import Any

from django.db.models import Count, QuerySet

from accelerator.models import FitCheck, Wave
from accelerator.rules.fits import ORDER, Verdict


def counts(wave: Wave) -> list[tuple[Verdict, int]]:
    """How often the check said what, in the order of care; whoever was told, named or not. One query."""
    rows = FitCheck.objects.filter(wave=wave).order_by().values_list("verdict").annotate(n=Count("pk"))
    found = dict(rows)
    return [(verdict, found.get(verdict.value, 0)) for verdict in ORDER]


def to_talk_to(wave: Wave, by: Any) -> "QuerySet[FitCheck]":
    """The people who were signed in and were not told that it fits, the latest first; without the manager `by`."""
    rows = FitCheck.objects.filter(wave=wave, user__isnull=False, user__closed_at=None).exclude(verdict=Verdict.FITS)
    return rows.exclude(user=by).select_related("user", "fits_by").order_by("-on", "-id")
