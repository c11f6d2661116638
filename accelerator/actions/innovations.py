"""An innovation from its acceptance to its end."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accelerator.actions.roadmap import instantiate, publish_template
from accelerator.actions.telling import tell_team
from accelerator.models import Application, HelpKind, Innovation, InnovationMember, InnovationNeed
from accelerator.rules import innovations as who
from audit.actions import record
from people.rules import has_role
from timebank.actions import pots, purposes
from ui.errors import DomainError, Invalid, NotAllowed

# What an applicant said about how far the idea is -> the innovation's stage.
STAGES = {
    "thought": Innovation.Stage.IDEA,
    "sketch": Innovation.Stage.DESIGN,
    "tried": Innovation.Stage.PROTOTYPE,
    "used": Innovation.Stage.IN_USE,
    "spread": Innovation.Stage.IN_USE,
}


@transaction.atomic
def create_from_application(*, by: Any, application: Application, manager: Any, name: str | None = None) -> Innovation:
    """What accepting an application makes: the innovation with its team (the lead, and everybody who joined), its pot
    with the wave's allowance, and its own roadmap from the wave's template (the core one where the wave names none).

    Called again for the same application it returns what is there. Raises NotAllowed (`by` does not run the wave, or
    `manager` does not), DomainError (no wave, or the wave's fund holds less than one allowance).
    """
    application = Application.objects.select_for_update(of=("self",)).select_related("wave").get(pk=application.pk)
    existing = Innovation.objects.filter(application=application).first()
    if existing:
        return existing
    wave = application.wave
    if wave is None:
        raise DomainError(_("This idea is not in a wave yet."))
    if by is not None and not who.runs_wave(by, wave.pk):
        raise NotAllowed(_("Only a portfolio manager of this wave can do this."))
    if not has_role(manager, "portfolio_manager", scope=wave.pk):
        raise NotAllowed(_("Choose a portfolio manager of this wave."))

    answers = dict(application.answers.values_list("question__key", "value"))
    name = " ".join((name or application.sentence or application.reference).split())
    name = name if len(name) <= 120 else name[:119].rsplit(" ", 1)[0] + "…"
    team = _team_of(application)
    innovation = Innovation.objects.create(
        wave=wave,
        application=application,
        manager=manager,
        pot=pots.open_pot(by=None, kind="innovation", name=name, aim=application.sentence, stewards=team),
        purpose=purposes.create(kind="innovation", label=name),
        template=wave.roadmap_template or publish_template("core"),
        name=name,
        summary=str(answers.get("idea") or application.sentence or name),
        stage=STAGES.get(str(answers.get("stage")), Innovation.Stage.IDEA),
        device="device" in _chosen(answers.get("flags")),
        allowance_minutes=wave.allowance_minutes if wave.fund_id else 0,
    )
    InnovationMember.objects.bulk_create(
        InnovationMember(innovation=innovation, user=user, lead=user == application.lead) for user in team
    )
    kinds = [kind for kind in HelpKind.values if kind in _chosen(answers.get("help"))] or list(HelpKind.values)
    share = wave.allowance_minutes // len(kinds)
    InnovationNeed.objects.bulk_create(
        InnovationNeed(innovation=innovation, kind=kind, minutes=share) for kind in kinds
    )
    milestones = instantiate(innovation=innovation, template=innovation.template)
    if wave.fund and wave.allowance_minutes:
        pots.fund_allowance(
            by=by or manager,
            fund=wave.fund,
            pot=innovation.pot,
            minutes=wave.allowance_minutes,
            key=f"allowance:{innovation.pk}",
        )
    record(
        by=by,
        verb="accelerator.innovation.created",
        obj=innovation,
        application=str(application.pk),
        milestones=len(milestones),
        allowance=innovation.allowance_minutes,
    )
    tell_team(
        innovation=innovation,
        kind="innovation_begins",
        key=f"innovation {innovation.pk} created",
        subject=_("Your roadmap is ready"),
        template="accelerator/mail/innovation_begins",
        context={
            "manager": manager.name,
            "milestones": len(milestones),
            "first": milestones[0].title if milestones else "",
            "minutes": innovation.allowance_minutes,
            "starts": wave.support_starts,
        },
    )
    return innovation


def _chosen(value: Any) -> list:
    return value if isinstance(value, list) else [value]


def _team_of(application: Application) -> list[Any]:
    """The lead and the co-applicants who joined: the team, and the stewards of the innovation's hours."""
    joined = application.co_applicants.filter(accepted_at__isnull=False).exclude(user=application.lead_id)
    return [application.lead, *(row.user for row in joined.select_related("user").order_by("accepted_at", "id"))]


def _locked(innovation: Innovation) -> Innovation:
    return Innovation.objects.select_for_update(of=("self",)).select_related("wave").get(pk=innovation.pk)


@transaction.atomic
def change_life(
    *,
    by: Any,
    innovation: Innovation,
    life: str,
    paused_until: dt.date | None = None,
    stopped_why: str = "",
    learnt: str = "",
) -> Innovation:
    """A manager pauses an innovation (until a date: clocks and chases stop), takes it up again ("active"), stops it
    (why, and what was learnt), hands it over or lets it graduate. Saying the same again changes nothing. An innovation
    that has ended stays ended. Raises Invalid, Missing, NotAllowed, DomainError."""
    who.check_runs(by, innovation)
    fresh = _locked(innovation)
    if life not in Innovation.Life.values:
        raise Invalid(_("Choose what happens to the innovation."), field="life")
    if fresh.life not in (Innovation.Life.ACTIVE, Innovation.Life.PAUSED):
        if fresh.life == life:
            return fresh
        raise DomainError(_("This innovation has already left the wave."))
    if life == Innovation.Life.PAUSED and (paused_until is None or paused_until <= timezone.localdate()):
        raise Invalid(_("Say until when it is paused: a day after today."), field="paused_until")
    if life == Innovation.Life.STOPPED and not stopped_why.strip():
        raise Invalid(_("Say why it stops."), field="stopped_why")
    if life == Innovation.Life.STOPPED and not learnt.strip():
        raise Invalid(_("Say what was learnt. Others will be glad of it."), field="learnt")
    before = fresh.life
    if before == life and (life == Innovation.Life.ACTIVE or fresh.paused_until == paused_until):
        return fresh
    fresh.life = life
    fresh.life_since = timezone.now()
    fresh.paused_until = paused_until if life == Innovation.Life.PAUSED else None
    fresh.stopped_why = stopped_why.strip() if life == Innovation.Life.STOPPED else ""
    fresh.learnt = learnt.strip() if life == Innovation.Life.STOPPED else ""
    fresh.save(update_fields=["life", "life_since", "paused_until", "stopped_why", "learnt"])
    record(by=by, verb=f"accelerator.innovation.{life}", obj=fresh, before=before)
    return fresh


@transaction.atomic
def end_pauses(*, today: dt.date | None = None) -> int:
    """Takes up again every innovation whose pause is over; returns how many. For the daily sweep."""
    today = today or timezone.localdate()
    over = Innovation.objects.select_for_update().filter(life=Innovation.Life.PAUSED, paused_until__lte=today)
    for innovation in over:
        innovation.life, innovation.paused_until, innovation.life_since = Innovation.Life.ACTIVE, None, timezone.now()
        innovation.save(update_fields=["life", "paused_until", "life_since"])
        record(by=None, verb="accelerator.innovation.active", obj=innovation, before="paused")
    return len(over)


@transaction.atomic
def describe(
    *,
    by: Any,
    innovation: Innovation,
    name: str,
    summary: str,
    stage: str,
    device: bool,
    tier: str,
    needs: dict[str, int],
) -> Innovation:
    """A manager keeps an innovation's description right: what it is, and how many minutes of each kind of help it needs.
    The roadmap does not change by itself: rows that came to apply are added on its page. Raises Invalid, Missing,
    NotAllowed."""
    who.check_runs(by, innovation)
    fresh = _locked(innovation)
    if not name.strip():
        raise Invalid(_("Give the innovation a name."), field="name")
    if stage not in Innovation.Stage.values or tier not in Innovation.Tier.values:
        raise Invalid(_("Choose one of the answers."), field="stage")
    fresh.name, fresh.summary, fresh.stage = name.strip(), summary.strip(), stage
    fresh.device, fresh.tier = device, tier
    fresh.save(update_fields=["name", "summary", "stage", "device", "tier"])
    for kind in HelpKind.values:
        InnovationNeed.objects.update_or_create(
            innovation=fresh, kind=kind, defaults={"minutes": max(0, needs.get(kind, 0))}
        )
    record(by=by, verb="accelerator.innovation.described", obj=fresh, device=device, tier=tier, stage=stage)
    return fresh
