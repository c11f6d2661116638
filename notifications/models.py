import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from audit.ids import uuid_primary_key
from core import addresses
from notifications import kinds


class OutboxMessage(models.Model):
    """One e-mail that somebody is owed: written in the transaction of what it tells of, sent by Celery after it.

    To a user, or to an address of somebody who is no user (yet): never both. `key` says what it tells of: a second row
    with the same key to the same person is refused by the database.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting for a digest")
        FOLDED = "folded", _("sent inside a digest")
        QUEUED = "queued", _("about to be sent")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        UNCERTAIN = "uncertain", _("perhaps sent; sending again")
        FAILED = "failed", _("could not be sent")
        DROPPED = "dropped", _("not wanted or no address")
        GONE = "gone", _("its reason had gone, so it was not sent")

    class Pace(models.TextChoices):
        AT_ONCE = "at_once", _("at once")
        REMINDER = "reminder", _("folded, at most two a week")
        DAILY = "daily", _("daily digest")
        WEEKLY = "weekly", _("weekly digest")

    id = uuid_primary_key()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="outbox"
    )
    to_email = models.EmailField(blank=True)
    kind = models.CharField(max_length=60)
    reminder = models.CharField(max_length=60, blank=True, db_default="")  # asked again before it leaves; "" for news
    key = models.CharField(max_length=200)
    subject = models.CharField(max_length=200)
    text = models.TextField(blank=True)  # the body; greeting, footer and HTML are made when it is sent
    button = models.CharField(max_length=60, blank=True)  # what the link to `url` says; "" for the usual words
    calendar = models.TextField(blank=True, db_default="")  # an iCalendar object that goes with it, with its METHOD
    url = models.CharField(max_length=500, blank=True)
    pace = models.CharField(max_length=10, choices=Pace, default=Pace.AT_ONCE)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    created_at = models.DateTimeField(db_default=Now())
    not_before = models.DateTimeField(db_default=Now())
    released_at = models.DateTimeField(null=True, blank=True)  # when it left the waiting room, alone or as a digest
    claimed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    uncertain_count = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)  # the error's class and code; no address, no body
    message_id = models.CharField(max_length=120, unique=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    purged_at = models.DateTimeField(null=True, blank=True)
    digest = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="parts")

    class Meta:
        constraints = [
            addresses.kept_normal("to_email", name="outbox_to_email_normal", empty=True),
            models.CheckConstraint(
                name="outbox_one_recipient",
                condition=Q(user__isnull=False, to_email="") | (Q(user__isnull=True) & ~Q(to_email="")),
            ),
            models.UniqueConstraint(
                name="outbox_key_once_per_user", fields=["user", "key"], condition=Q(user__isnull=False)
            ),
            models.UniqueConstraint(
                name="outbox_key_once_per_address", fields=["to_email", "key"], condition=Q(user__isnull=True)
            ),
            models.CheckConstraint(
                name="outbox_sent_has_time",
                condition=Q(state="sent", sent_at__isnull=False) | (~Q(state="sent") & Q(sent_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="outbox_sending_is_claimed", condition=~Q(state="sending") | Q(claimed_at__isnull=False)
            ),
            models.CheckConstraint(
                name="outbox_folded_has_digest",
                condition=Q(state="folded", digest__isnull=False) | (~Q(state="folded") & Q(digest__isnull=True)),
            ),
            models.CheckConstraint(
                name="outbox_purged_is_empty", condition=Q(purged_at__isnull=True) | Q(text="", calendar="")
            ),
        ]
        indexes = [
            models.Index(
                fields=["not_before"], name="outbox_unsent", condition=Q(state__in=["queued", "sending", "uncertain"])
            ),
            models.Index(fields=["user", "pace"], name="outbox_waiting", condition=Q(state="waiting")),
            models.Index(fields=["user", "released_at"], name="outbox_released"),
            models.Index(fields=["state", "-created_at"], name="outbox_by_state"),
            models.Index(fields=["created_at"], name="outbox_unpurged", condition=Q(purged_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def about(self) -> str:
        """What kind of message it is, in words."""
        return kinds.label(self.kind)


class InboxItemQuerySet(models.QuerySet["InboxItem"]):
    def of(self, user) -> "InboxItemQuerySet":
        """One person's messages, newest first."""
        return self.filter(user=user).order_by("-created_at", "-id")

    def unread(self) -> "InboxItemQuerySet":
        """Those not opened yet."""
        return self.filter(read_at__isnull=True)


class InboxItem(models.Model):
    """The same news inside the site, whatever the person's e-mail preferences are."""

    id = uuid_primary_key()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="inbox")
    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=200)
    subject = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    url = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    read_at = models.DateTimeField(null=True, blank=True)

    objects = InboxItemQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(name="inbox_key_once_per_user", fields=["user", "key"])]
        indexes = [
            models.Index(fields=["user", "-created_at", "-id"], name="inbox_newest"),
            models.Index(fields=["user"], name="inbox_unread", condition=Q(read_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.subject


class Preference(models.Model):
    """How one person wants one kind of message by e-mail; no row means at once."""

    class How(models.TextChoices):
        AT_ONCE = "at_once", _("At once")
        DAILY = "daily", _("Once a day")
        WEEKLY = "weekly", _("Once a week")
        OFF = "off", _("No e-mail")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notification_preferences"
    )
    kind = models.CharField(max_length=60)
    how = models.CharField(max_length=10, choices=How)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="preference_once_per_kind", fields=["user", "kind"]),
            models.CheckConstraint(
                name="preference_how_known", condition=Q(how__in=["at_once", "daily", "weekly", "off"])
            ),
        ]


class QuietHours(models.Model):
    """A person's own quiet hours, London time; many work nights. No row means 20:00 to 08:00."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="quiet_hours")
    starts = models.TimeField(default=dt.time(20, 0))
    ends = models.TimeField(default=dt.time(8, 0))

    class Meta:
        constraints = [models.CheckConstraint(name="quiet_hours_not_empty", condition=~Q(starts=F("ends")))]


class ReminderSent(models.Model):
    """That a reminder was given: the key stays when the message itself is purged, so nobody gets the same twice."""

    key = models.CharField(max_length=300, unique=True)  # reminder, person, occasion
    at = models.DateTimeField(db_default=Now())


class CaughtMail(models.Model):
    """Mail that `MailPageBackend` kept instead of sending. Only outside production; there it stays empty."""

    preview: str  # put on by the page that lists them

    id = uuid_primary_key()
    at = models.DateTimeField(db_default=Now())
    sender = models.CharField(max_length=320)
    to = models.CharField(max_length=320)
    subject = models.CharField(max_length=300)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    calendar = models.TextField(blank=True, db_default="")  # the iCalendar object that went with it
    headers = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["-at", "-id"], name="caught_newest")]

    def __str__(self) -> str:
        return self.subject
