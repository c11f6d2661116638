"""The access fund: pounds, so that nobody who takes part is out of pocket. Money is whole pence."""

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accelerator.models.waves import Wave
from audit.ids import uuid_primary_key


def receipt_path(instance: "AccessClaim", filename: str) -> str:
    """Where a receipt is stored: a random name that says nothing of the file or its sender."""
    return f"receipts/{secrets.token_hex(16)}"


class AccessClaim(models.Model):
    """What taking part in a wave cost somebody, or would cost: they ask, a manager agrees or declines, and what was
    spent is paid. `spent_on` is empty as long as it was only asked for beforehand. How the money travels is arranged
    outside: bank details are never kept here."""

    class Kind(models.TextChoices):
        TRAVEL = "travel", "Travel"
        DATA = "data", "Mobile data"
        CARE = "care", "Care cover"
        INTERPRETER = "interpreter", "An interpreter"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting for an answer"
        AGREED = "agreed", "Agreed"
        PAID = "paid", "Paid"
        DECLINED = "declined", "Declined"
        WITHDRAWN = "withdrawn", "Taken back"

    id = uuid_primary_key()
    wave = models.ForeignKey(Wave, models.PROTECT, related_name="access_claims")
    claimant = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="access_claims")
    kind = models.CharField(max_length=12, choices=Kind)
    what = models.CharField(max_length=200)
    pence = models.PositiveIntegerField()
    spent_on = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    asked_at = models.DateTimeField(db_default=Now())
    key = models.CharField(max_length=40)  # of the form that made it: a second click asks for nothing more
    receipt = models.FileField(upload_to=receipt_path, max_length=120, blank=True)
    receipt_name = models.CharField(max_length=120, blank=True)
    receipt_size = models.PositiveIntegerField(default=0)  # bytes
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True)  # why it was declined, as the claimant reads it
    over_fund = models.BooleanField(default=False)  # agreed in the knowledge that the fund does not cover it
    paid_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    paid_at = models.DateTimeField(null=True, blank=True)
    paid_reference = models.CharField(max_length=60, blank=True)  # finance's own number for the payment

    class Meta:
        indexes = [models.Index(fields=["wave", "state"])]
        constraints = [
            models.UniqueConstraint(fields=["claimant", "key"], name="access_claim_once"),
            models.CheckConstraint(condition=Q(pence__gt=0), name="access_claim_of_something"),
            models.CheckConstraint(
                condition=Q(state="waiting", answered_at__isnull=True)
                | Q(state__in=["agreed", "paid"], answered_at__isnull=False)
                | (Q(state="declined", answered_at__isnull=False) & ~Q(reason=""))
                | Q(state="withdrawn"),
                name="access_claim_answer_follows_state",
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answered_by__isnull=True)
                | Q(answered_at__isnull=False, answered_by__isnull=False),
                name="access_claim_answered_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state="paid", paid_at__isnull=False, paid_by__isnull=False, spent_on__isnull=False)
                | (~Q(state="paid") & Q(paid_at__isnull=True, paid_by__isnull=True, paid_reference="")),
                name="access_claim_paid_once_spent",
            ),
        ]

    def __str__(self) -> str:
        return self.what
