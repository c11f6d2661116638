from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accelerator.models.versioned import Versioned
from accelerator.rules.feedback import LONGEST, MOST_DAYS


class FeedbackPolicy(Versioned):
    """What everybody who applies is promised about feedback: by when, as days after support starts, and what."""

    days = models.PositiveSmallIntegerField(default=0)
    promises = ArrayField(models.CharField(max_length=LONGEST), default=list, blank=True)

    class Meta(Versioned.Meta):
        verbose_name_plural = "feedback policies"
        constraints = [
            *Versioned.Meta.constraints,
            models.CheckConstraint(condition=Q(days__lte=MOST_DAYS), name="feedback_policy_within_days"),
        ]

    def is_empty(self) -> bool:
        return not self.promises
