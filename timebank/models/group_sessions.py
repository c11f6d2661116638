import datetime as dt
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from audit.ids import uuid_primary_key
from core import addresses


class GroupSessionQuerySet(models.QuerySet["GroupSession"]):
    def upcoming(self, now: Any) -> "GroupSessionQuerySet":
        """Published sessions that have not begun."""
        return self.filter(state=GroupSession.State.PUBLISHED, starts_at__gt=now)

    def given_by(self, user: Any) -> "GroupSessionQuerySet":
        """Sessions that this person hosts or has agreed to give with others."""
        mine = GroupProvider.objects.filter(user=user, answer=GroupProvider.Answer.AGREED)
        return self.filter(pk__in=mine.values("session"))


class GroupSession(models.Model):
    """One or several people give time to many at once. All amounts are minutes.

    The cost is the preparation and delivery of all providers; `group_rules` shares it among those who came. `most_minutes`
    is the most that a place can cost, and what booking one holds. `sponsored_minutes` is what the pot pays of the cost
    before anybody else; what attendance does not cover is paid by the pot or forgone by the providers (`shortfall`).
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Being prepared")
        PUBLISHED = "published", _("Open for booking")
        NOTED = "noted", _("Attendance noted")
        SETTLED = "settled", _("Settled")
        EMPTY = "empty", _("Nobody came")
        CANCELLED = "cancelled", _("Cancelled")
        REVERSED = "reversed", _("Reversed")

    class Shortfall(models.TextChoices):
        FORGONE = "forgone", _("Those who give it do without")
        POT = "pot", _("The sponsoring pot pays it")

    id = uuid_primary_key()
    host = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="group_sessions_hosted")
    title = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    skills = models.ManyToManyField("people.Skill", related_name="+", blank=True)
    purpose = models.ForeignKey(
        "timebank.Purpose", null=True, blank=True, on_delete=models.PROTECT, related_name="group_sessions"
    )
    starts_at = models.DateTimeField()
    minutes = models.PositiveIntegerField()  # how long it lasts: what each provider delivers
    online_link = models.CharField(max_length=300, blank=True)
    place = models.CharField(max_length=200, blank=True)
    places = models.PositiveIntegerField()
    most_minutes = models.PositiveIntegerField()
    pot = models.ForeignKey(
        "timebank.Pot", null=True, blank=True, on_delete=models.PROTECT, related_name="group_sessions"
    )
    sponsored_minutes = models.PositiveIntegerField(default=0)
    shortfall = models.CharField(max_length=10, choices=Shortfall, default=Shortfall.FORGONE)
    sponsor_agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    stay_away_pays = models.BooleanField(default=False)  # also who cancels late, unless excused

    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    reason = models.CharField(max_length=500, blank=True)  # why it was cancelled or reversed
    created_at = models.DateTimeField(db_default=Now())
    published_at = models.DateTimeField(null=True, blank=True)
    noted_at = models.DateTimeField(null=True, blank=True)  # the register was closed
    settles_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    cost_minutes = models.PositiveIntegerField(null=True, blank=True)  # preparation and delivery, when it was settled
    pot_paid_minutes = models.PositiveIntegerField(null=True, blank=True)
    transfer = models.OneToOneField(
        "timebank.Transfer", null=True, blank=True, on_delete=models.PROTECT, related_name="group_session"
    )
    key = models.CharField(max_length=100)

    objects = GroupSessionQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["draft", "published", "noted", "settled", "empty", "cancelled", "reversed"]),
                name="group_session_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(minutes__gte=15, minutes__lte=1440, places__gte=1, places__lte=500),
                name="group_session_has_time_and_places",
            ),
            models.CheckConstraint(condition=~Q(title=""), name="group_session_has_a_title"),
            models.CheckConstraint(
                condition=Q(pot__isnull=False)
                | Q(sponsored_minutes=0, shortfall="forgone", sponsor_agreed_by__isnull=True),
                name="group_session_sponsor_is_a_pot",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "cancelled"]) | Q(published_at__isnull=False),
                name="group_session_was_published",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["settled", "reversed"], settled_at__isnull=False, cost_minutes__isnull=False)
                | ~Q(state__in=["settled", "reversed"])
                & Q(settled_at__isnull=True, cost_minutes__isnull=True, transfer__isnull=True),
                name="group_session_settled_says_what",
            ),
            models.UniqueConstraint(fields=["host", "key"], name="group_session_key_once"),
        ]
        indexes = [
            models.Index(fields=["starts_at", "id"], condition=Q(state="published"), name="group_session_calendar"),
            models.Index(fields=["settles_at"], condition=Q(state="noted"), name="group_session_to_settle"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def ends_at(self) -> dt.datetime:
        """When it is over, as planned."""
        return self.starts_at + dt.timedelta(minutes=self.minutes)


class GroupProvider(models.Model):
    """Somebody who gives a group session, and the minutes of preparation that go with it. Whoever was asked by an address
    is that address to the host until they agree; `user` is who has it, once we know."""

    class Answer(models.TextChoices):
        ASKED = "asked", _("Asked")
        AGREED = "agreed", _("Agreed")
        DECLINED = "declined", _("Declined")

    id = uuid_primary_key()
    session = models.ForeignKey(GroupSession, on_delete=models.PROTECT, related_name="providers")
    email = models.EmailField(blank=True, db_default="")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="group_sessions_given"
    )
    account = models.ForeignKey("timebank.Account", on_delete=models.PROTECT, null=True, related_name="+")
    preparation = models.PositiveIntegerField(default=0)
    answer = models.CharField(max_length=10, choices=Answer, default=Answer.ASKED)
    credited_minutes = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(answer__in=["asked", "agreed", "declined"]), name="group_provider_answer_is_known"
            ),
            models.CheckConstraint(condition=Q(preparation__lte=1440), name="group_provider_prepares_at_most_24_h"),
            models.UniqueConstraint(fields=["session", "user"], name="group_provider_once"),
            models.UniqueConstraint(
                fields=["session", "email"], condition=~Q(email=""), name="group_provider_once_an_address"
            ),
            addresses.kept_normal("email", name="group_provider_email_normal", empty=True),
            models.CheckConstraint(
                condition=Q(user__isnull=False, account__isnull=False) | ~Q(answer="agreed"),
                name="group_provider_agreed_is_somebody",
            ),
        ]

    @property
    def shown(self) -> str:
        """What the host reads: the address that they typed, until its owner has agreed."""
        return self.email or str(self.user)


class GroupBooking(models.Model):
    """One person's place in a group session, or in the queue for one."""

    class State(models.TextChoices):
        WAITING = "waiting", _("On the waiting list")
        BOOKED = "booked", _("Booked")
        CANCELLED = "cancelled", _("Cancelled")
        ATTENDED = "attended", _("Was there")
        AWAY = "away", _("Stayed away")

    class Proof(models.TextChoices):
        SCAN = "scan", _("Scanned the code")
        TICK = "tick", _("Ticked by the host")

    id = uuid_primary_key()
    session = models.ForeignKey(GroupSession, on_delete=models.PROTECT, related_name="bookings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="group_bookings")
    account = models.ForeignKey("timebank.Account", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State)
    asked_at = models.DateTimeField(db_default=Now())
    booked_at = models.DateTimeField(null=True, blank=True)  # the place became theirs
    ended_at = models.DateTimeField(null=True, blank=True)  # cancelled
    late = models.BooleanField(default=False)  # cancelled later than the policy's notice
    excused = models.BooleanField(default=False)
    proof = models.CharField(max_length=10, choices=Proof, blank=True)
    noted_at = models.DateTimeField(null=True, blank=True)
    objected_at = models.DateTimeField(null=True, blank=True)  # "I was not there"
    objection = models.CharField(max_length=500, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )  # None: the platform, because nobody decided in time
    note = models.CharField(max_length=500, blank=True)
    paid_minutes = models.PositiveIntegerField(null=True, blank=True)
    key = models.CharField(max_length=100)

    class Meta:
        ordering = ["asked_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "booked", "cancelled", "attended", "away"]),
                name="group_booking_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(state="attended", proof__in=["scan", "tick"], noted_at__isnull=False)
                | ~Q(state="attended") & Q(proof=""),
                name="group_booking_attendance_has_proof",
            ),
            models.CheckConstraint(
                condition=Q(state="cancelled", ended_at__isnull=False)
                | ~Q(state="cancelled") & Q(ended_at__isnull=True, late=False, excused=False),
                name="group_booking_ended_when_cancelled",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "cancelled"]) | Q(booked_at__isnull=False),
                name="group_booking_has_a_place",
            ),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True) | Q(objected_at__isnull=False),
                name="group_booking_decides_an_objection",
            ),
            models.UniqueConstraint(
                fields=["session", "user"], condition=~Q(state="cancelled"), name="group_booking_one_place_each"
            ),
            models.UniqueConstraint(fields=["user", "key"], name="group_booking_key_once"),
        ]
        indexes = [
            models.Index(fields=["session", "asked_at", "id"], name="group_booking_queue"),
            models.Index(fields=["objected_at"], condition=Q(objected_at__isnull=False), name="group_booking_objected"),
        ]
