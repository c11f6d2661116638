"""How it goes, every two weeks and from both sides; and the hours that programme staff give."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accelerator.actions import rag
from accelerator.models import CheckIn, HelpKind, Innovation, RagEvent, StaffHours
from accelerator.rules import innovations as who
from audit.actions import record
from ui.errors import DomainError, Invalid

SAME_MINUTES = dt.timedelta(minutes=5)


@transaction.atomic
def check_in(
    *,
    by: Any,
    innovation: Innovation,
    progress: str,
    confidence: int,
    blockers: str = "",
    blocker_waits_on: str = "",
    would_help: str = "",
    last_contact: dt.date | None = None,
    shown_to_team: bool = False,
) -> CheckIn:
    """One side's check-in: the team's where `by` is on the team, else the manager's. What the manager writes is shown to
    the team only with `shown_to_team`. The same words again within five minutes are the same check-in (a second click).

    Raises Invalid (progress, confidence 1 to 5, blocker_waits_on, last_contact), Missing, DomainError (it has ended).
    """
    who.check_sees(by, innovation)
    side = CheckIn.Side.TEAM if who.on_team(by, innovation) else CheckIn.Side.MANAGER
    progress, blockers = progress.strip(), blockers.strip()
    if innovation.life not in (Innovation.Life.ACTIVE, Innovation.Life.PAUSED):
        raise DomainError(_("This innovation is no longer in the wave, so there are no more check-ins."))
    if not progress:
        raise Invalid(_("Say what has moved, even if it is little."), field="progress")
    if confidence not in range(1, 6):
        raise Invalid(_("Choose a number from 1 to 5."), field="confidence")
    if last_contact and last_contact > timezone.localdate():
        raise Invalid(_("The day you last spoke cannot be in the future."), field="last_contact")
    if blockers and blocker_waits_on not in RagEvent.WaitingOn.values:
        blocker_waits_on = RagEvent.WaitingOn.TEAM
    Innovation.objects.select_for_update().get(pk=innovation.pk)
    since = timezone.now() - SAME_MINUTES
    again = innovation.checkins.filter(by=by, progress=progress, confidence=confidence, at__gte=since).first()
    if again:
        return again
    checkin = CheckIn.objects.create(
        innovation=innovation,
        by=by,
        side=side,
        last_contact=last_contact,
        progress=progress,
        blockers=blockers,
        blocker_waits_on=blocker_waits_on if blockers else "",
        confidence=confidence,
        would_help=would_help.strip(),
        shown_to_team=side == CheckIn.Side.TEAM or shown_to_team,
    )
    record(
        by=by, verb="accelerator.checkin.made", obj=checkin, side=side, confidence=confidence, blocked=bool(blockers)
    )
    rag.refresh(innovation=innovation)
    return checkin


@transaction.atomic
def log_staff_hours(
    *, by: Any, innovation: Innovation, on: dt.date, minutes: int, kind: str, note: str = ""
) -> StaffHours:
    """Programme staff note minutes that they gave, by kind. No credits move. Raises Invalid (minutes, kind, on), Missing,
    NotAllowed."""
    who.check_runs(by, innovation)
    if not 1 <= minutes <= 1440:
        raise Invalid(_("Enter between a quarter of an hour and 24 hours."), field="minutes")
    if kind not in HelpKind.values:
        raise Invalid(_("Choose the kind of help."), field="kind")
    if on > timezone.localdate():
        raise Invalid(_("The day cannot be in the future."), field="on")
    since = timezone.now() - SAME_MINUTES
    same = {"by": by, "on": on, "minutes": minutes, "kind": kind, "note": note.strip()[:200]}
    Innovation.objects.select_for_update().get(pk=innovation.pk)
    again = innovation.staff_hours.filter(**same, at__gte=since).first()
    if again:
        return again
    given = StaffHours.objects.create(innovation=innovation, **same)
    record(by=by, verb="accelerator.staff_hours.logged", obj=innovation, minutes=minutes, kind=kind)
    return given
