"""Who may see and build reports."""

from django.urls import reverse
from django.utils.translation import gettext as _

from evaluation.models import Report
from people.rules import has_role
from ui.errors import NotAllowed

READERS = ("evaluator", "portfolio_manager", "administrator")
UNDER_WAY = (Report.State.QUEUED, Report.State.RUNNING)


def may_build(user) -> bool:
    """Evaluators, portfolio managers and administrators read and build reports."""
    return any(has_role(user, role) for role in READERS)


def check_may_build(user) -> None:
    """Raises NotAllowed where `may_build` says no. The platform itself (None) may."""
    if user is not None and not may_build(user):
        raise NotAllowed(_("Only evaluators, portfolio managers and administrators can build a report."))


def report_url(report: Report) -> str:
    return reverse("evaluation:report", args=[report.pk])
