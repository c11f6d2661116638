from celery import shared_task

from people.actions import care
from people.equality import actions as equality
from people.pauses import actions as pauses


@shared_task(ignore_result=True)
def shuffle_equality_answers() -> None:
    """Takes the order of writing out of the equality answers, every night."""
    equality.shuffle()


@shared_task(ignore_result=True)
def lift_pauses() -> None:
    """Opens the accounts whose pause has come to its end."""
    pauses.lift_due()


@shared_task(ignore_result=True)
def end_old_resets() -> None:
    """Ends requests to remove a lost second factor that nobody decided in time."""
    care.end_old_resets()
