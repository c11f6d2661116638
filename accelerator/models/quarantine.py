import datetime as dt
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accelerator.models.apply import Application
from accelerator.models.questions import Question
from accelerator.models.roadmap import EvidenceFile, Submission
from accelerator.rules.quarantine import KEPT
from audit.ids import uuid_primary_key


class FlagQuerySet(models.QuerySet[Any]):
    def with_originals(self) -> Self:
        """Flags of which something was taken away that is still kept."""
        return self.filter(state="taken", original__isnull=False)

    def past_undoing(self, now: dt.datetime) -> Self:
        """Of those: the ones whose days are over, so that what is kept must go."""
        return self.with_originals().filter(decided_at__lte=now - KEPT)

    def on_the_desk(self, now: dt.datetime) -> Self:
        """What waits to be looked at, oldest first, then what was taken away and can still be given back."""
        undoable = self.with_originals().filter(decided_at__gt=now - KEPT)
        return (self.filter(state="open") | undoable).order_by("state", "flagged_at", "id")


class Flag(models.Model):
    """That somebody may be named somewhere: who said so, what became of it, and for some days what was taken away."""

    class State(models.TextChoices):
        OPEN = "open", "To be looked at"
        TAKEN = "taken", "Taken away"
        FINE = "fine", "It identifies nobody"
        RESTORED = "restored", "Given back"

    id = uuid_primary_key()
    flagged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    flagged_at = models.DateTimeField(db_default=Now())
    note = models.CharField(max_length=300, blank=True)  # emptied with the original
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    original = models.JSONField(null=True, blank=True)

    objects = FlagQuerySet.as_manager()

    class Meta:
        abstract = True


DECIDED = Q(state="open", decided_by=None, decided_at=None) | (
    ~Q(state="open") & Q(decided_by__isnull=False, decided_at__isnull=False)
)
KEEPS_ONLY_WHAT_WAS_TAKEN = Q(original__isnull=True) | Q(state="taken")


class PatientFlag(Flag):
    """That somebody read something in an answer, or saw something in its file, that may identify a patient; and what
    became of it. `original` is what was taken away, kept out of everybody's reach for some days in case it was a mistake."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="patient_flags")
    question = models.ForeignKey(Question, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "question"], condition=Q(state="open"), name="patient_flag_one_open"
            ),
            models.CheckConstraint(condition=DECIDED, name="patient_flag_decided_by_somebody"),
            models.CheckConstraint(condition=KEEPS_ONLY_WHAT_WAS_TAKEN, name="patient_flag_keeps_only_what_was_taken"),
        ]


class EvidenceFlag(Flag):
    """The same of what a team showed for a milestone: of its words, or of one of its files."""

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="patient_flags")
    file = models.ForeignKey(EvidenceFile, models.PROTECT, null=True, blank=True, related_name="+")  # null: the words

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "file"],
                condition=Q(state="open"),
                nulls_distinct=False,
                name="evidence_flag_one_open",
            ),
            models.CheckConstraint(condition=DECIDED, name="evidence_flag_decided_by_somebody"),
            models.CheckConstraint(condition=KEEPS_ONLY_WHAT_WAS_TAKEN, name="evidence_flag_keeps_only_what_was_taken"),
        ]
