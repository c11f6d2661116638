"""Lists that people choose from: organisations and skills."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from audit.ids import uuid_primary_key


class PlainText(models.Func):
    """Text without capitals and accents, for looking up and sorting names (`plain_text` in migration 0001)."""

    function = "plain_text"
    arity = 1
    output_field = models.TextField()


REGIONS = [
    ("east", _("East of England")),
    ("london", _("London")),
    ("midlands", _("Midlands")),
    ("north-east-yorkshire", _("North East and Yorkshire")),
    ("north-west", _("North West")),
    ("south-east", _("South East")),
    ("south-west", _("South West")),
    ("scotland", _("Scotland")),
    ("wales", _("Wales")),
    ("northern-ireland", _("Northern Ireland")),
    ("elsewhere", _("Somewhere else")),
]


class Nation(models.TextChoices):
    """Decides the bank holidays, and which regulators and routes apply."""

    ENGLAND = "england", _("England")
    SCOTLAND = "scotland", _("Scotland")
    WALES = "wales", _("Wales")
    NORTHERN_IRELAND = "northern-ireland", _("Northern Ireland")
    OTHER = "other", _("Elsewhere")


class Organisation(models.Model):
    """A body that people belong to. `large` ones are named on public figures; small ones would give people away."""

    id = uuid_primary_key()
    name = models.CharField(max_length=160)
    ods_code = models.CharField(max_length=12, null=True, blank=True, unique=True)  # none where it has none
    region = models.CharField(max_length=40, choices=REGIONS, blank=True)
    nation = models.CharField(max_length=20, choices=Nation, default=Nation.ENGLAND)
    large = models.BooleanField(default=False)
    checked_at = models.DateTimeField(null=True, blank=True)  # by staff, where a member added it
    # What stands after the @ in the addresses that it gives to those who work there, and to nobody else; lower case.
    email_domains = ArrayField(models.CharField(max_length=253), default=list, blank=True)
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="organisation_has_a_name"),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="organisation_not_merged_into_itself"),
        ]
        indexes = [GinIndex(OpClass(PlainText("name"), name="gin_trgm_ops"), name="organisation_name_trigrams")]

    def __str__(self) -> str:
        return self.name


class Kind(models.TextChoices):
    """The four kinds of help that an idea needs, and the rest."""

    IMPROVEMENT = "improvement", _("Improvement")
    DIGITAL = "digital", _("Digital and design")
    BUSINESS = "business", _("Business")
    REGULATION = "regulation", _("Getting through red tape")
    OTHER = "other", _("Something else")


class SkillQuerySet(models.QuerySet["Skill"]):
    def current(self) -> "SkillQuerySet":
        """Skills that may be chosen: not merged into another."""
        return self.filter(merged_into=None)

    def in_tree_order(self) -> "SkillQuerySet":
        """Each branch followed by its leaves."""
        return self.order_by(
            Coalesce("parent__order", "order"), F("parent").asc(nulls_first=True), "order", "name", "id"
        )


class SkillManager(models.Manager.from_queryset(SkillQuerySet)):  # type: ignore[misc]  # the base is made by a call
    def named(self, name: str) -> "Skill":
        """The skill with this name or slug ("user research"), or what it was merged into.
        Raises Skill.DoesNotExist."""
        skill = self.select_related("merged_into").get(slug=slugify(name))
        return skill.merged_into or skill


class Skill(models.Model):
    """A skill in the curated tree: two levels, branch and leaf."""

    id = uuid_primary_key()
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=60)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    kind = models.CharField(max_length=20, choices=Kind)
    order = models.PositiveSmallIntegerField(default=0)
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged")

    objects = SkillManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(merged_into=F("id")) & ~Q(parent=F("id")), name="skill_not_its_own_parent"
            ),
            models.CheckConstraint(condition=Q(kind__in=[k.value for k in Kind]), name="skill_kind_known"),
        ]

    def __str__(self) -> str:
        return self.name
