from celery import shared_task

from evaluation import actions, queries
from evaluation.models import Report


@shared_task
def build_report(report_id: str) -> None:
    """Builds a report that somebody asked for. Given twice, it is built once."""
    actions.build(report=Report.objects.select_related("wave", "plan").get(pk=report_id))


@shared_task
def sweep_reports() -> None:
    """Takes up reports that are waiting or were cut off, because their worker died or the broker lost them. One that
    another worker is busy with is left to it."""
    for report in queries.under_way():
        actions.build(report=report)
