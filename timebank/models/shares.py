from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from audit.ids import uuid_primary_key


class StandingShare(models.Model):
    """What a member lets flow, of every hour they earn, to a pot or to the community pot (no `pot`). A new one ends the
    one before it; those that have ended stay, to say where credits went."""

    id = uuid_primary_key()
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="standing_shares")
    pot = models.ForeignKey(
        "timebank.Pot", null=True, blank=True, on_delete=models.PROTECT, related_name="standing_shares"
    )
    per_cent = models.PositiveSmallIntegerField()
    since = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-since", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(per_cent__gte=1, per_cent__lte=100), name="share_is_1_to_100_per_cent"),
            models.UniqueConstraint(fields=["member"], condition=Q(ended_at=None), name="share_one_each"),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("since")), name="share_ends_after_it_begins"
            ),
        ]
