from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from audit.ids import uuid_primary_key


class CheckIn(models.Model):
    """How it goes, in one side's own words, every two weeks. What the manager writes is shown to the team only where
    the manager chose so; the team's own is always shown to both."""

    class Side(models.TextChoices):
        TEAM = "team", "The team"
        MANAGER = "manager", "The manager"

    id = uuid_primary_key()
    innovation = models.ForeignKey("accelerator.Innovation", on_delete=models.PROTECT, related_name="checkins")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    side = models.CharField(max_length=8, choices=Side)
    at = models.DateTimeField(db_default=Now())
    last_contact = models.DateField(null=True, blank=True)  # when the two sides last spoke
    progress = models.TextField()
    blockers = models.TextField(blank=True)
    blocker_waits_on = models.CharField(max_length=8, blank=True)  # a RagEvent.WaitingOn where there is a blocker
    confidence = models.PositiveSmallIntegerField()
    would_help = models.TextField(blank=True)
    shown_to_team = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["innovation", "-at"])]
        constraints = [
            models.CheckConstraint(condition=Q(confidence__gte=1, confidence__lte=5), name="checkin_confidence_1_to_5"),
            models.CheckConstraint(condition=Q(side="manager") | Q(shown_to_team=True), name="checkin_team_is_shown"),
            models.CheckConstraint(
                condition=Q(blockers="", blocker_waits_on="") | (~Q(blockers="") & ~Q(blocker_waits_on="")),
                name="checkin_blocker_waits_on_someone",
            ),
        ]
