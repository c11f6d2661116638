from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accelerator.models.versioned import Versioned
from audit.ids import uuid_primary_key


class QuestionSet(Versioned):
    """What an application asks: one version of it."""

    PARTS = "questions"


class Question(models.Model):
    """One page of an application. `key` names the question across versions of a set ("problem")."""

    class Kind(models.TextChoices):
        SHORT_TEXT = "short_text", "Short text"
        LONG_TEXT = "long_text", "Long text"
        CHOICE = "choice", "One answer from a list"
        SEVERAL = "several", "As many as fit from a list"
        NUMBER = "number", "Number"
        DATE = "date", "Date"
        FILE = "file", "File"
        TEAM = "team", "Team"

    FREE_TEXT = (Kind.SHORT_TEXT, Kind.LONG_TEXT, Kind.TEAM)

    id = uuid_primary_key()
    question_set = models.ForeignKey(QuestionSet, models.PROTECT, related_name="questions")
    key = models.SlugField(max_length=40)
    position = models.PositiveSmallIntegerField()
    section = models.CharField(max_length=80)  # the group it stands in on the task list
    kind = models.CharField(max_length=12, choices=Kind)
    text = models.CharField(max_length=200)  # the question, as asked
    short = models.CharField(max_length=60)  # its name on the task list
    guidance = models.TextField(blank=True)
    example = models.TextField(blank=True)
    choices = models.JSONField(default=list, blank=True)  # [[value, label], …]
    word_limit = models.PositiveSmallIntegerField(null=True, blank=True)
    required = models.BooleanField(default=False)
    required_if_key = models.CharField(max_length=40, blank=True)
    required_if_value = models.CharField(max_length=80, blank=True)
    reviewers_see = models.BooleanField(default=True)

    class Meta:
        ordering = ["question_set", "position"]
        constraints = [
            models.UniqueConstraint(fields=["question_set", "key"], name="question_key_unique"),
            models.UniqueConstraint(fields=["question_set", "position"], name="question_position_unique"),
            models.CheckConstraint(
                condition=Q(required_if_key="", required_if_value="")
                | (~Q(required_if_key="") & ~Q(required_if_value="")),
                name="question_required_if_whole",
            ),
            models.CheckConstraint(
                condition=(Q(kind__in=["choice", "several"]) & ~Q(choices=[]))
                | (~Q(kind__in=["choice", "several"]) & Q(choices=[])),
                name="question_choices_follow_kind",
            ),
        ]

    def __str__(self) -> str:
        return self.short

    @property
    def is_free_text(self) -> bool:
        """Whether a patient could be named in the answer, so that the page must warn."""
        return self.kind in self.FREE_TEXT

    def takes_answers_of(self, other: "Question") -> bool:
        """Whether what answered `other`, of another version, can stand here as it is."""
        return self.kind == other.kind or (self.is_free_text and other.is_free_text)


class Rubric(Versioned):
    """What reviewers score an application on: one version of it."""

    PARTS = "criteria"


class Criterion(models.Model):
    """One line of a rubric, scored 0–5; `anchors` say in words what each of the six scores means."""

    id = uuid_primary_key()
    rubric = models.ForeignKey(Rubric, models.PROTECT, related_name="criteria")
    key = models.SlugField(max_length=40)
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=80)
    asks = models.CharField(max_length=250)
    weight = models.PositiveSmallIntegerField(default=1)
    anchors = ArrayField(models.CharField(max_length=200), size=6)

    class Meta:
        ordering = ["rubric", "position"]
        verbose_name_plural = "criteria"
        constraints = [
            models.UniqueConstraint(fields=["rubric", "key"], name="criterion_key_unique"),
            models.UniqueConstraint(fields=["rubric", "position"], name="criterion_position_unique"),
            models.CheckConstraint(condition=Q(weight__gt=0), name="criterion_weight_positive"),
            models.CheckConstraint(condition=Q(anchors__len=6), name="criterion_six_anchors"),
        ]

    def __str__(self) -> str:
        return self.name
