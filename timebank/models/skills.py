from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from audit.ids import uuid_primary_key
from people.models.reference import PlainText


class SkillSuggestionQuerySet(models.QuerySet["SkillSuggestion"]):
    def waiting(self) -> "SkillSuggestionQuerySet":
        """What a broker has not looked at yet."""
        return self.filter(decided_at=None)


class SkillSuggestion(models.Model):
    """A skill that somebody wrote on a listing because the tree has no such name. A broker merges it into a skill of the
    tree, adopts it as a new one, or drops it; whoever writes the same name later gets the same answer at once."""

    class Decision(models.TextChoices):
        MERGED = "merged", "Merged into a skill"
        ADOPTED = "adopted", "A skill of its own"
        DROPPED = "dropped", "Taken off"

    id = uuid_primary_key()
    name = models.CharField(max_length=60)
    suggested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    suggested_at = models.DateTimeField(db_default=Now())
    decision = models.CharField(max_length=7, choices=Decision, blank=True)
    skill = models.ForeignKey("people.Skill", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = SkillSuggestionQuerySet.as_manager()

    class Meta:
        ordering = ["suggested_at", "id"]
        constraints = [
            models.UniqueConstraint(PlainText("name"), name="skill_suggestion_once"),
            models.CheckConstraint(condition=~Q(name=""), name="skill_suggestion_has_a_name"),
            models.CheckConstraint(
                condition=Q(decision="", decided_at=None, decided_by=None, skill=None, reason="")
                | (
                    Q(decided_at__isnull=False, decided_by__isnull=False)
                    & ~Q(reason="")
                    & (Q(decision__in=["merged", "adopted"], skill__isnull=False) | Q(decision="dropped", skill=None))
                ),
                name="skill_suggestion_decision_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.name
