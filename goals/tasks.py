from celery import shared_task
from django.db import transaction

from goals import actions
from goals.models import SignUp


@shared_task
def sweep_stuck() -> None:
    """Looks at every goal under way: end dates pass and lines rise without anybody saying anything."""
    actions.note_exchanges()
    for sign_up in SignUp.objects.filter(state=SignUp.State.ACTIVE).order_by("id").iterator(chunk_size=500):
        with transaction.atomic():
            actions.review_stuck(sign_up=sign_up)
