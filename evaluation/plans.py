"""What a wave's evaluation promises to measure: drafted, locked before the wave begins, changed only by a next version
with a reason that the report shows."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accelerator.models import Wave
from audit.actions import record
from evaluation import rules
from evaluation.models import Plan
from evaluation.questions import DEFAULT_MEASURES, bounds
from ui.errors import DomainError, Invalid

LONGEST_REASON = 300
Measures = Mapping[str, Mapping[str, float]]


def _check_measures(measures: Measures) -> None:
    """Raises Invalid ("V3_aim", "V3_n") where a question has no promise that could be kept or broken."""
    for question in DEFAULT_MEASURES:
        given, (least, most) = measures.get(question, {}), bounds(question)
        if not least <= given.get("threshold", -1) <= most:
            raise Invalid(_("Choose from %(least)g to %(most)g.") % {"least": least, "most": most}, f"{question}_aim")
        if not rules.FEWEST <= given.get("smallest_n", 0) <= rules.MOST:
            raise Invalid(
                _("Choose from %(least)d to %(most)d.") % {"least": rules.FEWEST, "most": rules.MOST}, f"{question}_n"
            )


@transaction.atomic
def draft_plan(*, by: Any, wave: Wave, measures: Measures) -> Plan:
    """Keeps a draft of what a wave's evaluation will measure. Raises NotAllowed, Invalid (the field), DomainError once it is
    locked."""
    rules.check_may_plan(by, wave)
    _check_measures(measures)
    Wave.objects.select_for_update().get(pk=wave.pk)
    if Plan.objects.filter(wave=wave, status=Plan.Status.PUBLISHED).exists():
        raise DomainError(_("The plan is locked. A change is a new version, with a reason."))
    plan, _made = Plan.objects.update_or_create(wave=wave, status=Plan.Status.DRAFT, defaults={"measures": measures})
    return plan


@transaction.atomic
def lock_plan(*, by: Any, wave: Wave, measures: Measures | None = None, reason: str = "") -> Plan:
    """Locks what a wave's evaluation will measure: `measures`, else the draft, else what ships. A later change is a new
    version, and needs a reason. The same again changes nothing. Raises Invalid (the field, reason)."""
    if measures is not None:
        _check_measures(measures)
    Wave.objects.select_for_update().get(pk=wave.pk)
    reason = reason.strip()
    current = Plan.objects.select_for_update().filter(wave=wave, status=Plan.Status.PUBLISHED).first()
    if current and measures is not None and (current.measures, current.reason) == (measures, reason):
        return current
    if current and not 0 < len(reason) <= LONGEST_REASON:
        raise Invalid(
            _("Say why the plan changes, in up to %(most)d characters: the report will show it.")
            % {"most": LONGEST_REASON},
            "reason",
        )
    Plan.objects.filter(wave=wave, status=Plan.Status.PUBLISHED).update(status=Plan.Status.SUPERSEDED)
    draft = Plan.objects.filter(wave=wave, status=Plan.Status.DRAFT).first()
    plan = draft or Plan(wave=wave, version=current.version + 1 if current else 1)
    plan.measures = measures or (draft.measures if draft else DEFAULT_MEASURES)
    plan.status, plan.locked_at, plan.reason = Plan.Status.PUBLISHED, timezone.now(), reason if current else ""
    plan.save()
    record(by=by, verb="evaluation.plan.locked", obj=plan, version=plan.version)
    return plan


@transaction.atomic
def change_plan(*, by: Any, wave: Wave, measures: Measures, reason: str = "") -> Plan:
    """Locks a plan, or its next version, for somebody who looks after the wave. Raises NotAllowed, and as `lock_plan`."""
    rules.check_may_plan(by, wave)
    return lock_plan(by=by, wave=wave, measures=measures, reason=reason)


def lock_those_due() -> int:
    """Locks the plans of waves whose call has opened: from then on people act on them. Returns how many."""
    now = timezone.now()
    begun = Wave.objects.filter(call_opens__lte=now, ends__gte=timezone.localdate(now))
    due = begun.exclude(evaluation_plans__status=Plan.Status.PUBLISHED).order_by("call_opens", "id")
    return len([lock_plan(by=None, wave=wave) for wave in due])


def carry(source: Wave, made: Wave) -> None:
    """Gives a copied wave the plan of the one before, as a draft that is locked when its call opens."""
    standing = standing_plan(source)
    if standing is not None:
        Plan.objects.create(wave=made, measures=standing.measures)


def drop(wave: Wave) -> None:
    """Takes away the plans of a wave that was planned by mistake. Raises ProtectedError where there is a report on it."""
    Plan.objects.filter(wave=wave).delete()


def standing_plan(wave: Wave) -> Plan | None:
    """The plan that is locked, else its draft; None before there is one."""
    return Plan.objects.filter(wave=wave).exclude(status=Plan.Status.SUPERSEDED).order_by("-version").first()
