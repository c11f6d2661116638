from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from audit.ids import uuid_primary_key

LEVELS = (-2, -1, 0, 1, 2)
PARTIAL = Decimal("-0.5")  # "part of the way from −1"; analysis counts it as −1
RHYTHMS = {1: _("Every week"), 2: _("Every two weeks"), 4: _("Every four weeks")}


class GoalQuerySet(models.QuerySet["Goal"]):
    def library(self) -> "GoalQuerySet":
        """What people may sign up for now: the published version of each goal that is nobody's own."""
        return self.filter(status=Goal.Status.PUBLISHED, owner=None).order_by("audience", "title", "id")


class Goal(models.Model):
    """A goal with five levels in words (Goal Attainment Scaling, Kiresuk and Sherman 1968). Versioned: a version that
    somebody has signed up for never changes; a change is a new version that supersedes it."""

    class Audience(models.TextChoices):
        INNOVATOR = "innovator", _("Innovators")
        HELPER = "helper", _("Helpers")
        MANAGER = "manager", _("Portfolio managers")
        APPLICANT = "applicant", _("Applicants")
        EVERYONE = "everyone", _("Everyone")

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        SUPERSEDED = "superseded", _("Superseded")

    id = uuid_primary_key()
    slug = models.SlugField(max_length=80)
    version = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    audience = models.CharField(max_length=10, choices=Audience)
    title = models.CharField(max_length=120)
    words = ArrayField(models.CharField(max_length=200), size=5)  # for −2, −1, 0, +1, +2, in that order
    skills = models.ManyToManyField("people.Skill", blank=True, related_name="+")  # that help somebody get there
    rhythm_weeks = models.PositiveSmallIntegerField(default=2, choices=RHYTHMS)
    usual_weeks = models.PositiveSmallIntegerField(default=12)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    objects = GoalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("slug", "version", name="goal_version_unique"),
            models.UniqueConstraint("slug", condition=Q(status="published"), name="goal_one_published_version"),
            models.CheckConstraint(condition=Q(words__len=5), name="goal_five_levels"),
            models.CheckConstraint(condition=Q(rhythm_weeks__in=list(RHYTHMS)), name="goal_rhythm"),
        ]

    def __str__(self) -> str:
        return self.title

    def words_for(self, level: Decimal | int) -> str:
        """The level in words; people see words, never −2 to +2."""
        if level == PARTIAL:
            return str(_("Part of the way there"))
        return self.words[int(level) + 2]


class SignUp(models.Model):
    """A person's promise to themselves: one goal, from a baseline, until a date."""

    class VisibleTo(models.TextChoices):
        ME = "me", _("Only me")
        MANAGER = "manager", _("Me and my manager")
        TEAM = "team", _("My team and my manager")

    class State(models.TextChoices):
        ACTIVE = "active", _("Under way")
        FINISHED = "finished", _("Finished")
        ABANDONED = "abandoned", _("Stopped")

    id = uuid_primary_key()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="goal_sign_ups")
    goal = models.ForeignKey(Goal, models.PROTECT, related_name="sign_ups")
    purpose = models.ForeignKey("timebank.Purpose", models.PROTECT, null=True, blank=True, related_name="goal_sign_ups")
    why = models.CharField(max_length=300, blank=True)
    baseline = models.SmallIntegerField()
    importance = models.PositiveSmallIntegerField(default=1)
    rhythm_weeks = models.PositiveSmallIntegerField(default=2, choices=RHYTHMS)
    starts_on = models.DateField()
    ends_on = models.DateField()
    visible_to = models.CharField(max_length=7, choices=VisibleTo, default=VisibleTo.ME)
    may_be_asked = models.BooleanField(default=False)  # may others with this goal be sign-posted to me?
    state = models.CharField(max_length=9, choices=State, default=State.ACTIVE)
    ended_at = models.DateTimeField(null=True, blank=True)
    abandoned_why = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(baseline__in=LEVELS), name="sign_up_baseline_is_a_level"),
            models.CheckConstraint(condition=Q(importance__range=(1, 3)), name="sign_up_importance_1_to_3"),
            models.CheckConstraint(condition=Q(rhythm_weeks__in=list(RHYTHMS)), name="sign_up_rhythm"),
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="sign_up_ends_after_it_starts"),
            models.CheckConstraint(
                condition=Q(state="active", ended_at=None) | (~Q(state="active") & Q(ended_at__isnull=False)),
                name="sign_up_ended_with_a_time",
            ),
            models.UniqueConstraint("user", "goal", condition=Q(state="active"), name="sign_up_once_at_a_time"),
        ]


class Assessment(models.Model):
    """Where somebody says they are. Appended, never overwritten: a trigger refuses update and delete."""

    words: str  # what the level is called; put on by the page that lists them

    id = uuid_primary_key()
    sign_up = models.ForeignKey(SignUp, models.PROTECT, related_name="assessments")
    level = models.DecimalField(max_digits=2, decimal_places=1)
    confidence = models.PositiveSmallIntegerField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True)
    said_stuck = models.BooleanField(default=False)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["sign_up", "at"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(level__in=[Decimal(level) for level in LEVELS] + [PARTIAL]), name="assessment_is_a_level"
            ),
            models.CheckConstraint(
                condition=Q(confidence=None) | Q(confidence__range=(1, 5)), name="assessment_confidence_1_to_5"
            ),
        ]

    def forget_note(self) -> None:
        """Empties the note when its writer leaves: the only change that the trigger lets through."""
        Assessment.objects.filter(pk=self.pk).update(note="")


WHY_STUCK = {
    "S0": _("They say so"),
    "S1": _("They have slipped back"),
    "S2": _("No change for four weeks"),
    "S3": _("Past the date they hoped for"),
    "S5": _("Well behind where they hoped to be"),
}


class StuckFlag(models.Model):
    """Why we think somebody is stuck: the rule, what it looked at, and how it ended. One open flag a goal."""

    class Closing(models.TextChoices):
        PROGRESS = "progress", _("They made progress")
        SUPPORT = "support", _("They got help")
        NOT_STUCK = "not_stuck", _("They said they were not stuck")
        UNSTUCK = "unstuck", _("They said they are stuck no longer")
        ENDED = "ended", _("The goal ended")

    purpose_url: str  # the page of what the goal is part of, "" where it has none; put on by the page that lists them

    id = uuid_primary_key()
    sign_up = models.ForeignKey(SignUp, models.PROTECT, related_name="flags")
    rule = models.CharField(max_length=2)
    inputs = models.JSONField()
    opened_at = models.DateTimeField(db_default=Now())
    was_right = models.BooleanField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_because = models.CharField(max_length=9, choices=Closing, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("sign_up", condition=Q(closed_at=None), name="flag_one_open_a_goal"),
            models.CheckConstraint(
                condition=Q(closed_at=None, closed_because="") | (Q(closed_at__isnull=False) & ~Q(closed_because="")),
                name="flag_closed_with_a_reason",
            ),
        ]

    @property
    def guessed(self) -> bool:
        """Whether we worked it out; where somebody said so themselves there is nothing to ask them."""
        return self.rule != "S0"

    @property
    def why(self) -> str:
        """The rule in words."""
        return str(WHY_STUCK[self.rule])


class SignPost(models.Model):
    """A way out that we showed to somebody who is stuck, with the reason; and what came of it."""

    class Kind(models.TextChoices):
        OFFER = "offer", _("An offer on the timebank")
        PEER = "peer", _("Somebody who got there")
        REQUEST = "request", _("Ask the community")

    id = uuid_primary_key()
    flag = models.ForeignKey(StuckFlag, models.PROTECT, related_name="sign_posts")
    kind = models.CharField(max_length=7, choices=Kind)
    listing = models.ForeignKey("timebank.Listing", models.PROTECT, null=True, blank=True, related_name="sign_posts")
    peer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=200)
    position = models.PositiveSmallIntegerField()
    shown_at = models.DateTimeField(db_default=Now())
    opened_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    exchange = models.ForeignKey("timebank.Exchange", models.PROTECT, null=True, blank=True, related_name="sign_posts")

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint("flag", "position", name="sign_post_position_unique"),
            models.CheckConstraint(
                condition=Q(kind="offer", listing__isnull=False, peer=None)
                | Q(kind="peer", peer__isnull=False, listing=None)
                | Q(kind="request", listing=None, peer=None),
                name="sign_post_points_to_its_kind",
            ),
        ]
