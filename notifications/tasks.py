from uuid import UUID

from celery import shared_task

from notifications import actions, reminders


@shared_task(ignore_result=True)
def send_message(message_id: str) -> None:
    """Sends one outbox message, if it is still due."""
    actions.send(UUID(message_id))


@shared_task(ignore_result=True)
def sweep_outbox() -> None:
    """Sends what was left behind, lets digests go, and empties old bodies."""
    actions.release_waiting()
    for message_id in actions.sweep():
        send_message.delay(str(message_id))
    actions.purge_bodies()


@shared_task(ignore_result=True)
def sweep_reminders() -> None:
    """Writes every reminder that is due."""
    reminders.sweep()
