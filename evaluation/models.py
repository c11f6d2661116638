from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from audit.ids import uuid_primary_key


class Plan(models.Model):
    """What a wave's evaluation promised to measure, before it started: for each question the threshold and the smallest
    n. Locked when published; a change is a new version with a reason, and the report says so."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Locked")
        SUPERSEDED = "superseded", _("Superseded")

    id = uuid_primary_key()
    wave = models.ForeignKey("accelerator.Wave", models.PROTECT, related_name="evaluation_plans")
    version = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    measures = models.JSONField()  # {"V4": {"threshold": 0.3, "smallest_n": 20}, …}
    reason = models.CharField(max_length=300, blank=True)  # why this version, after the first
    locked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint("wave", "version", name="plan_version_unique"),
            models.UniqueConstraint("wave", condition=Q(status="published"), name="plan_one_published_a_wave"),
            models.CheckConstraint(
                condition=Q(status="draft", locked_at=None) | (~Q(status="draft") & Q(locked_at__isnull=False)),
                name="plan_locked_with_a_time",
            ),
            models.CheckConstraint(condition=Q(version=1) | ~Q(reason=""), name="plan_change_has_a_reason"),
        ]


class Report(models.Model):
    """One build of a wave's evaluation report. `stage` and `progress` are what the page shows while it runs."""

    class Edition(models.TextChoices):
        INTERIM = "interim", _("Interim")
        END = "end", _("End of the wave")
        LATER = "later", _("Six months later")

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting to start")
        RUNNING = "running", _("Being built")
        DONE = "done", _("Ready")
        FAILED = "failed", _("Did not work")
        CANCELLED = "cancelled", _("Cancelled")

    id = uuid_primary_key()
    wave = models.ForeignKey("accelerator.Wave", models.PROTECT, related_name="reports")
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="reports")
    edition = models.CharField(max_length=8, choices=Edition, default=Edition.END)
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    stage = models.CharField(max_length=60, blank=True)
    progress = models.PositiveSmallIntegerField(default=0)  # per cent
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(db_default=Now())
    snapshot_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    sections = models.JSONField(default=list)  # answers, sentences and the names of their tables, in order
    pdf = models.FileField(upload_to="reports/", blank=True)
    pack = models.FileField(upload_to="reports/", blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(progress__lte=100), name="report_progress_is_per_cent"),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(progress=100, finished_at__isnull=False, snapshot_at__isnull=False),
                name="report_done_is_whole",
            ),
        ]


class ReportTable(models.Model):
    """The numbers of one report, already fit to show: what is small was hidden before it was stored. Everything that a
    report shows (pages, charts, CSV, JSON) comes from these rows."""

    report = models.ForeignKey(Report, models.CASCADE, related_name="tables")  # a table is a part of its report
    position = models.PositiveSmallIntegerField()
    question = models.CharField(max_length=3)
    name = models.SlugField(max_length=60)
    title = models.CharField(max_length=200)
    columns = models.JSONField()
    rows = models.JSONField()
    chart = models.CharField(max_length=10, blank=True)  # a function of ui.charts, or nothing
    note = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint("report", "name", name="report_table_name_unique")]


class SelectionMix(models.Model):
    """The mix of a wave's applicants as moderators were last shown it (`evaluation.mix`): tables that are fit to show, and
    how each application stood then. Nothing here says who is in which group."""

    wave = models.OneToOneField("accelerator.Wave", models.PROTECT, related_name="selection_mix")
    tables = models.JSONField()
    standing = models.JSONField()  # application id -> outcome, "" while it is open
    made_at = models.DateTimeField()
