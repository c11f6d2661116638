import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from audit.ids import short_code, uuid_primary_key

CODE_LENGTH = 6


def new_code() -> str:
    """Six characters of Crockford base32: a milliard of codes, and none with a letter that looks like a figure."""
    return short_code(CODE_LENGTH)


class Campaign(models.Model):
    """What placements belong to: one push to be seen, with an owner and dates."""

    id = uuid_primary_key()
    name = models.CharField(max_length=120)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="campaigns")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="campaign_ends_after_start", condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on"))
            ),
            models.CheckConstraint(name="campaign_has_name", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        return self.name


class Placement(models.Model):
    """One thing that somebody may come from: this poster in that corridor. Its code never changes hands."""

    class Medium(models.TextChoices):
        POSTER = "poster", _("Poster")
        EMAIL = "email", _("E-mail")
        SLIDE = "slide", _("Slide")
        LEAFLET = "leaflet", _("Leaflet")
        SOCIAL = "social", _("Social media")
        WARD_WALK = "ward_walk", _("Ward walk")
        HUDDLE = "huddle", _("Huddle")
        RADIO = "radio", _("Hospital radio")
        PROMOTER = "promoter", _("A promoter’s link")

    class Design(models.TextChoices):
        BRIGHT = "bright", _("Bright: full colour")
        PLAIN = "plain", _("Plain: little ink, large print")

    id = uuid_primary_key()
    code = models.CharField(max_length=CODE_LENGTH, unique=True, default=new_code)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="placements")
    organisation = models.ForeignKey(
        "people.Organisation", on_delete=models.PROTECT, null=True, blank=True, related_name="placements"
    )
    site = models.CharField(max_length=120)
    spot = models.CharField(max_length=120, blank=True)
    medium = models.CharField(max_length=10, choices=Medium, default=Medium.POSTER)
    design = models.CharField(max_length=10, choices=Design, default=Design.BRIGHT)
    language = models.CharField(max_length=10, default="en-gb")
    cost_pence = models.PositiveIntegerField(default=0)
    downloads = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="placements")
    created_at = models.DateTimeField(db_default=Now())
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="placement_code_is_crockford", condition=Q(code__regex=r"^[0-9A-HJKMNP-TV-Z]{6}$")
            ),
            models.CheckConstraint(name="placement_has_site", condition=~Q(site="")),
        ]
        indexes = [models.Index(fields=["campaign", "site", "id"], name="placement_by_site")]

    def __str__(self) -> str:
        return f"{self.site}, {self.spot}" if self.spot else self.site

    @property
    def url(self) -> str:
        """The whole short address, as the QR code holds it."""
        return f"{settings.SITE_URL}/j/{self.code}"

    @property
    def typed_address(self) -> str:
        """The short address as somebody types it: without https://."""
        return self.url.split("://", 1)[-1]


class OpenCount(models.Model):
    """How often the door behind a code was opened in one hour on one coarse class of device. That is all that is kept of
    an open: no cookie, no address, no user agent. `taken_back` counts people who pressed "do not count me"."""

    class Device(models.TextChoices):
        PHONE = "phone", _("Phone")
        TABLET = "tablet", _("Tablet")
        COMPUTER = "computer", _("Computer")

    placement = models.ForeignKey(Placement, on_delete=models.PROTECT, related_name="open_counts")
    hour = models.DateTimeField()
    device = models.CharField(max_length=10, choices=Device)
    opens = models.PositiveIntegerField(default=0)
    continues = models.PositiveIntegerField(default=0)
    taken_back = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="open_count_once", fields=["placement", "hour", "device"]),
            models.CheckConstraint(name="open_count_whole_hour", condition=Q(hour__minute=0, hour__second=0)),
        ]


class Start(models.Model):
    """Somebody at the door: which door, what they said, where from. Nobody's until they sign in; then theirs."""

    class Door(models.TextChoices):
        IDEA = "idea", _("I have an idea")
        HOUR = "hour", _("I have an hour")

    KEPT_UNCLAIMED = dt.timedelta(days=30)

    id = uuid_primary_key()
    ticket = models.CharField(max_length=40, unique=True)  # of the page it came from: a second click is the same start
    door = models.CharField(max_length=10, choices=Door)
    sentence = models.CharField(max_length=300, blank=True)
    onward = models.SlugField(
        max_length=60, blank=True, db_index=False
    )  # what they meant to take it to, as its room calls it
    placement = models.ForeignKey(Placement, on_delete=models.PROTECT, null=True, blank=True, related_name="starts")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="starts"
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="start_idea_has_sentence",
                condition=(Q(door="idea") & ~Q(sentence="")) | Q(door="hour", sentence=""),
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="start_unclaimed", condition=Q(user__isnull=True)),
        ]


class Arrival(models.Model):
    """Where a person first heard of us. Written once; later scans change nothing."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="arrival")
    placement = models.ForeignKey(Placement, on_delete=models.PROTECT, null=True, blank=True, related_name="arrivals")
    door = models.CharField(max_length=10, choices=Start.Door, blank=True)
    at = models.DateTimeField(db_default=Now())
