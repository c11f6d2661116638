from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now


def default_reminder_days() -> list[int]:
    return [3, 7, 12]


class PolicyQuerySet(models.QuerySet["Policy"]):
    def in_force(self) -> "Policy":
        """The latest published policy. There always is one: migration 0002 publishes the first."""
        return self.filter(published_at__isnull=False).latest("version")


class Policy(models.Model):
    """The timebank's numbers, versioned: draft (not published), published (the latest is in force), then superseded.
    Times are minutes unless the name says days."""

    version = models.PositiveIntegerField(unique=True)
    member_floor = models.IntegerField(default=-600)
    first_floor = models.IntegerField(default=-120)  # of members who are not known yet
    introductions = models.PositiveSmallIntegerField(default=5)  # newcomers whom one member's exchanges make known …
    introduction_days = models.PositiveSmallIntegerField(default=30)  # … in so many days
    soft_warning = models.IntegerField(default=-300)
    exchange_step = models.PositiveSmallIntegerField(default=15)
    exchange_least = models.PositiveSmallIntegerField(default=15)
    exchange_most = models.PositiveSmallIntegerField(default=1440)
    late_notice = models.PositiveIntegerField(default=1440)  # less notice than this is late
    late_charge = models.PositiveSmallIntegerField(default=30)  # what either charge is at most, where it is switched on
    charge_late = models.BooleanField(default=False)
    charge_no_show = models.BooleanField(default=False)
    reminder_days = ArrayField(models.PositiveSmallIntegerField(), default=default_reminder_days)
    tolerance = models.PositiveSmallIntegerField(default=15)
    proposal_days = models.PositiveSmallIntegerField(default=14)
    welcome_grant = models.PositiveIntegerField(default=0)
    silence_days = models.PositiveSmallIntegerField(default=14)
    silence_undo_days = models.PositiveSmallIntegerField(default=30)
    silence_first_exchanges = models.PositiveSmallIntegerField(
        default=2
    )  # of the silent party: never settled by silence
    reason = models.CharField(max_length=500)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    published_at = models.DateTimeField(null=True)

    objects = PolicyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="policy_floor_not_above_zero", condition=Q(member_floor__lte=0)),
            models.CheckConstraint(
                name="policy_first_floor_within", condition=Q(first_floor__gte=F("member_floor"), first_floor__lte=0)
            ),
            models.CheckConstraint(
                name="policy_warning_above_floor",
                condition=Q(soft_warning__gte=F("member_floor"), soft_warning__lte=0),
            ),
            models.CheckConstraint(name="policy_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="policy_hours_in_order",
                condition=Q(exchange_step__gt=0, exchange_least__gt=0, exchange_most__gte=F("exchange_least")),
            ),
        ]
