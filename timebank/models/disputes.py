"""What two sides cannot agree on, and what the giver may claim for time that was kept free."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy

from audit.ids import uuid_primary_key


class Dispute(models.Model):
    """A disagreement about an exchange, until a broker who is not a party decides, or the two sides agree."""

    class Decision(models.TextChoices):
        SETTLE = "settle", gettext_lazy("Settle all that was claimed")
        SPLIT = "split", gettext_lazy("Settle part of it")
        CANCEL = "cancel", gettext_lazy("Settle nothing more")
        AGREED = "agreed", gettext_lazy("The two sides agreed")
        LAPSED = "lapsed", gettext_lazy("Nobody decided in time")

    id = uuid_primary_key()
    exchange = models.ForeignKey("timebank.Exchange", on_delete=models.PROTECT, related_name="disputes")
    raised_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )  # None: the platform, because the hours differ or nobody answered
    raised_at = models.DateTimeField(db_default=Now())
    appeals = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="appeal"
    )  # the case whose decision this one asks somebody else to look at: once
    undisputed = models.PositiveIntegerField(default=0, db_default=0)  # minutes that stay paid whatever is decided
    provider_statement = models.TextField(blank=True)
    receiver_statement = models.TextField(blank=True)
    decision = models.CharField(max_length=6, choices=Decision, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    minutes = models.PositiveIntegerField(null=True, blank=True)  # settled in all by the decision
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["raised_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    decision="", decided_at__isnull=True, minutes__isnull=True, decided_by__isnull=True, note=""
                )
                | Q(
                    decision__in=["settle", "split", "cancel"],
                    decided_at__isnull=False,
                    minutes__isnull=False,
                    decided_by__isnull=False,
                )
                & ~Q(note="")
                | Q(decision__in=["agreed", "lapsed"], decided_at__isnull=False, minutes__isnull=False),
                name="dispute_decision_is_whole",
            ),
            models.UniqueConstraint(
                fields=["exchange"], condition=Q(decided_at__isnull=True), name="dispute_one_open_each"
            ),
            models.CheckConstraint(condition=~Q(appeals=F("pk")), name="dispute_does_not_appeal_itself"),
        ]
        indexes = [
            models.Index(fields=["raised_at", "id"], condition=Q(decided_at__isnull=True), name="dispute_open"),
        ]


class Claim(models.Model):
    """Where the policy charges for it: the credits that whoever kept the time free may receive, because the other side
    cancelled late or stayed away, and gave no reason that is always excused. A broker decides; undecided for 7 days,
    what is set aside for it goes back."""

    class Kind(models.TextChoices):
        LATE = "late", gettext_lazy("Cancelled late")
        NO_SHOW = "no_show", gettext_lazy("Did not come")

    class Decision(models.TextChoices):
        CHARGED = "charged", gettext_lazy("Charged")
        LET_GO = "let_go", gettext_lazy("Not charged")
        EXCUSED = "excused", gettext_lazy("Excused")
        WAIVED = "waived", gettext_lazy("Let go by the other side")
        LAPSED = "lapsed", gettext_lazy("Not decided in time")

    id = uuid_primary_key()
    exchange = models.OneToOneField("timebank.Exchange", on_delete=models.PROTECT, related_name="claim")
    kind = models.CharField(max_length=7, choices=Kind)
    minutes = models.PositiveSmallIntegerField()
    raised_at = models.DateTimeField(db_default=Now())
    decision = models.CharField(max_length=7, choices=Decision, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )  # None: the platform
    decided_at = models.DateTimeField(null=True, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["raised_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["late", "no_show"]), name="claim_kind_is_known"),
            models.CheckConstraint(condition=Q(minutes__gte=1, minutes__lte=1440), name="claim_is_1_min_to_24_h"),
            models.CheckConstraint(
                condition=Q(decision="", decided_at__isnull=True, decided_by__isnull=True, note="")
                | Q(
                    decision__in=["charged", "let_go"],
                    decided_at__isnull=False,
                    decided_by__isnull=False,
                )
                & ~Q(note="")
                | Q(decision__in=["excused", "waived", "lapsed"], decided_at__isnull=False),
                name="claim_decision_is_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["raised_at", "id"], condition=Q(decided_at__isnull=True), name="claim_open"),
        ]
