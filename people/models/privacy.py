"""Complaints about how we handle personal data."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from audit.ids import uuid_primary_key
from core import addresses


class DataComplaint(models.Model):
    """A data-protection complaint: acknowledged within 30 days, answered, and its outcome kept."""

    id = uuid_primary_key()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    email = models.EmailField(blank=True)  # where to answer; may be empty for a member
    text = models.TextField(max_length=4000)
    received_at = models.DateTimeField(db_default=Now())
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    outcome = models.TextField(max_length=4000, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            addresses.kept_normal("email", name="data_complaint_email_normal", empty=True),
            models.CheckConstraint(
                condition=Q(closed_at=None, outcome="", closed_by=None)
                | (Q(closed_at__isnull=False, closed_by__isnull=False) & ~Q(outcome="")),
                name="data_complaint_closed_with_an_outcome",
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=False) | ~Q(email=""), name="data_complaint_can_be_answered"
            ),
        ]
