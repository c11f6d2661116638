"""What evaluation's tests begin with. Plain functions."""

import datetime as dt
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone

from accelerator.models import Wave
from evaluation import pack, sections
from evaluation.models import Plan, Report
from evaluation.plans import lock_plan
from evaluation.questions import DEFAULT_MEASURES
from evaluation.shapes import Scope, Section
from people.models import RoleGrant, User


def an_evaluator(email: str = "evaluator@example.org") -> User:
    """Somebody who may build and read reports."""
    user = User.objects.create_user(email, name="Evie Evaluator", conduct_accepted_at=timezone.now())
    RoleGrant.objects.create(user=user, role="evaluator", reason="For a test")
    return User.objects.get(pk=user.pk)


def a_report(wave: Wave, state: str = "queued", **fields: Any) -> Report:
    """A report of a wave in any state; a finished one has a file to download and no sections."""
    plan = Plan.objects.filter(wave=wave, status="published").first() or lock_plan(by=None, wave=wave)
    now = timezone.now()
    done = {"progress": 100, "finished_at": now, "snapshot_at": now} if state == "done" else {}
    report = Report.objects.create(wave=wave, plan=plan, state=state, **(done | fields))
    report = Report.objects.select_related("wave", "plan").get(pk=report.pk)
    if state == "done":
        report.pdf.save(f"{report.pk}.pdf", ContentFile(b"%PDF-1.7"), save=False)
        report.pack.save(f"{report.pk}.zip", ContentFile(pack.zipped(report)))
    return report


def read(wave: Wave, *, until: dt.datetime | None = None, **promises: dict) -> dict[str, Section]:
    """Every section of a wave's report by question, as read now. `V4={"threshold": 0.3, "smallest_n": 2}` changes the plan."""
    scope = Scope(wave, DEFAULT_MEASURES | promises, wave.call_opens, until or timezone.now())
    return {section.question: section for section in sections.read(scope)}


def figures(section: Section, table: str) -> dict[str, Any]:
    """The first two columns of one of a section's tables."""
    return {row[0]: row[1] for one in section.tables if one.name == table for row in one.rows}


def world(people: dict[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    """For the role × URL matrix: a finished report, one that waits and one that was cancelled."""
    wave = Wave.objects.get(slug=made["wave_slug"])
    return {
        "evaluation_report_id": a_report(wave, "done").pk,
        "waiting_report_id": a_report(wave).pk,
        "cancelled_report_id": a_report(wave, "cancelled").pk,
        "what": "pdf",
    }
