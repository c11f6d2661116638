from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accelerator.models.apply import Application
from accelerator.models.review import ReviewPhase


class TriageAnswer(models.Model):
    """What one person said in the quick first look at an application. `reason` of a "no" goes into the letter at the
    end, without a name. What all answers come to is `rules.triage.standing`."""

    class Answer(models.TextChoices):
        YES = "yes", "Yes, it goes on"
        NO = "no", "Not this time"
        TALK = "talk", "Let us talk about it"

    phase = models.ForeignKey(ReviewPhase, models.PROTECT, related_name="triage_answers")
    application = models.ForeignKey(Application, models.PROTECT, related_name="triage_answers")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="triage_answers")
    answer = models.CharField(max_length=4, choices=Answer)
    reason = models.TextField(blank=True)
    as_manager = models.BooleanField(default=False)  # a manager's yes or no settles it
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["phase", "application", "by"], name="triage_answer_once"),
            models.CheckConstraint(condition=Q(answer="yes") | ~Q(reason=""), name="triage_answer_has_reason"),
        ]
