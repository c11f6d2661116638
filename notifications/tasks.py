import logging
from uuid import UUID

from celery import shared_task

from notifications import actions, reminders
from ui import registries

log = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def send_messages(message_ids: list[str]) -> None:
    """Sends outbox messages, those that are still due. What a killed worker did not come to is found by the sweep."""
    for message_id in message_ids:
        actions.send(UUID(message_id))


@shared_task(ignore_result=True)
def sweep_outbox() -> None:
    """Sends what was left behind, lets digests go, and empties old bodies."""
    actions.release_waiting()
    for some in actions.in_rows(actions.sweep()):
        send_messages.delay(some)
    actions.purge_bodies()


@shared_task(ignore_result=True)
def sweep_reminders() -> None:
    """Writes every reminder that is due."""
    reminders.sweep()


@shared_task(ignore_result=True)
def purge_what_has_run_out() -> None:
    """Does what the privacy page promises: every room's retention. One that fails does not stop the others."""
    for entry in registries.retention:
        if entry.purge is not None:
            try:
                entry.purge()
            except Exception:
                log.exception("retention of %s failed", entry.what)
