from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from audit.ids import uuid_primary_key


class SavedSearch(models.Model):
    """A search of the board that a member keeps. Once a day we tell them what is new in it, each listing once."""

    id = uuid_primary_key()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="saved_searches")
    name = models.CharField(max_length=100)
    filters = models.JSONField(default=dict)  # as in the address of the board: {"q": "run charts", "kind": "offer"}
    saved_at = models.DateTimeField(db_default=Now())
    checked_at = models.DateTimeField(db_default=Now())  # what came onto the board since is news
    alerts = models.BooleanField(default=True)

    class Meta:
        ordering = ["-saved_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "filters"], name="saved_search_once"),
            models.CheckConstraint(condition=~Q(name=""), name="saved_search_has_a_name"),
            models.CheckConstraint(
                condition=Q(checked_at__gte=F("saved_at")), name="saved_search_checked_after_saving"
            ),
        ]
        indexes = [models.Index(fields=["checked_at"], condition=Q(alerts=True), name="saved_search_due")]

    def __str__(self) -> str:
        return self.name


class SavedSearchHit(models.Model):
    """A listing that a saved search has told of."""

    search = models.ForeignKey(SavedSearch, on_delete=models.CASCADE, related_name="hits")
    listing = models.ForeignKey("timebank.Listing", on_delete=models.PROTECT, related_name="+")
    told_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["search", "listing"], name="saved_search_tells_once")]
