from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from audit.ids import short_code, uuid_primary_key
from core import addresses


class PotQuerySet(models.QuerySet["Pot"]):
    def open(self) -> "PotQuerySet":
        return self.filter(closed_at=None)

    def run_by(self, user: Any) -> "PotQuerySet":
        """Pots that this person is a steward of now, without the purses of single requests: those pay for their request and
        for nothing else."""
        return self.filter(stewards__user=user, stewards__until=None).exclude(kind=Pot.Kind.HELP)


class Pot(models.Model):
    """Credits that people share for one thing. Its stewards spend; anybody gives. The community pot is not one of
    these: it is a system account."""

    class Kind(models.TextChoices):
        PROJECT = "project", "Project pot"
        ORGANISATION = "organisation", "Organisation's pot"
        INNOVATION = "innovation", "Innovation's allowance"
        WAVE_FUND = "wave_fund", "Wave fund"
        HELP = "help", "Purse of one request"

    id = uuid_primary_key()
    kind = models.CharField(max_length=20, choices=Kind)
    name = models.CharField(max_length=120)
    aim = models.TextField(blank=True)
    skills = models.ManyToManyField("people.Skill", related_name="+", blank=True)
    wanted_minutes = models.IntegerField(null=True, blank=True)  # minutes the work is thought to need
    purpose = models.OneToOneField("timebank.Purpose", on_delete=models.PROTECT, null=True, related_name="pot")
    organisation = models.ForeignKey("people.Organisation", on_delete=models.PROTECT, null=True, related_name="pots")
    join_code = models.CharField(max_length=12, unique=True, default=short_code)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    opened_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True)
    close_out = models.TextField(blank=True)  # what changed, said when it is closed

    objects = PotQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="pot_kind_known",
                condition=Q(kind__in=["project", "organisation", "innovation", "wave_fund", "help"]),
            ),
            models.CheckConstraint(
                name="pot_wants_something", condition=Q(wanted_minutes__isnull=True) | Q(wanted_minutes__gt=0)
            ),
            models.CheckConstraint(name="pot_has_name", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        return self.name


class PotSteward(models.Model):
    """Somebody who may spend from a pot, from when until when."""

    pot = models.ForeignKey(Pot, on_delete=models.PROTECT, related_name="stewards")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="pot_stewardships")
    since = models.DateTimeField(db_default=Now())
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="pot_steward_once", fields=["pot", "user"], condition=Q(until__isnull=True)),
        ]


class PotInvitation(models.Model):
    """That a steward asked whoever has an address to run the pot with them, and the answer. `user` is who has it, once we
    know; `email` is what the stewards see, kept until there is an answer."""

    class Answer(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"

    id = uuid_primary_key()
    pot = models.ForeignKey(Pot, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField(blank=True, db_default="")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="pot_invitations"
    )
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    invited_at = models.DateTimeField(db_default=Now())
    answer = models.CharField(max_length=10, choices=Answer, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="pot_invitation_one_open", fields=["pot", "email"], condition=Q(answered_at__isnull=True)
            ),
            addresses.kept_normal("email", name="pot_invitation_email_normal", empty=True),
            models.CheckConstraint(
                name="pot_invitation_email_until_answered",
                condition=Q(answered_at__isnull=True) & ~Q(email="") | Q(answered_at__isnull=False, email=""),
            ),
            models.CheckConstraint(
                name="pot_invitation_answer_and_time_together",
                condition=Q(answer="", answered_at__isnull=True)
                | Q(answer__in=["accepted", "declined"], answered_at__isnull=False),
            ),
        ]


class PotMember(models.Model):
    """Somebody who joined a pot by its link: they hear what it needs, and may offer an hour to it."""

    pot = models.ForeignKey(Pot, on_delete=models.PROTECT, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="pots_joined")
    joined_at = models.DateTimeField(db_default=Now())
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="pot_member_once", fields=["pot", "user"], condition=Q(left_at__isnull=True)),
        ]


class PotNamed(models.Model):
    """That somebody who helped a pot agreed to be named on its page. Deleted when they change their mind."""

    pot = models.ForeignKey(Pot, on_delete=models.PROTECT, related_name="named")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(name="pot_named_once", fields=["pot", "user"])]
