from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from audit.ids import uuid_primary_key
from timebank.models.exchanges import HoursRecord

RUNNING = ["running", "ended"]


class EngagementQuerySet(models.QuerySet["Engagement"]):
    def of(self, user) -> "EngagementQuerySet":
        """The engagements that this person is a side of: gives, receives, or is a steward of the pot that pays."""
        return self.filter(
            Q(provider=user)
            | Q(receiver=user, pot=None)
            | Q(pot__in=user.pot_stewardships.filter(until=None).values("pot"))
        )


class Engagement(models.Model):
    """One agreement about work of many sessions. Each month's hours are settled as one exchange; up to
    `monthly_minutes` of the payer's credits are held for a month when it begins. Given ones move no credits."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Waiting for an answer")
        RUNNING = "running", _("Running")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        ENDED = "ended", _("Ended")

    id = uuid_primary_key()
    title = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    listing = models.ForeignKey(
        "timebank.Listing", null=True, blank=True, on_delete=models.PROTECT, related_name="engagements"
    )
    provider = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="engagements_given")
    receiver = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="engagements_received"
    )
    pot = models.ForeignKey("timebank.Pot", null=True, blank=True, on_delete=models.PROTECT, related_name="engagements")
    purpose = models.ForeignKey(
        "timebank.Purpose", null=True, blank=True, on_delete=models.PROTECT, related_name="engagements"
    )
    credited = models.BooleanField(default=True)  # False: given, the hours count and no credits move
    monthly_minutes = models.PositiveSmallIntegerField()  # agreed, and held for a month at its start
    wanted_minutes = models.PositiveSmallIntegerField(
        null=True, blank=True
    )  # a month, as one side wants it from now on
    wanted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(db_default=Now())
    agreed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=500, blank=True)  # why it was declined or ended
    key = models.CharField(max_length=100)

    objects = EngagementQuerySet.as_manager()

    class Meta:
        ordering = ["-proposed_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "running", "declined", "withdrawn", "ended"]),
                name="engagement_state_is_known",
            ),
            models.CheckConstraint(condition=~Q(provider=F("receiver")), name="engagement_is_between_two_people"),
            models.CheckConstraint(
                condition=Q(monthly_minutes__gte=15, monthly_minutes__lte=1440),
                name="engagement_15_min_to_24_h_a_month",
            ),
            models.CheckConstraint(
                condition=Q(wanted_minutes=None, wanted_by=None)
                | Q(state="running", wanted_minutes__gte=15, wanted_minutes__lte=1440, wanted_by__isnull=False),
                name="engagement_wanted_hours_are_whole",
            ),
            models.CheckConstraint(
                condition=Q(state__in=RUNNING, agreed_at__isnull=False)
                | (~Q(state__in=RUNNING) & Q(agreed_at__isnull=True)),
                name="engagement_runs_when_agreed",
            ),
            models.CheckConstraint(
                condition=Q(state="ended", ended_at__isnull=False) | (~Q(state="ended") & Q(ended_at__isnull=True)),
                name="engagement_end_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(credited=True) | Q(pot__isnull=True), name="engagement_pot_pays_credits"
            ),
            models.CheckConstraint(condition=~Q(title=""), name="engagement_has_a_title"),
            models.UniqueConstraint(fields=["proposed_by", "key"], name="engagement_key_once"),
        ]

    def __str__(self) -> str:
        return self.title


class EngagementMonth(models.Model):
    """One month of an engagement. It opens with a hold and takes sessions until it is closed; then its hours are
    settled by `exchange`, which is missing where there were none."""

    id = uuid_primary_key()
    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="months")
    month = models.DateField()  # its first day
    opened_at = models.DateTimeField(db_default=Now())
    hold = models.OneToOneField("timebank.Hold", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)  # takes no more sessions
    done_at = models.DateTimeField(null=True, blank=True)  # nothing more to do here: its exchange goes its own way
    exchange = models.OneToOneField(
        "timebank.Exchange", null=True, blank=True, on_delete=models.PROTECT, related_name="engagement_month"
    )

    class Meta:
        ordering = ["month", "id"]
        constraints = [
            models.UniqueConstraint(fields=["engagement", "month"], name="engagement_month_once"),
            models.UniqueConstraint(
                fields=["engagement"], condition=Q(closed_at__isnull=True), name="engagement_month_one_open"
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="engagement_month_is_its_first_day"),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True) | Q(closed_at__isnull=False), name="engagement_month_done_is_closed"
            ),
            models.CheckConstraint(
                condition=Q(exchange__isnull=True) | Q(done_at__isnull=False), name="engagement_month_settles_when_done"
            ),
        ]
        indexes = [
            models.Index(fields=["month"], condition=Q(done_at__isnull=True), name="engagement_month_to_do"),
        ]


class WorkSession(models.Model):
    """Work that the provider logged. The receiver confirms or queries it; the provider may change what is not
    confirmed while the month is open."""

    class State(models.TextChoices):
        LOGGED = "logged", _("To confirm")
        CONFIRMED = "confirmed", _("Confirmed")
        QUERIED = "queried", _("Queried")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    id = uuid_primary_key()
    month = models.ForeignKey(EngagementMonth, on_delete=models.PROTECT, related_name="sessions")
    day = models.DateField()
    minutes = models.PositiveSmallIntegerField()
    note = models.CharField(max_length=300)
    time_kind = models.CharField(max_length=4, choices=HoursRecord.TimeKind, default=HoursRecord.TimeKind.OWN)
    state = models.CharField(max_length=10, choices=State, default=State.LOGGED)
    logged_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    logged_at = models.DateTimeField(db_default=Now())
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    query = models.CharField(max_length=300, blank=True)  # what the receiver asks about it
    key = models.CharField(max_length=100)

    class Meta:
        ordering = ["day", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["logged", "confirmed", "queried", "withdrawn"]),
                name="work_session_state_is_known",
            ),
            models.CheckConstraint(condition=Q(minutes__gte=1, minutes__lte=1440), name="work_session_1_min_to_24_h"),
            models.CheckConstraint(condition=Q(time_kind__in=["own", "work"]), name="work_session_time_is_known"),
            models.CheckConstraint(condition=~Q(note=""), name="work_session_has_a_note"),
            models.CheckConstraint(
                condition=Q(state="queried") & ~Q(query="") | (~Q(state="queried") & Q(query="")),
                name="work_session_query_has_words",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["confirmed", "queried"], answered_at__isnull=False, answered_by__isnull=False)
                | Q(state__in=["logged", "withdrawn"], answered_at__isnull=True, answered_by__isnull=True),
                name="work_session_answer_is_whole",
            ),
            models.UniqueConstraint(fields=["logged_by", "key"], name="work_session_key_once"),
        ]
        indexes = [models.Index(fields=["month", "day", "id"], name="work_session_in_order")]
