"""The roadmap: versioned templates, the milestones that each innovation gets from one, and the evidence shown for them."""

import datetime as dt
import secrets

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accelerator.models.kinds import HelpKind
from accelerator.models.versioned import Versioned
from audit.ids import uuid_primary_key


class RoadmapTemplate(Versioned):
    """One version of a named roadmap: "core" and "full" ship, and managers make others. `title` is what a manager reads.
    `fingerprint` is the SHA-256 of its content once it is published, so that publishing the same again changes nothing."""

    PARTS = "rows"

    title = models.CharField(max_length=100)
    fingerprint = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.title}, version {self.version}"


class TemplateMilestone(models.Model):
    """A row of a template. Weeks count from the day that support starts; `end_week` is the week by whose start it is due.
    `only_device` and `only_tiers` (empty: all) say to which innovations it applies."""

    template = models.ForeignKey(RoadmapTemplate, on_delete=models.PROTECT, related_name="rows")
    order = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=120)
    start_week = models.PositiveSmallIntegerField()
    end_week = models.PositiveSmallIntegerField()
    depends_on = models.ManyToManyField("self", symmetrical=False, blank=True, related_name="leads_to")
    only_device = models.BooleanField(default=False)
    only_tiers = ArrayField(models.CharField(max_length=1), default=list, blank=True)
    frameworks = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    why = models.TextField()
    steps = ArrayField(models.CharField(max_length=200))
    to_show = ArrayField(models.CharField(max_length=200))
    usual_minutes = models.PositiveIntegerField()  # hours of help it usually takes
    kind = models.CharField(max_length=12, choices=HelpKind)
    skills = models.ManyToManyField("people.Skill", blank=True, related_name="+")

    class Meta:
        ordering = ["template", "order"]
        constraints = [
            models.UniqueConstraint(fields=["template", "order"], name="template_milestone_order_unique"),
            models.CheckConstraint(
                condition=Q(end_week__gte=F("start_week")), name="template_milestone_ends_after_start"
            ),
            models.CheckConstraint(condition=Q(steps__len=3), name="template_milestone_three_steps"),
        ]


class Milestone(models.Model):
    """One step of an innovation's own roadmap. Words are copied from the template row so that a manager can make them
    bespoke; `baseline_*` keep the first dates, so that slippage stays visible."""

    minutes: int  # hours received for it; put on by the queries that list milestones

    class State(models.TextChoices):
        NOT_STARTED = "not_started", "Not started"
        IN_PROGRESS = "in_progress", "In progress"
        SUBMITTED = "submitted", "Evidence sent"
        RETURNED = "returned", "Sent back with a comment"
        ACCEPTED = "accepted", "Done"
        NOT_APPLICABLE = "not_applicable", "Not needed"

    id = uuid_primary_key()
    innovation = models.ForeignKey("accelerator.Innovation", on_delete=models.PROTECT, related_name="milestones")
    row = models.ForeignKey(TemplateMilestone, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    purpose = models.OneToOneField("timebank.Purpose", on_delete=models.PROTECT, related_name="milestone")
    title = models.CharField(max_length=120)
    why = models.TextField(blank=True)
    steps = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    to_show = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    frameworks = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    usual_minutes = models.PositiveIntegerField(default=0)
    kind = models.CharField(max_length=12, choices=HelpKind)
    depends_on = models.ManyToManyField("self", symmetrical=False, blank=True, related_name="leads_to")
    baseline_start = models.DateField()
    baseline_end = models.DateField()
    start = models.DateField()
    end = models.DateField()
    state = models.CharField(max_length=16, choices=State, default=State.NOT_STARTED)
    state_since = models.DateTimeField(db_default=Now())
    not_applicable_reason = models.TextField(blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["innovation", "start", "end"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(end__gte=F("start")) & Q(baseline_end__gte=F("baseline_start")),
                name="milestone_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(state="not_applicable") ^ Q(not_applicable_reason=""),
                name="milestone_not_applicable_has_reason",
            ),
            models.CheckConstraint(
                condition=(Q(state="accepted") & Q(accepted_at__isnull=False))
                | (~Q(state="accepted") & Q(accepted_at__isnull=True)),
                name="milestone_accepted_has_date",
            ),
            models.UniqueConstraint(fields=["innovation", "row"], name="milestone_row_once"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def slippage_days(self) -> int:
        """Days by which the end has moved from the baseline; negative is earlier."""
        return (self.end - self.baseline_end).days


class Submission(models.Model):
    """One set of evidence for a milestone. Each is kept; only the latest can be waiting. A test cycle
    (Plan-Do-Study-Act) is told in the three `cycle_*` fields or not at all."""

    answer_by: dt.date  # these two are put on by the card at home
    late: bool

    class State(models.TextChoices):
        SUBMITTED = "submitted", "Waiting to be read"
        RETURNED = "returned", "Sent back with a comment"
        ACCEPTED = "accepted", "Accepted"

    id = uuid_primary_key()
    milestone = models.ForeignKey(Milestone, on_delete=models.PROTECT, related_name="submissions")
    number = models.PositiveSmallIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())
    account = models.TextField()  # what we did and what we found
    shows = ArrayField(models.CharField(max_length=200), default=list, blank=True)  # ticked lines of `to_show`
    links = ArrayField(models.URLField(max_length=500), default=list, blank=True)
    cycle_prediction = models.TextField(blank=True)
    cycle_happened = models.TextField(blank=True)
    cycle_next = models.TextField(blank=True)
    state = models.CharField(max_length=12, choices=State, default=State.SUBMITTED)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)
    comment = models.TextField(blank=True)

    class Meta:
        ordering = ["milestone", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["milestone", "number"], name="submission_number_unique"),
            models.UniqueConstraint(
                fields=["milestone"], condition=Q(state="submitted"), name="submission_one_waiting"
            ),
            models.UniqueConstraint(
                fields=["milestone"], condition=Q(state="accepted"), name="submission_one_accepted"
            ),
            models.CheckConstraint(
                condition=(Q(state="submitted") & Q(reviewed_by__isnull=True) & Q(reviewed_at__isnull=True))
                | (~Q(state="submitted") & Q(reviewed_by__isnull=False) & Q(reviewed_at__isnull=False)),
                name="submission_reviewed_has_reviewer",
            ),
            models.CheckConstraint(
                condition=~Q(state="returned") | ~Q(comment=""), name="submission_returned_has_comment"
            ),
            models.CheckConstraint(
                condition=Q(cycle_prediction="", cycle_happened="", cycle_next="")
                | ~(Q(cycle_prediction="") | Q(cycle_happened="") | Q(cycle_next="")),
                name="submission_cycle_whole_or_absent",
            ),
        ]

    @property
    def shown_files(self) -> list["EvidenceFile"]:
        """Its files without those that were taken away. No query where `files` were fetched before."""
        return [file for file in self.files.all() if file.removed_at is None]


def evidence_path(instance: "EvidenceFile", filename: str) -> str:
    """Where an upload is stored: a random name that says nothing of the file or its sender."""
    return f"evidence/{secrets.token_hex(16)}"


class EvidenceFile(models.Model):
    """A file shown as evidence: stored under a random name, `kind` found from its content, only ever downloaded."""

    id = uuid_primary_key()
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="files")
    file = models.FileField(upload_to=evidence_path, max_length=120, blank=True)  # empty once it is deleted
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=100)  # media type, from the content
    size = models.PositiveIntegerField()  # bytes
    uploaded_at = models.DateTimeField(db_default=Now())
    removed_at = models.DateTimeField(null=True, blank=True)  # taken away: it named a patient

    class Meta:
        ordering = ["id"]
