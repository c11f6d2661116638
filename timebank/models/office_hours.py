import datetime as dt

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.ids import uuid_primary_key


class OfficeHours(models.Model):
    """Times at which a helper can be booked for an offer of theirs, without asking first: so many slots of one length,
    one after the other, on a day that comes back by the clock of London."""

    class Rhythm(models.TextChoices):
        ONCE = "once", _("Once")
        WEEKLY = "weekly", _("Every week")
        FORTNIGHTLY = "fortnightly", _("Every two weeks")

    id = uuid_primary_key()
    listing = models.ForeignKey("timebank.Listing", on_delete=models.PROTECT, related_name="office_hours")
    helper = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="office_hours")
    rhythm = models.CharField(max_length=11, choices=Rhythm)
    first_day = models.DateField()
    last_day = models.DateField()
    at = models.TimeField()  # of the first slot, by the clock of London whatever the season
    minutes = models.PositiveSmallIntegerField()  # of one slot
    each_day = models.PositiveSmallIntegerField(default=1)  # slots, one after the other
    notice_hours = models.PositiveSmallIntegerField(default=24)  # a slot is booked no later than this before it begins
    online_link = models.CharField(max_length=300, blank=True)
    place = models.CharField(max_length=200, blank=True)
    published_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)
    key = models.CharField(max_length=100)

    class Meta:
        ordering = ["-published_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(rhythm__in=["once", "weekly", "fortnightly"]), name="office_hours_rhythm_is_known"
            ),
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="office_hours_days_in_order"),
            models.CheckConstraint(condition=Q(minutes__gte=15, minutes__lte=240), name="office_hours_slot_is_short"),
            models.CheckConstraint(condition=Q(each_day__gte=1, each_day__lte=12), name="office_hours_slots_a_day"),
            models.CheckConstraint(condition=Q(notice_hours__lte=336), name="office_hours_notice_at_most_14_days"),
            models.UniqueConstraint(fields=["helper", "key"], name="office_hours_key_once"),
        ]

    def __str__(self) -> str:
        return self.listing.title


class Slot(models.Model):
    """One time of a helper's office hours. It can be booked until its notice begins, unless it is skipped."""

    id = uuid_primary_key()
    office_hours = models.ForeignKey(OfficeHours, on_delete=models.PROTECT, related_name="slots")
    helper = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    during = DateTimeRangeField()  # its start is in it, its end is not
    starts_at = models.DateTimeField()
    book_by = models.DateTimeField()  # the last moment at which it can be booked: its start less the notice
    skipped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            ExclusionConstraint(
                name="slot_helper_is_in_one_place",
                expressions=[("helper", RangeOperators.EQUAL), ("during", RangeOperators.OVERLAPS)],
                condition=Q(skipped_at__isnull=True),
            ),
            models.CheckConstraint(
                condition=Q(during__startswith=F("starts_at"), book_by__lte=F("starts_at")), name="slot_times_in_order"
            ),
        ]
        indexes = [
            models.Index(fields=["office_hours", "starts_at"], name="slot_in_order"),
            models.Index(fields=["book_by"], condition=Q(skipped_at__isnull=True), name="slot_to_book"),
        ]

    @property
    def ends_at(self) -> dt.datetime:
        return self.during.upper


class BookedTimeQuerySet(models.QuerySet["BookedTime"]):
    def standing(self) -> "BookedTimeQuerySet":
        return self.filter(freed_at=None)

    def free(self, exchange) -> int:
        """Gives the time of an exchange that is off back to whoever wants it next. Returns how many rows that were."""
        return self.standing().filter(exchange=exchange).update(freed_at=timezone.now())


class BookedTime(models.Model):
    """That a booking takes the time of a person: one row for the helper and one for who booked, so that the database
    lets nobody be in two bookings at once, on whichever side. A booking is an accepted exchange."""

    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="booked")
    exchange = models.ForeignKey("timebank.Exchange", on_delete=models.PROTECT, related_name="booked")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    during = DateTimeRangeField()
    freed_at = models.DateTimeField(null=True, blank=True)

    objects = BookedTimeQuerySet.as_manager()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="booked_person_is_in_one_place",
                expressions=[("person", RangeOperators.EQUAL), ("during", RangeOperators.OVERLAPS)],
                condition=Q(freed_at__isnull=True),
            ),
        ]
