"""Who may see and build reports, and who may say beforehand what they measure."""

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accelerator.models import Wave
from accelerator.rules import access
from evaluation.models import Report
from people.rules import has_role
from ui.errors import Invalid, NotAllowed

READERS = ("evaluator", "portfolio_manager", "administrator")
UNDER_WAY = (Report.State.QUEUED, Report.State.RUNNING)


def may_build(user) -> bool:
    """Evaluators, portfolio managers and administrators read and build reports."""
    return any(has_role(user, role) for role in READERS)


def check_may_build(user) -> None:
    """Raises NotAllowed where `may_build` says no. The platform itself (None) may."""
    if user is not None and not may_build(user):
        raise NotAllowed(_("Only evaluators, portfolio managers and administrators can build a report."))


FEWEST, MOST = 8, 1000  # people or things without which a question is not answered: under 8 nothing may be shown


def may_plan(user: Any, wave: Wave) -> bool:
    """Evaluators, those who run the wave, and administrators write its plan."""
    return has_role(user, "evaluator") or has_role(user, "administrator") or access.runs(user, wave)


def check_may_plan(user: Any, wave: Wave) -> None:
    """Raises NotAllowed where `may_plan` says no. The platform itself (None) may."""
    if user is not None and not may_plan(user, wave):
        raise NotAllowed(_("Only evaluators, administrators and those who run this wave can change its plan."))


def fitting_edition(wave) -> str:
    """The edition that fits today: interim before the wave's last day, the end of the wave from then on."""
    return Report.Edition.END if timezone.localdate() >= wave.ends else Report.Edition.INTERIM


def check_edition(wave, edition: str) -> None:
    """Raises Invalid where an edition about the whole wave is asked for before its last day."""
    if edition != Report.Edition.INTERIM and fitting_edition(wave) == Report.Edition.INTERIM:
        raise Invalid(
            _("%(wave)s runs until %(last)s. Until then, build the interim edition.")
            % {"wave": wave.name, "last": f"{wave.ends:%-d %b %Y}"},
            "edition",
        )


def report_url(report: Report) -> str:
    return reverse("evaluation:report", args=[report.pk])
