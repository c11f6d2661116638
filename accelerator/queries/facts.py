"""The facts that the colour rules look at, for many innovations in a constant number of queries."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Max
from django.utils import timezone

from accelerator.models import CheckIn, Innovation, Milestone, Submission, Wave
from accelerator.rules.rag import Facts, MilestoneFact
from timebank.models import Account

CHECKINS_REMEMBERED = dt.timedelta(days=180)


@dataclass(frozen=True)
class Gathered:
    """What five queries found out about some innovations, each by the innovation's id."""

    waves: dict[Any, Wave]
    milestones: dict[Any, list[Milestone]]
    checkins: dict[Any, list[CheckIn]]  # latest first
    last_evidence: dict[Any, dt.datetime]
    available: dict[Any, int]  # minutes left in the pot, by pot id


def gather(innovations: Iterable[Innovation]) -> Gathered:
    """Reads it all: 5 queries, however many innovations."""
    innovations = list(innovations)
    ids = [innovation.pk for innovation in innovations]
    milestones: dict[Any, list[Milestone]] = defaultdict(list)
    for milestone in (
        Milestone.objects.filter(innovation__in=ids)
        .defer("why", "steps", "to_show", "frameworks")
        .order_by("innovation_id", "start", "end", "id")
    ):
        milestones[milestone.innovation_id].append(milestone)
    checkins: dict[Any, list[CheckIn]] = defaultdict(list)
    recent = CheckIn.objects.filter(innovation__in=ids, at__gte=timezone.now() - CHECKINS_REMEMBERED)
    for checkin in recent.order_by("innovation_id", "-at", "-id"):
        checkins[checkin.innovation_id].append(checkin)
    sent = Submission.objects.filter(milestone__innovation__in=ids).order_by()
    return Gathered(
        waves=Wave.objects.in_bulk({innovation.wave_id for innovation in innovations}),
        milestones=milestones,
        checkins=checkins,
        last_evidence=dict(sent.values_list("milestone__innovation").annotate(Max("at"))),
        available={
            pot: balance - held
            for pot, balance, held in Account.objects.filter(pot__in=[i.pot_id for i in innovations]).values_list(
                "pot_id", "balance", "held"
            )
        },
    )


def facts_from(innovation: Innovation, gathered: Gathered, today: dt.date) -> Facts:
    """One innovation's facts out of what was gathered. No query. The allowance counts as used as far as less than it is
    left in the pot."""
    wave = gathered.waves[innovation.wave_id]
    milestones = gathered.milestones.get(innovation.pk, [])
    checkins = gathered.checkins.get(innovation.pk, [])
    signs = [innovation.created_at, innovation.life_since, *(c.at for c in checkins)]
    signs += [m.state_since for m in milestones]
    signs += [at for at in [gathered.last_evidence.get(innovation.pk)] if at]
    last = max(timezone.localdate(at) for at in signs)
    if wave.support_starts > last:
        last = min(wave.support_starts, today)  # nobody is silent before support starts
    blocked_since, waits_on = None, ""
    for checkin in checkins:
        if not checkin.blockers:
            break
        blocked_since = timezone.localdate(checkin.at)
        waits_on = waits_on or checkin.blocker_waits_on
    left = gathered.available.get(innovation.pot_id, 0)
    return Facts(
        today=today,
        life=innovation.life,
        paused_until=innovation.paused_until,
        milestones=[MilestoneFact(m.title, m.state, m.end, timezone.localdate(m.state_since)) for m in milestones],
        last_activity=last,
        blocker_since=blocked_since,
        blocker_waits_on=waits_on,
        confidence=[(timezone.localdate(c.at), c.confidence) for c in checkins if c.side == CheckIn.Side.TEAM][:2],
        allowance=innovation.allowance_minutes,
        allowance_used=max(0, innovation.allowance_minutes - left),
        support_starts=wave.support_starts,
        support_ends=wave.evaluation_starts,
        nation=wave.nation,
    )


def facts_of(innovations: Iterable[Innovation], *, today: dt.date | None = None) -> dict[Any, Facts]:
    """The facts of each innovation, by its id. 5 queries, however many."""
    innovations = list(innovations)
    today = today or timezone.localdate()
    gathered = gather(innovations)
    return {innovation.pk: facts_from(innovation, gathered, today) for innovation in innovations}
