"""The learning log: what people learnt, and what the programme makes of it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accelerator.models.waves import Programme, Wave
from audit.ids import uuid_primary_key


class Lesson(models.Model):
    """What somebody learnt, in a sentence or two, and the answer of those who run the programme, with a reason that
    everybody reads. One for no programme is for all of them; one for a wave is for its programme too. What was taken off
    the page keeps no words."""

    class Answer(models.TextChoices):
        WAITING = "waiting", "Waiting for an answer"
        ADOPTED = "adopted", "Adopted"
        TRIED = "tried", "Tried"
        DECLINED = "declined", "Declined"
        REMOVED = "removed", "Taken off the page"

    id = uuid_primary_key()
    programme = models.ForeignKey(Programme, models.PROTECT, null=True, blank=True, related_name="lessons")
    wave = models.ForeignKey(Wave, models.PROTECT, null=True, blank=True, related_name="lessons")
    text = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="lessons")
    key = models.CharField(max_length=40)  # of the form that wrote it: a second click writes nothing
    at = models.DateTimeField(db_default=Now())
    answer = models.CharField(max_length=8, choices=Answer, default=Answer.WAITING)
    reason = models.TextField(blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["answer", "at"])]
        constraints = [
            models.UniqueConstraint(fields=["by", "key"], name="lesson_once"),
            models.CheckConstraint(
                condition=Q(answer="removed", text="") | (~Q(answer="removed") & ~Q(text="")),
                name="lesson_has_words_until_removed",
            ),
            models.CheckConstraint(
                condition=Q(answer="waiting", answered_by=None, answered_at=None, reason="")
                | Q(answer="removed")
                | (
                    Q(answer__in=["adopted", "tried", "declined"], answered_by__isnull=False, answered_at__isnull=False)
                    & ~Q(reason="")
                ),
                name="lesson_answered_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(wave__isnull=True) | Q(programme__isnull=False), name="lesson_of_a_wave_has_its_programme"
            ),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def about(self) -> str:
        """The wave that it is about, else the programme; "" where it is for all."""
        return str(self.wave or self.programme or "")
