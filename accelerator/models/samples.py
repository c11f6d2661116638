from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accelerator.models.questions import Criterion
from accelerator.models.review import ReviewPhase
from audit.ids import uuid_primary_key


class Sample(models.Model):
    """One application that every reviewer of a phase scores before their first real one: made up, or of somebody who
    agreed. It stands by itself, so that nothing said of it is ever counted."""

    id = uuid_primary_key()
    phase = models.OneToOneField(ReviewPhase, models.PROTECT, related_name="sample")
    text = models.TextField()
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="sample_says_something")]


class SampleReview(models.Model):
    """That a reviewer has scored the sample."""

    sample = models.ForeignKey(Sample, models.PROTECT, related_name="reviews")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="sample_reviews")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sample", "reviewer"], name="sample_review_once")]


class SampleScore(models.Model):
    """A reviewer's 0–5 on one criterion of the sample; null is an abstention."""

    review = models.ForeignKey(SampleReview, models.PROTECT, related_name="scores")
    criterion = models.ForeignKey(Criterion, models.PROTECT, related_name="+")
    score = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "criterion"], name="sample_score_once"),
            models.CheckConstraint(condition=Q(score=None) | Q(score__range=(0, 5)), name="sample_score_in_range"),
        ]
