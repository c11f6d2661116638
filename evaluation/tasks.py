from celery import shared_task

from evaluation import actions, plans, queries
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


@shared_task
def lock_plans() -> None:
    """Locks the plans of the waves whose call has opened."""
    plans.lock_those_due()
