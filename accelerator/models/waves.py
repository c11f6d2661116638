import datetime as dt

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accelerator.rules import waves as rules
from audit.ids import uuid_primary_key


class Programme(models.Model):
    """An accelerator that runs wave after wave, for one part of the country or one community."""

    id = uuid_primary_key()
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    summary = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class WaveQuerySet(models.QuerySet["Wave"]):
    def call_open(self, now: dt.datetime) -> "WaveQuerySet":
        """Waves that take applications now, the one that closes first at the head."""
        return self.filter(call_opens__lte=now, call_closes__gt=now).order_by("call_closes", "id")

    def call_ahead(self, now: dt.datetime) -> "WaveQuerySet":
        """Waves whose call has not opened yet, the next at the head."""
        return self.filter(call_opens__gt=now).order_by("call_opens", "id")


class Wave(models.Model):
    """One run of a programme, from the call to the evaluation. Its dates decide what is open: nothing is
    switched by hand. Minutes are time credits (60 = one credit)."""

    class Nation(models.TextChoices):
        ENGLAND = "england", "England"
        SCOTLAND = "scotland", "Scotland"
        WALES = "wales", "Wales"
        NORTHERN_IRELAND = "northern_ireland", "Northern Ireland"

    id = uuid_primary_key()
    programme = models.ForeignKey(Programme, models.PROTECT, related_name="waves")
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    summary = models.TextField(blank=True)
    nation = models.CharField(max_length=20, choices=Nation, default=Nation.ENGLAND)
    regions = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    themes = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    capacity = models.PositiveSmallIntegerField(default=10)
    call_opens = models.DateTimeField()
    call_closes = models.DateTimeField()
    support_starts = models.DateField()
    community_starts = models.DateField()
    evaluation_starts = models.DateField()
    ends = models.DateField()
    question_set = models.ForeignKey("accelerator.QuestionSet", models.PROTECT, related_name="waves")
    rubric = models.ForeignKey("accelerator.Rubric", models.PROTECT, related_name="waves")
    roadmap_template = models.ForeignKey(
        "accelerator.RoadmapTemplate", models.PROTECT, null=True, blank=True, related_name="waves"
    )
    feedback_policy = models.ForeignKey("accelerator.FeedbackPolicy", models.PROTECT, related_name="waves")
    fund = models.OneToOneField("timebank.Pot", models.PROTECT, null=True, blank=True, related_name="wave")
    campaign = models.ForeignKey("outreach.Campaign", models.PROTECT, null=True, blank=True, related_name="waves")
    allowance_minutes = models.PositiveIntegerField(default=20 * 60)
    access_fund_pence = models.PositiveIntegerField(default=0)  # so that nobody is out of pocket; see `AccessClaim`
    access_paid_how = models.TextField(blank=True)  # how money reaches people; bank details are never kept here
    taken_lessons = models.ManyToManyField(
        "accelerator.Lesson", blank=True, related_name="taken_by"
    )  # when it was copied
    created_at = models.DateTimeField(db_default=Now())

    objects = WaveQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(call_opens__lt=F("call_closes"))
                & Q(call_closes__date__lte=F("support_starts"))
                & Q(support_starts__lt=F("community_starts"))
                & Q(community_starts__lt=F("evaluation_starts"))
                & Q(evaluation_starts__lt=F("ends")),
                name="wave_dates_in_order",
            ),
            models.CheckConstraint(condition=Q(capacity__gt=0), name="wave_takes_somebody"),
        ]

    def __str__(self) -> str:
        return self.name

    def phase(self, now: dt.datetime | None = None) -> rules.Phase:
        """Where this wave stands at `now` (default: this moment), by its dates alone."""
        return rules.phase(self, now)

    @property
    def call_is_open(self) -> bool:
        """Whether applications may be sent at this moment."""
        return self.phase() == rules.Phase.CALL
