"""Files that brokers bring from elsewhere: who is who in the other system, and each file with what it would do and did."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from audit.ids import uuid_primary_key


class Import(models.Model):
    """One uploaded CSV file. First it is only read, and says what it would do; then it is done, in parts that are
    each kept whole. `content` is emptied when that is over: it holds names and addresses."""

    class Kind(models.TextChoices):
        MEMBERS = "members", _("Members and opening balances")
        LISTINGS = "listings", _("Offers and requests")
        TRANSFERS = "transfers", _("Transfers from TimeOverflow")

    class State(models.TextChoices):
        READING = "reading", _("Being read")
        READ = "read", _("Read: nothing has moved yet")
        QUEUED = "queued", _("Being imported")
        DONE = "done", _("Imported")
        CANCELLED = "cancelled", _("Not imported")

    id = uuid_primary_key()
    kind = models.CharField(max_length=10, choices=Kind)
    source = models.CharField(max_length=60)  # the system that it comes from, as the broker names it
    name = models.CharField(max_length=120)  # of the file
    content = models.BinaryField(blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.READING)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(db_default=Now())
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    done = models.PositiveIntegerField(default=0)  # rows that are imported, from the first on
    totals = models.JSONField(default=dict)  # {"rows": 12, "new": 3, …}: what `queries.imports` counted
    problems = models.JSONField(default=list)  # [[line, "reason"], …]: at most 1,000
    problem_count = models.PositiveIntegerField(default=0)
    notes = models.JSONField(default=list)  # the same, of rows that are all right but not quite as written
    note_count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-uploaded_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["members", "listings", "transfers"]), name="import_kind_is_known"
            ),
            models.CheckConstraint(condition=~Q(source=""), name="import_names_its_source"),
            models.CheckConstraint(
                condition=Q(state__in=["reading", "read", "queued"], finished_at__isnull=True)
                | Q(state__in=["done", "cancelled"], finished_at__isnull=False, content=b""),
                name="import_is_emptied_when_over",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                & Q(state__in=["reading", "read", "cancelled"])
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="import_is_confirmed_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["queued", "done"]) | Q(problem_count=0),
                name="import_moves_only_without_problems",
            ),
        ]


class ImportedId(models.Model):
    """Who somebody is in the system that they came from, so that later files of it find them."""

    source = models.CharField(max_length=60)  # in lower case
    external_id = models.CharField(max_length=60)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="imported_ids")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="imported_id_once"),
            models.CheckConstraint(condition=~Q(external_id=""), name="imported_id_is_given"),
        ]
