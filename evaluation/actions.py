"""The building of reports, stage by stage. What is promised beforehand is in `plans`."""

import datetime as dt
from dataclasses import asdict

from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from accelerator.models import Wave
from audit.actions import record
from evaluation import pack, rules, sections
from evaluation.models import Plan, Report, ReportTable
from evaluation.page import report_context
from evaluation.plans import lock_plan
from notifications.actions import notify
from ui import pdf
from ui.errors import DomainError


@transaction.atomic
def request_report(*, by, wave, edition: str = "") -> Report:
    """Asks for a report; a worker builds it after commit. While one of this wave is on its way, that one is returned.

    Without an edition it is the one that fits the wave's dates. Invalid where it is about the end before there is one.
    """
    rules.check_may_build(by)
    edition = edition or rules.fitting_edition(wave)
    rules.check_edition(wave, edition)
    Wave.objects.select_for_update().get(pk=wave.pk)  # so that two who ask at once get one report
    under_way = Report.objects.filter(wave=wave, state__in=rules.UNDER_WAY).first()
    if under_way:
        return under_way
    plan = Plan.objects.filter(wave=wave, status=Plan.Status.PUBLISHED).first() or lock_plan(by=by, wave=wave)
    report = Report.objects.create(wave=wave, plan=plan, edition=edition, asked_by=by)
    record(by=by, verb="evaluation.report.requested", obj=report, edition=edition)
    transaction.on_commit(lambda: _enqueue(report))
    return report


def _enqueue(report: Report) -> None:
    from evaluation.tasks import build_report  # tasks import actions

    build_report.delay(str(report.pk))


@transaction.atomic
def cancel(*, by, report: Report) -> None:
    """Stops a build at its next stage. DomainError where there is nothing to stop."""
    rules.check_may_build(by)
    locked = Report.objects.select_for_update().get(pk=report.pk)
    if locked.state not in rules.UNDER_WAY:
        raise DomainError(_("This report is not being built any more."))
    locked.state = Report.State.CANCELLED
    locked.save(update_fields=["state"])
    record(by=by, verb="evaluation.report.cancelled", obj=locked)


@transaction.atomic
def retry(*, by, report: Report) -> None:
    """Builds a failed or cancelled report again, from a new reading of the figures. DomainError otherwise."""
    rules.check_may_build(by)
    locked = Report.objects.select_for_update().get(pk=report.pk)
    if locked.state not in (Report.State.FAILED, Report.State.CANCELLED):
        raise DomainError(_("This report does not need another try."))
    locked.state, locked.stage, locked.progress = Report.State.QUEUED, "", 0
    locked.save(update_fields=["state", "stage", "progress"])
    record(by=by, verb="evaluation.report.retried", obj=locked)
    transaction.on_commit(lambda: _enqueue(locked))


class Cancelled(Exception):
    """Somebody cancelled the build while it ran."""


def build(*, report: Report) -> Report:
    """Builds a report, stage by stage, each with its progress committed so that the page can show it.

    A second worker that is given the same report steps aside (an advisory lock that ends with the connection, so a worker
    that dies lets go of it). A build that was cut off begins again. Returns the report as it is then.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [f"report:{report.pk}"])
        if not cursor.fetchone()[0]:
            return report
    try:
        report.refresh_from_db()
        if report.state not in rules.UNDER_WAY:
            return report
        with override("en-gb"):
            for progress, label, stage in STAGES:
                _say(report, label, progress)
                stage(report)
        _finish(report)
    except Cancelled:
        pass
    except Exception:
        Report.objects.filter(pk=report.pk).update(state=Report.State.FAILED)
        raise
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [f"report:{report.pk}"])
    report.refresh_from_db()
    return report


def _say(report: Report, stage, progress: int) -> None:
    """Shows how far it is; stops where somebody cancelled."""
    said = Report.objects.filter(pk=report.pk, state__in=rules.UNDER_WAY).update(
        state=Report.State.RUNNING, stage=str(stage), progress=progress
    )
    if not said:
        raise Cancelled


def _read(report: Report) -> None:
    """Reads every figure at one moment, in one REPEATABLE READ transaction, and stores what is fit to show."""
    now = timezone.now()
    wave = report.wave
    ends = timezone.make_aware(dt.datetime.combine(wave.ends + dt.timedelta(days=1), dt.time()))
    scope = sections.Scope(wave, report.plan.measures, wave.call_opens, min(now, ends))
    alone = not connection.in_atomic_block  # otherwise the caller chose the isolation
    with transaction.atomic():
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        found = sections.read(scope)
    with transaction.atomic():
        report.tables.all().delete()
        ReportTable.objects.bulk_create(
            ReportTable(report=report, position=position, question=section.question, **asdict(table))
            for position, (section, table) in enumerate((s, t) for s in found for t in s.tables)
        )
        report.sections = [
            {
                "question": section.question, "answer": section.answer, "sentence": section.sentence,
                "rests_on": section.rests_on, "headline": section.headline, "words": section.words,
                "tables": [table.name for table in section.tables],
            }
            for section in found
        ]  # fmt: skip
        report.snapshot_at = now
        report.save(update_fields=["sections", "snapshot_at"])


def _write_pdf(report: Report) -> None:
    content = pdf.render("evaluation/report_pdf.html", report_context(report))
    report.pdf.save(f"{report.pk}.pdf", ContentFile(content), save=False)
    report.save(update_fields=["pdf"])


def _pack(report: Report) -> None:
    report.pack.save(f"{report.pk}.zip", ContentFile(pack.zipped(report)), save=False)
    report.save(update_fields=["pack"])


STAGES = [
    (5, gettext_lazy("Reading the figures"), _read),
    (40, gettext_lazy("Drawing the charts and writing the PDF"), _write_pdf),
    (90, gettext_lazy("Packing the data"), _pack),
]


@transaction.atomic
def _finish(report: Report) -> None:
    locked = Report.objects.select_for_update().get(pk=report.pk)
    if locked.state not in rules.UNDER_WAY:
        raise Cancelled
    locked.state, locked.stage, locked.progress, locked.finished_at = Report.State.DONE, "", 100, timezone.now()
    locked.save(update_fields=["state", "stage", "progress", "finished_at"])
    record(by=None, verb="evaluation.report.built", obj=locked)
    if locked.asked_by:
        notify(
            to=locked.asked_by,
            kind="report_ready",
            key=f"report_ready:{locked.pk}:{locked.finished_at:%Y%m%d%H%M%S}",
            subject=_("The report on %(wave)s is ready") % {"wave": locked.wave.name},
            template="evaluation/mail/ready",
            context={"wave": locked.wave.name},
            url=rules.report_url(locked),
        )
