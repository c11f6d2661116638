from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.ids import uuid_primary_key
from people.models.reference import PlainText
from timebank.models.away import Away


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
        """Without the listings of members who are suspended, have left, or are away today."""
        today = timezone.localdate()
        away = Away.objects.filter(first_day__lte=today, last_day__gte=today)
        return self.filter(
            Q(member=None) | Q(member__suspended_at=None, member__closed_at=None) & ~Q(member__in=away.values("user")),
            posted_by__closed_at=None,
        )


class Listing(models.Model):
    """An offer of time, or a request for it, by a member or by a pot."""

    matching: list[str]  # these two are put on by what suggests listings
    reason: str

    class Kind(models.TextChoices):
        OFFER = "offer", _("Offer")
        REQUEST = "request", _("Request")

    class Mode(models.TextChoices):
        REMOTE = "remote", _("Online or by phone")
        ON_SITE = "on_site", _("In person")
        BOTH = "both", _("Either")

    class Day(models.TextChoices):
        MON = "mon", _("Mondays")
        TUE = "tue", _("Tuesdays")
        WED = "wed", _("Wednesdays")
        THU = "thu", _("Thursdays")
        FRI = "fri", _("Fridays")
        SAT = "sat", _("Saturdays")
        SUN = "sun", _("Sundays")

    class Time(models.TextChoices):
        MORNING = "morning", _("mornings")
        AFTERNOON = "afternoon", _("afternoons")
        EVENING = "evening", _("evenings")

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
    suggestions = models.ManyToManyField("timebank.SkillSuggestion", blank=True, related_name="listings")
    minutes = models.PositiveIntegerField(null=True, blank=True)  # None: ongoing, or as agreed
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.REMOTE)
    place = models.CharField(max_length=100, blank=True)
    days = ArrayField(models.CharField(max_length=3, choices=Day), default=list, blank=True)
    times = ArrayField(models.CharField(max_length=9, choices=Time), default=list, blank=True)
    availability = models.CharField(max_length=200, blank=True)  # what days and times leave out
    language = models.CharField(max_length=50, blank=True)
    open_until = models.DateField(null=True, blank=True)  # its last day; None: until closed
    paused_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    purpose = models.ForeignKey(
        "timebank.Purpose", null=True, blank=True, on_delete=models.PROTECT, related_name="listings"
    )
    shown_at = models.DateTimeField(db_default=Now())  # when it last came onto the board, or was changed there
    key = models.CharField(max_length=100, blank=True)  # of the form that posted it; a second click finds it

    # What search reads. The database keeps these (migration 0003): nobody writes them.
    search = SearchVectorField(null=True, editable=False)
    tags = ArrayField(models.UUIDField(), default=list, editable=False)  # its skills, and the branches they are on
    place_key = models.GeneratedField(  # "Leeds" and "leeds" are one place
        expression=PlainText("place"), output_field=models.CharField(max_length=200), db_persist=True
    )

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
            models.CheckConstraint(
                condition=Q(days__contained_by=["mon", "tue", "wed", "thu", "fri", "sat", "sun"]),
                name="listing_days_are_known",
            ),
            models.CheckConstraint(
                condition=Q(times__contained_by=["morning", "afternoon", "evening"]), name="listing_times_are_known"
            ),
        ]
        indexes = [
            models.Index(
                F("posted_at").desc(), F("id").desc(), condition=Q(closed_at=None), name="listing_open_latest"
            ),
            GinIndex("search", condition=Q(closed_at=None), name="listing_words"),
            GinIndex("tags", condition=Q(closed_at=None), name="listing_tags"),
            models.Index(fields=["shown_at"], condition=Q(closed_at=None), name="listing_news"),
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

    @property
    def labels(self) -> list[str]:
        """The names of its skills, those that a broker has not looked at yet last."""
        waiting = [suggestion.name for suggestion in self.suggestions.all() if suggestion.decided_at is None]
        return [*(skill.name for skill in self.skills.all()), *waiting]

    @property
    def when(self) -> str:
        """When they are free, in words: "Tuesdays and Thursdays, evenings, not in August"."""
        days = [str(self.Day(day).label) for day in self.Day.values if day in self.days]
        times = [str(self.Time(time).label) for time in self.Time.values if time in self.times]
        return ", ".join(filter(None, [in_a_row(days), in_a_row(times), self.availability]))


def in_a_row(words: list[str]) -> str:
    """ "Mondays, Tuesdays and Fridays"."""
    if len(words) < 2:
        return "".join(words)
    return _("%(first)s and %(last)s") % {"first": ", ".join(words[:-1]), "last": words[-1]}


class ListingWord(models.Model):
    """A word that stands on some listing, without capitals and accents: what a misspelt search is put right from."""

    word = models.CharField(max_length=40, primary_key=True)

    class Meta:
        indexes = [GinIndex(OpClass("word", name="gin_trgm_ops"), name="listing_word_trigrams")]

    def __str__(self) -> str:
        return self.word
