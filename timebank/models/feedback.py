"""What the receiver says afterwards, if they wish: thanks, how useful it was, and the skills that they saw."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy

from audit.ids import uuid_primary_key


class Feedback(models.Model):
    """One for each exchange, by its receiving side. The giver reads the thanks and may show them on their own page; how
    useful it was is only ever counted with everybody's."""

    class Useful(models.IntegerChoices):
        NOT = 1, gettext_lazy("Not useful")
        LITTLE = 2, gettext_lazy("A little useful")
        FAIRLY = 3, gettext_lazy("Fairly useful")
        VERY = 4, gettext_lazy("Very useful")
        EXTREMELY = 5, gettext_lazy("Extremely useful")

    id = uuid_primary_key()
    exchange = models.OneToOneField("timebank.Exchange", on_delete=models.PROTECT, related_name="feedback")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    thanks = models.CharField(max_length=1000, blank=True)
    useful = models.PositiveSmallIntegerField(choices=Useful, null=True, blank=True)
    shown = models.BooleanField(default=False)  # the giver shows the thanks on their own page
    written_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-written_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(useful__isnull=True) | Q(useful__gte=1, useful__lte=5), name="useful_1_to_5"
            ),
            models.CheckConstraint(condition=Q(shown=False) | ~Q(thanks=""), name="feedback_shows_only_thanks"),
        ]


class SkillConfirmation(models.Model):
    """The receiver saw the giver use this skill."""

    exchange = models.ForeignKey("timebank.Exchange", on_delete=models.PROTECT, related_name="skills_confirmed")
    skill = models.ForeignKey("people.Skill", on_delete=models.PROTECT, related_name="+")
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["exchange", "skill"], name="skill_confirmed_once_each"),
        ]
