import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accelerator.models.apply import Application
from audit.ids import uuid_primary_key


class ScribeQuerySet(models.QuerySet["Scribe"]):
    def standing(self, now: dt.datetime) -> "ScribeQuerySet":
        """Those that let a broker write now, if they are one still (`has_role`) and it is a draft still."""
        return self.open(now).filter(confirmed_at__isnull=False)

    def asked(self, now: dt.datetime) -> "ScribeQuerySet":
        """Those that wait to be confirmed: nothing of the draft is seen yet."""
        return self.open(now).filter(confirmed_at=None)

    def open(self, now: dt.datetime) -> "ScribeQuerySet":
        """Those that have not ended, of drafts."""
        return self.filter(ended_at=None, until__gt=now, application__state=Application.State.DRAFT)


class Scribe(models.Model):
    """That a time broker says an applicant asked them to write their answers down: on the phone, at a table. It counts once
    the applicant has confirmed it, or, where they have no e-mail address, another broker who asked them. It lasts some
    days, and the applicant ends it whenever they like."""

    id = uuid_primary_key()
    application = models.ForeignKey(Application, models.PROTECT, related_name="scribes")
    broker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    begun_at = models.DateTimeField(db_default=Now())
    until = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = ScribeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "broker"], condition=Q(ended_at=None), name="scribe_once_at_a_time"
            ),
            models.CheckConstraint(condition=Q(until__gt=F("begun_at")), name="scribe_lasts_some_time"),
            models.CheckConstraint(
                condition=Q(confirmed_at=None, confirmed_by=None)
                | (Q(confirmed_at__isnull=False, confirmed_by__isnull=False) & ~Q(confirmed_by=F("broker"))),
                name="scribe_confirmed_by_another",
            ),
        ]
