from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now

from audit.ids import uuid_primary_key


class DateRange(Func):
    """The days from one to another, both of them in it."""

    function = "DATERANGE"
    output_field = DateRangeField()


class Away(models.Model):
    """Days on which a member is away, the first and the last among them: their listings rest, nobody is suggested to
    ask them, and nothing is settled because they are silent. Periods that are over stay, for what asks about the past."""

    id = uuid_primary_key()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="away")
    first_day = models.DateField()
    last_day = models.DateField()
    set_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["first_day", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="away_ends_after_it_begins"),
            ExclusionConstraint(
                name="away_once_a_day",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    (
                        DateRange("first_day", "last_day", RangeBoundary(inclusive_upper=True)),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]
        indexes = [models.Index(fields=["last_day", "first_day"], name="away_when")]
