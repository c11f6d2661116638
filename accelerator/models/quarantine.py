from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accelerator.models.apply import Application
from accelerator.models.questions import Question
from audit.ids import uuid_primary_key


class PatientFlag(models.Model):
    """That somebody read something in an answer, or saw something in its file, that may identify a patient; and what
    became of it. `original` is what was taken away, kept out of everybody's reach for some days in case it was a mistake."""

    class State(models.TextChoices):
        OPEN = "open", "To be looked at"
        TAKEN = "taken", "Taken away"
        FINE = "fine", "It identifies nobody"
        RESTORED = "restored", "Given back"

    id = uuid_primary_key()
    application = models.ForeignKey(Application, models.PROTECT, related_name="patient_flags")
    question = models.ForeignKey(Question, models.PROTECT, related_name="+")
    flagged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    flagged_at = models.DateTimeField(db_default=Now())
    note = models.CharField(max_length=300, blank=True)  # emptied with the original
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    original = models.JSONField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "question"], condition=Q(state="open"), name="patient_flag_one_open"
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_by=None, decided_at=None)
                | (~Q(state="open") & Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="patient_flag_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(original__isnull=True) | Q(state="taken"), name="patient_flag_keeps_only_what_was_taken"
            ),
        ]
