from celery import shared_task

from accelerator.actions import coaching, copies, helping, innovations, rag
from accelerator.models import Innovation
from accelerator.queries.innovations import LIVING


@shared_task
def sweep_innovations() -> int:
    """Once a day: ends pauses that are over, and keeps the history of every innovation's colour. Harmless to repeat.
    Returns how many colours changed."""
    innovations.end_pauses()
    return len(rag.refresh_all(innovations=Innovation.objects.filter(life__in=LIVING).order_by("id")))


@shared_task
def sweep_question_help() -> int:
    """Every hour: ends requests for help with a question, and for coaching, that have nothing left to wait for, so that
    the wave's fund has its hours again. Harmless to repeat. Returns how many."""
    return helping.sweep() + coaching.sweep()


@shared_task(ignore_result=True)
def make_copy(upload_id: str) -> None:
    """Makes the copy of a file that reviewers open. Harmless to repeat."""
    copies.make_copy(upload_id=upload_id)


@shared_task(ignore_result=True)
def sweep_copies() -> None:
    """Every five minutes: queues the copies that were left when a worker was killed. Harmless to repeat."""
    for upload_id in copies.left():
        make_copy.delay(str(upload_id))
