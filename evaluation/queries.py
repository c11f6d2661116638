"""Page-shaped reads of evaluation."""

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from accelerator.models import Wave
from evaluation import rules
from evaluation.models import Report
from ui.errors import Missing


def waves_with_reports() -> list[Wave]:
    """Every wave, the latest call first, each with its reports, the newest first."""
    reports = Report.objects.order_by("-asked_at", "-id")
    return list(
        Wave.objects.select_related("programme")
        .prefetch_related(Prefetch("reports", reports))
        .order_by("-call_opens", "id")
    )


def under_way() -> list[Report]:
    """Reports that wait or are being built, the one asked for first at the head."""
    return list(
        Report.objects.filter(state__in=rules.UNDER_WAY).select_related("wave", "plan").order_by("asked_at", "id")
    )


def report(report_id) -> Report:
    """One report with its wave and plan. Raises Missing otherwise."""
    found = Report.objects.select_related("wave", "plan", "asked_by").filter(pk=report_id).first()
    if found is None:
        raise Missing(_("We cannot find that report."))
    return found
