from django.db import models
from django.db.models.functions import Now

from audit.ids import uuid_primary_key


class Purpose(models.Model):
    """What hours were for: a milestone, a goal campaign, a pot's project. Whoever has one holds a OneToOne to it,
    so that hours come back to what they were for without this room knowing those above it."""

    id = uuid_primary_key()
    kind = models.SlugField(max_length=30, db_index=False)  # "milestone", "campaign", "project", …
    label = models.CharField(max_length=200)
    skills = models.ManyToManyField("people.Skill", related_name="+", blank=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.label
