"""The three-question check: what it said is counted, and a manager may overrule it for one person."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accelerator.models import FitCheck, Wave
from accelerator.rules import access
from accelerator.rules import fits as rules
from audit.actions import record
from notifications.actions import notify
from ui.errors import DomainError, Invalid, NotAllowed

KEPT = dt.timedelta(days=365)
LONGEST_REASON = 300


@transaction.atomic
def check(*, by: Any, wave: Wave, given: Mapping[str, str], again: Any = None) -> FitCheck:
    """Says whether an idea fits, and counts it. `by` is None for somebody who is not signed in: then nothing of them is
    kept, and `again` (the id of what this browser was told before) is put right instead of counted twice. What a manager
    has said of a person stays. Raises KeyError for an answer that no page offers."""
    verdict, today = rules.outcome(given).verdict, timezone.localdate()
    if by is not None:
        told = FitCheck.objects.select_for_update().filter(wave=wave, user=by).first()
    else:
        told = FitCheck.objects.select_for_update().filter(wave=wave, user=None, pk=again).first() if again else None
    if told is None:
        return FitCheck.objects.create(wave=wave, user=by, verdict=verdict, on=today)
    if told.fits_by_id is None and told.verdict != verdict:
        told.verdict, told.on = verdict, today
        told.save(update_fields=["verdict", "on"])
    return told


@transaction.atomic
def overrule(*, by: Any, told: FitCheck, reason: str) -> FitCheck:
    """A manager says that the idea of one person fits after all, and why; the person is told. A second click changes
    nothing. Raises NotAllowed, Invalid (reason), DomainError where nobody is known or it fits already."""
    told = FitCheck.objects.select_for_update(of=("self",)).select_related("wave", "user").get(pk=told.pk)
    if not access.runs(by, told.wave):
        raise NotAllowed(_("Only a portfolio manager of this wave can say that."))
    if told.user_id == by.pk:
        raise NotAllowed(_("This is your own idea, so another manager must say that."))
    if told.fits_by_id is not None:
        return told
    if told.user is None or told.verdict == rules.Verdict.FITS:
        raise DomainError(_("There is nothing to put right here."))
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise Invalid(_("Say why, in up to 300 characters."), field="reason")
    told.fits_by, told.fits_reason = by, reason.strip()
    told.save(update_fields=["fits_by", "fits_reason"])
    record(by=by, verb="accelerator.fit.overruled", obj=told, before=told.verdict)
    notify(
        to=told.user,
        kind="idea_fits",
        key=f"idea_fits:{told.pk}",
        subject=_("Your idea fits: you can apply"),
        template="accelerator/letters/idea_fits",
        context={"wave": told.wave.name, "by": by.name},
        url=reverse("accelerator:start", args=[told.wave.slug]),
    )
    return told


def purge() -> int:
    """Deletes what the check said a year ago. Returns how many."""
    return FitCheck.objects.filter(on__lt=timezone.localdate() - KEPT).delete()[0]
