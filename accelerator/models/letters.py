from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accelerator.models.review import Decision
from accelerator.models.waves import Wave
from audit.ids import uuid_primary_key


class LetterTemplate(models.Model):
    """A wave's own words for the letters of one outcome, with gaps in braces (`rules.letters.GAPS`). `text` is what letters
    are made from, empty for the words that everybody begins with; `draft` is what a manager is still trying out."""

    id = uuid_primary_key()
    wave = models.ForeignKey(Wave, models.PROTECT, related_name="letter_templates")
    outcome = models.CharField(max_length=8, choices=Decision.Outcome)
    text = models.TextField(blank=True)
    draft = models.TextField(blank=True)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["wave", "outcome"], name="letter_template_once"),
            models.CheckConstraint(condition=~Q(text="", draft=""), name="letter_template_says_something"),
        ]
