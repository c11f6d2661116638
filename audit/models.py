from django.db import models
from django.db.models.functions import Now

from audit.ids import uuid_primary_key


class Event(models.Model):
    """One thing that somebody did. Append-only (a trigger refuses the rest), and without foreign keys,
    so the log never stands in the way of live data. No free text, no personal data, no equality answers."""

    id = uuid_primary_key()
    at = models.DateTimeField(db_default=Now())
    actor = models.CharField(max_length=40)  # a user's id, or "system"
    on_behalf_of = models.CharField(max_length=40, blank=True)
    verb = models.CharField(max_length=80)  # "timebank.exchange.settled"
    object_type = models.CharField(max_length=80, blank=True)
    object_id = models.CharField(max_length=80, blank=True)
    facts = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["object_type", "object_id", "id"]),
            models.Index(fields=["actor", "id"]),
        ]
