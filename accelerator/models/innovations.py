"""An innovation: an accepted idea, its team, what it needs, how far it is from its roadmap."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accelerator.models.kinds import HelpKind
from audit.ids import uuid_primary_key


class Innovation(models.Model):
    """What an accepted application becomes. Its time allowance is the pot, its roadmap is `milestones`."""

    class Life(models.TextChoices):
        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"
        STOPPED = "stopped", "Stopped"
        HANDED_OVER = "handed_over", "Handed over"
        GRADUATED = "graduated", "Graduated"

    class Stage(models.TextChoices):
        IDEA = "idea", "An idea"
        DESIGN = "design", "Being designed"
        PROTOTYPE = "prototype", "A first version to try"
        IN_USE = "in_use", "In use somewhere"

    class Tier(models.TextChoices):
        A = "A", "A: supports the running of services"
        B = "B", "B: helps people to look after themselves"
        C = "C", "C: treats, diagnoses or guides care"

    id = uuid_primary_key()
    wave = models.ForeignKey("accelerator.Wave", on_delete=models.PROTECT, related_name="innovations")
    application = models.OneToOneField("accelerator.Application", on_delete=models.PROTECT, related_name="innovation")
    manager = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="innovations_managed")
    pot = models.OneToOneField("timebank.Pot", on_delete=models.PROTECT, related_name="innovation")
    purpose = models.OneToOneField("timebank.Purpose", on_delete=models.PROTECT, related_name="innovation")
    template = models.ForeignKey("accelerator.RoadmapTemplate", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    summary = models.TextField()
    stage = models.CharField(max_length=12, choices=Stage, default=Stage.IDEA)
    device = models.BooleanField(default=False)
    tier = models.CharField(max_length=1, choices=Tier, default=Tier.B)
    allowance_minutes = models.PositiveIntegerField(default=0)  # as granted; the pot's balance is what is left
    created_at = models.DateTimeField(db_default=Now())
    life = models.CharField(max_length=12, choices=Life, default=Life.ACTIVE)
    life_since = models.DateTimeField(db_default=Now())
    paused_until = models.DateField(null=True, blank=True)
    stopped_why = models.TextField(blank=True)
    learnt = models.TextField(blank=True)  # what we learnt, told when it stops

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(Q(life="paused") & Q(paused_until__isnull=False))
                | (~Q(life="paused") & Q(paused_until__isnull=True)),
                name="innovation_paused_has_until",
            ),
            models.CheckConstraint(
                condition=(Q(life="stopped") & ~Q(stopped_why="") & ~Q(learnt=""))
                | (~Q(life="stopped") & Q(stopped_why="") & Q(learnt="")),
                name="innovation_stopped_says_why",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class InnovationMember(models.Model):
    """Somebody on the team. `lead` is the person whom the platform writes to first."""

    innovation = models.ForeignKey(Innovation, on_delete=models.PROTECT, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="innovation_places")
    lead = models.BooleanField(default=False)
    joined_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["innovation", "user"], name="innovation_member_once"),
            models.UniqueConstraint(fields=["innovation"], condition=Q(lead=True), name="innovation_one_lead"),
        ]


class InnovationNeed(models.Model):
    """How many minutes of one of the four kinds of help an innovation is expected to need."""

    innovation = models.ForeignKey(Innovation, on_delete=models.PROTECT, related_name="needs")
    kind = models.CharField(max_length=12, choices=HelpKind)
    minutes = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["innovation", "kind"], name="innovation_need_kind_once")]


class StaffHours(models.Model):
    """Minutes that programme staff gave, by kind. No credits move."""

    innovation = models.ForeignKey(Innovation, on_delete=models.PROTECT, related_name="staff_hours")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    minutes = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=HelpKind)
    note = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(minutes__gte=1, minutes__lte=1440), name="staff_hours_within_a_day")
        ]


class RagEvent(models.Model):
    """A change of an innovation's colour, with its reason in a sentence. With `override_by` it is a manager's own
    judgement, which ends by itself at `override_until`; without, what the rules said."""

    class Colour(models.TextChoices):
        GREEN = "green", "Green"
        AMBER = "amber", "Amber"
        RED = "red", "Red"

    class WaitingOn(models.TextChoices):
        NOBODY = "nobody", "Nobody"
        TEAM = "team", "The team"
        MANAGER = "manager", "The manager"
        HELPER = "helper", "A helper"
        OUTSIDE = "outside", "An outside body"

    innovation = models.ForeignKey(Innovation, on_delete=models.PROTECT, related_name="rag_events")
    at = models.DateTimeField(db_default=Now())
    colour = models.CharField(max_length=5, choices=Colour)
    rule = models.CharField(max_length=40)  # slug of the rule, or "override"
    reason = models.CharField(max_length=300)
    since = models.DateField()
    waiting_on = models.CharField(max_length=8, choices=WaitingOn)
    override_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    override_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["innovation", "-id"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(override_by__isnull=True, override_until__isnull=True)
                | (Q(override_by__isnull=False, override_until__isnull=False, rule="override") & ~Q(reason="")),
                name="rag_override_has_who_until_and_reason",
            )
        ]
