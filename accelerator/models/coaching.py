from django.db import models
from django.db.models.functions import Now

from accelerator.models.apply import Application
from audit.ids import uuid_primary_key


class CoachingHour(models.Model):
    """The hour with a coach that somebody took up after a no: the request on the board, and the purse that pays for it,
    filled from the wave's fund. One an application, for good."""

    id = uuid_primary_key()
    application = models.OneToOneField(Application, models.PROTECT, related_name="coaching_hour")
    listing = models.OneToOneField("timebank.Listing", models.PROTECT, related_name="coaching_hour")
    pot = models.OneToOneField("timebank.Pot", models.PROTECT, related_name="coaching_hour")
    asked_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)  # then what was not spent is back in the fund
