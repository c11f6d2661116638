from django.conf import settings
from django.db import models
from django.db.models import Q

from accelerator.models.waves import Wave
from accelerator.rules.fits import Verdict
from audit.ids import uuid_primary_key


class FitCheck(models.Model):
    """What the three-question check said to somebody: without a name for those who are not signed in, and never with the
    answers. A manager who has talked to a person may say that their idea fits all the same."""

    id = uuid_primary_key()
    wave = models.ForeignKey(Wave, models.PROTECT, related_name="fit_checks")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    verdict = models.CharField(max_length=8, choices=[(one.value, one.value) for one in Verdict])
    on = models.DateField()
    fits_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    fits_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["wave", "user"], condition=Q(user__isnull=False), name="fit_check_once"),
            models.CheckConstraint(
                condition=Q(fits_by__isnull=True, fits_reason="")
                | (Q(fits_by__isnull=False) & ~Q(fits_reason="") & ~Q(verdict="fits")),
                name="fit_check_overruled_with_a_reason",
            ),
        ]

    @property
    def stands(self) -> Verdict:
        """What counts: a manager's word, else what the check said."""
        return Verdict.FITS if self.fits_by_id else Verdict(self.verdict)
