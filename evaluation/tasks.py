from celery import shared_task

from evaluation import actions
from evaluation.models import Report


@shared_task
def build_report(report_id: str) -> None:
    """Builds a report that somebody asked for. Given twice, it is built once."""
    actions.build(report=Report.objects.select_related("wave", "plan").get(pk=report_id))
