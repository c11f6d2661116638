from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from audit.ids import uuid_primary_key


class Tariff(models.Model):
    """What a wave's fund pays for a kind of work that is no exchange, where its stewards have switched it on. A review
    has a fixed sum; a session is paid by its length."""

    class Work(models.TextChoices):
        REVIEW = "review", _("A completed review")
        COACHING = "coaching", _("A coaching session")
        CRITIQUE = "critique", _("A critique session")

    id = uuid_primary_key()
    pot = models.ForeignKey("timebank.Pot", on_delete=models.PROTECT, related_name="tariffs")
    work = models.CharField(max_length=10, choices=Work)
    minutes = models.PositiveSmallIntegerField(null=True, blank=True)  # None: as long as the session was
    active = models.BooleanField(default=False)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pot", "work"], name="tariff_once_for_each_work"),
            models.CheckConstraint(
                condition=Q(work="review", minutes__isnull=False, minutes__gte=1, minutes__lte=240)
                | Q(work__in=["coaching", "critique"], minutes__isnull=True),
                name="tariff_is_fixed_for_a_review_only",
            ),
        ]

    def __str__(self) -> str:
        return self.get_work_display()


class TariffPayment(models.Model):
    """That a piece of work earned its tariff: paid by `transfer`, still owed because the fund was short, or dropped
    because the person left first. `key` names the piece of work, so it earns once."""

    id = uuid_primary_key()
    tariff = models.ForeignKey(Tariff, on_delete=models.PROTECT, related_name="payments")
    to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="tariff_payments")
    minutes = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=100, unique=True)
    due_at = models.DateTimeField(db_default=Now())
    transfer = models.OneToOneField(
        "timebank.Transfer", null=True, blank=True, on_delete=models.PROTECT, related_name="tariff_payment"
    )
    dropped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["due_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(minutes__gte=1, minutes__lte=1440), name="tariff_pays_1_min_to_24_h"),
            models.CheckConstraint(
                condition=Q(transfer__isnull=True) | Q(dropped_at__isnull=True), name="tariff_is_paid_or_dropped"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                condition=Q(transfer__isnull=True, dropped_at__isnull=True),
                name="tariff_owed",
            ),
        ]
