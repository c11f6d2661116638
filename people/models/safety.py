"""Blocks, reports, and the restricted cases of the safeguarding lead."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from audit.ids import uuid_primary_key


class Block(models.Model):
    """One person does not want to meet another here. Neither sees or can propose to the other; nobody is told."""

    id = uuid_primary_key()
    blocker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="blocks_made")
    blocked = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="blocks_received")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["blocker", "blocked"], name="block_once"),
            models.CheckConstraint(condition=~Q(blocker=F("blocked")), name="block_not_oneself"),
        ]


class Report(models.Model):
    """Something that breaks the code of conduct, for the brokers to look at."""

    id = uuid_primary_key()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    about = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reports_about")
    place = models.CharField(max_length=200, blank=True)  # the page it was about
    text = models.TextField(max_length=4000)
    at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    outcome = models.TextField(max_length=2000, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at=None, closed_by=None, outcome="")
                | (Q(closed_at__isnull=False, closed_by__isnull=False) & ~Q(outcome="")),
                name="report_closed_with_an_outcome",
            )
        ]


class SafeguardingCase(models.Model):
    """Somebody is worried about somebody. Seen by safeguarding leads only: not by brokers, not by administrators."""

    class Worry(models.TextChoices):
        """What kind of worry it is, so that the most pressing are read first."""

        NOW = "now", _("Somebody may be in danger soon")
        ABUSE = "abuse", _("Somebody may be harmed, used or neglected")
        SELF = "self", _("Somebody may not be coping")
        OTHER = "other", _("Something else, or I am not sure")

    id = uuid_primary_key()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    about = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    place = models.CharField(max_length=200, blank=True)
    worry = models.CharField(max_length=10, choices=Worry, default=Worry.OTHER)
    text = models.TextField(max_length=4000)
    at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True, blank=True)


class CaseNote(models.Model):
    """What the safeguarding lead did about a case. Added, never changed."""

    id = uuid_primary_key()
    case = models.ForeignKey(SafeguardingCase, on_delete=models.PROTECT, related_name="notes")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())
    text = models.TextField(max_length=4000)
