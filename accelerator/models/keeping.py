from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class CallWish(models.Model):
    """That somebody wants to be told when a call opens. It stands until they take it back."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="call_wish")
    at = models.DateTimeField(db_default=Now())
