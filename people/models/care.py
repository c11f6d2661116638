"""What administrators do to somebody's account, and why."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.ids import uuid_primary_key

RESET_WAITS = dt.timedelta(days=7)  # after which a request that nobody decided ends by itself


class AccountAct(models.Model):
    """One thing that an administrator did, or asks for, with its reason. A lost second factor is reset by two people: one
    asks, another decides."""

    class Kind(models.TextChoices):
        SIGN_OUT = "sign_out", _("Signed out everywhere")
        RESET = "reset", _("Second step reset")
        CLOSE = "close", _("Account closed")

    class Outcome(models.TextChoices):
        AGREED = "agreed", _("Agreed")
        REFUSED = "refused", _("Refused")
        STOPPED = "stopped", _("Stopped: they did not ask for it")
        OVER = "over", _("Ended: nobody decided in time")

    id = uuid_primary_key()
    kind = models.CharField(max_length=10, choices=Kind)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="account_acts")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    at = models.DateTimeField(db_default=Now())
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="account_act_has_a_reason"),
            models.CheckConstraint(condition=~Q(by=F("user")), name="account_act_never_by_oneself"),
            models.CheckConstraint(
                condition=Q(decided_by=None, decided_at=None, outcome="")
                | Q(kind="reset", decided_by__isnull=False, decided_at__isnull=False, outcome__in=["agreed", "refused"])
                | Q(kind="reset", decided_by=None, decided_at__isnull=False, outcome__in=["stopped", "over"]),
                name="account_act_decided_as_a_whole",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | (~Q(decided_by=F("by")) & ~Q(decided_by=F("user"))),
                name="account_act_decided_by_a_third_person",
            ),
            models.UniqueConstraint(
                fields=["user"], condition=Q(kind="reset", decided_at=None), name="account_act_one_open_reset"
            ),
        ]

    @property
    def is_overdue(self) -> bool:
        """Whether nobody decided this request in time; nobody can any more."""
        return self.decided_at is None and self.at <= timezone.now() - RESET_WAITS
