from celery import shared_task

from people.equality import actions as equality


@shared_task(ignore_result=True)
def shuffle_equality_answers() -> None:
    """Takes the order of writing out of the equality answers, every night."""
    equality.shuffle()
