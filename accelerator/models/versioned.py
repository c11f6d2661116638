from django.db import models

from audit.ids import uuid_primary_key


class Versioned(models.Model):
    """What is changed by publishing a next version, never by editing one that is in use:
    draft → published → superseded. Only one version of a name is published at a time."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "Published"
        SUPERSEDED = "superseded", "Superseded"

    PARTS = ""  # the related name of the rows that it is made of, where it has any

    id = uuid_primary_key()
    name = models.CharField(max_length=120)
    version = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=12, choices=State, default=State.DRAFT)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="%(class)s_version_unique"),
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(state="published"), name="%(class)s_one_published"
            ),
            models.CheckConstraint(
                condition=models.Q(state="draft", published_at__isnull=True)
                | models.Q(state__in=["published", "superseded"], published_at__isnull=False),
                name="%(class)s_published_at_follows_state",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, version {self.version}"

    def is_empty(self) -> bool:
        """Whether there is nothing in it yet."""
        return not getattr(self, self.PARTS).exists()
