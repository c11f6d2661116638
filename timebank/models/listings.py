from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.ids import uuid_primary_key


class ListingQuerySet(models.QuerySet["Listing"]):
    def open(self) -> "ListingQuerySet":
        """What can be answered today: not closed, not paused, not past its last day."""
        today = timezone.localdate()
        return self.filter(
            Q(open_until=None) | Q(open_until__gte=today),
            closed_at=None,
            paused_at=None,
        )

    def not_from_absent(self) -> "ListingQuerySet":
        """Without the listings of members who are suspended or have left."""
        return self.filter(
            Q(member=None) | Q(member__suspended_at=None, member__closed_at=None),
            posted_by__closed_at=None,
        )


class Listing(models.Model):
    """An offer of time, or a request for it, by a member or by a pot."""

    matching: list[str]  # these two are put on by `queries.listings.offers_for_skills`
    reason: str

    class Kind(models.TextChoices):
        OFFER = "offer", _("Offer")
        REQUEST = "request", _("Request")

    class Mode(models.TextChoices):
        REMOTE = "remote", _("Online or by phone")
        ON_SITE = "on_site", _("In person")
        BOTH = "both", _("Either")

    id = uuid_primary_key()
    kind = models.CharField(max_length=10, choices=Kind)
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="listings"
    )
    pot = models.ForeignKey("timebank.Pot", null=True, blank=True, on_delete=models.PROTECT, related_name="listings")
    posted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    posted_at = models.DateTimeField(db_default=Now())
    title = models.CharField(max_length=100)
    description = models.TextField(blank=True, validators=[MaxLengthValidator(4000)])
    skills = models.ManyToManyField("people.Skill", blank=True, related_name="+")
    minutes = models.PositiveIntegerField(null=True, blank=True)  # None: ongoing, or as agreed
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.REMOTE)
    place = models.CharField(max_length=100, blank=True)
    availability = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=50, blank=True)
    open_until = models.DateField(null=True, blank=True)  # its last day; None: until closed
    paused_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    purpose = models.ForeignKey(
        "timebank.Purpose", null=True, blank=True, on_delete=models.PROTECT, related_name="listings"
    )
    key = models.CharField(max_length=100, blank=True)  # of the form that posted it; a second click finds it

    objects = ListingQuerySet.as_manager()

    class Meta:
        ordering = ["-posted_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(member__isnull=True, pot__isnull=False) | Q(member__isnull=False, pot__isnull=True),
                name="listing_belongs_to_a_member_or_a_pot",
            ),
            models.CheckConstraint(condition=Q(kind__in=["offer", "request"]), name="listing_kind_is_known"),
            models.CheckConstraint(condition=Q(mode__in=["remote", "on_site", "both"]), name="listing_mode_is_known"),
            models.CheckConstraint(condition=~Q(title=""), name="listing_has_a_title"),
            models.CheckConstraint(
                condition=Q(minutes__isnull=True) | Q(minutes__gte=1, minutes__lte=60000),
                name="listing_minutes_are_positive",
            ),
            models.CheckConstraint(
                condition=~Q(mode="remote") | Q(place=""), name="listing_that_is_online_has_no_place"
            ),
            models.UniqueConstraint(fields=["posted_by", "key"], condition=~Q(key=""), name="listing_key_once"),
        ]
        indexes = [
            models.Index(
                F("posted_at").desc(), F("id").desc(), condition=Q(closed_at=None), name="listing_open_latest"
            ),
            GinIndex(SearchVector("title", "description", config="english"), name="listing_words"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def state(self) -> str:
        """Open, paused, ended (its last day has passed) or closed."""
        if self.closed_at:
            return "closed"
        if self.open_until and self.open_until < timezone.localdate():
            return "ended"
        return "paused" if self.paused_at else "open"
