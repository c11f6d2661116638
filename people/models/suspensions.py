"""Pauses of accounts, and what people say against them."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _

from audit.ids import uuid_primary_key

LONGEST = dt.timedelta(days=90)  # without a second person's word


class SuspensionQuerySet(models.QuerySet["Suspension"]):
    def open(self) -> "SuspensionQuerySet":
        """Those that hold: until the moment at which they are lifted, by a person or by the platform."""
        return self.filter(lifted_at=None)


class Suspension(models.Model):
    """A stretch in which somebody may not deal with others here. `why` is for the record; `words` are what they read.

    It ends at `until` at the latest. Longer than `LONGEST` takes a second person, who renews it."""

    id = uuid_primary_key()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="suspensions")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    why = models.TextField(max_length=2000)
    words = models.TextField(max_length=2000)
    at = models.DateTimeField(db_default=Now())
    until = models.DateTimeField()
    renewed_at = models.DateTimeField(null=True, blank=True)
    renewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    renewal_why = models.TextField(max_length=2000, blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )  # none: it came to its end
    lift_reason = models.TextField(max_length=2000, blank=True)

    objects = SuspensionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(lifted_at=None), name="suspension_one_open"),
            models.CheckConstraint(condition=~Q(user=F("by")), name="suspension_not_of_oneself"),
            models.CheckConstraint(condition=~Q(why="") & ~Q(words=""), name="suspension_has_reasons"),
            models.CheckConstraint(
                condition=Q(until__gt=F("at"), until__lte=Coalesce(F("renewed_at"), F("at")) + LONGEST),
                name="suspension_not_too_long",
            ),
            models.CheckConstraint(
                condition=Q(renewed_at=None, renewed_by=None, renewal_why="")
                | (
                    Q(renewed_at__isnull=False, renewed_by__isnull=False)
                    & ~Q(renewal_why="")
                    & ~Q(renewed_by=F("by"))
                    & ~Q(renewed_by=F("user"))
                ),
                name="suspension_renewed_by_a_second_person",
            ),
            models.CheckConstraint(
                condition=Q(lifted_at=None, lifted_by=None, lift_reason="")
                | Q(lifted_at__isnull=False, lifted_by=None, lift_reason="")
                | (Q(lifted_at__isnull=False, lifted_by__isnull=False) & ~Q(lift_reason="") & ~Q(lifted_by=F("user"))),
                name="suspension_lifted_with_a_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["until"], condition=Q(lifted_at=None), name="suspension_open_until"),
            models.Index(fields=["user", "lifted_at"], name="suspension_of"),
            models.Index(fields=["-at"], name="suspension_newest"),
        ]


class Appeal(models.Model):
    """What a paused person says against it, and what somebody decided who had no part in it."""

    class Outcome(models.TextChoices):
        """What came of it."""

        LIFTED = "lifted", _("The pause is lifted")
        KEPT = "kept", _("The pause stays")
        OVER = "over", _("The pause ended before anybody decided")

    id = uuid_primary_key()
    suspension = models.ForeignKey(Suspension, on_delete=models.PROTECT, related_name="appeals")
    against = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )  # whose decision it was, the latest: never who decides here
    text = models.TextField(max_length=4000)
    at = models.DateTimeField(db_default=Now())
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    words = models.TextField(max_length=2000, blank=True)  # for the person

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["suspension"], condition=Q(decided_at=None), name="appeal_one_open"),
            models.CheckConstraint(condition=~Q(text=""), name="appeal_says_something"),
            models.CheckConstraint(condition=~Q(decided_by=F("against")), name="appeal_decided_by_somebody_else"),
            models.CheckConstraint(
                condition=Q(decided_at=None, decided_by=None, outcome="", words="")
                | Q(decided_at__isnull=False, decided_by=None, outcome="over", words="")
                | (
                    Q(decided_at__isnull=False, decided_by__isnull=False, outcome__in=["lifted", "kept"]) & ~Q(words="")
                ),
                name="appeal_decided_with_words",
            ),
        ]
