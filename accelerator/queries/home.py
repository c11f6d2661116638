"""What home shows to a team and to a portfolio manager, and what somebody's download holds."""

import datetime as dt
from typing import Any

from django.utils import timezone

from accelerator.models import CheckIn, Innovation, Milestone, StaffHours, Submission
from accelerator.queries import innovations as reads
from accelerator.queries.dashboard import manages_any
from accelerator.rules import roadmap as rules
from accelerator.rules.rag import NATIONS, UNREAD_WORKING_DAYS
from notifications.calendar import add_working_days
from timebank.queries.listings import offers_for_skills

CHECKIN_EVERY = dt.timedelta(days=14)


def this_week(user: Any, innovation: Innovation, milestones: list[Milestone]) -> dict[str, Any]:
    """The one next step for this week (`not_yet`: it begins later), who could help with it, what waits on others, whether a
    check-in is due."""
    step = rules.next_step(milestones)
    help_with = list(step.purpose.skills.all()) if step else []
    last = reads.last_checkin(innovation, CheckIn.Side.TEAM)
    begun = max(timezone.localdate(innovation.created_at), innovation.wave.support_starts)
    since = timezone.localdate(last.at) if last else begun
    return {
        "innovation": innovation,
        "step": step,
        "not_yet": step is not None and step.start > timezone.localdate() + dt.timedelta(days=7),
        "small_step": small_step(step),
        "helpers": offers_for_skills(help_with, user, limit=3) if help_with else [],
        "waiting": reads.waits_on_others(innovation, milestones),
        "checkin_due": innovation.life == Innovation.Life.ACTIVE and timezone.localdate() - since >= CHECKIN_EVERY,
        "done": sum(m.state == "accepted" for m in milestones),
        "total": sum(m.state != "not_applicable" for m in milestones),
    }


def small_step(milestone: Milestone | None) -> str:
    """What to do first on a milestone: the first of its small steps, unless something was sent back."""
    if milestone is None or milestone.state == Milestone.State.RETURNED or not milestone.steps:
        return ""
    return milestone.steps[0]


def team_card(user: Any) -> dict[str, Any] | None:
    """The card of an innovator's home: each innovation they are on with its one next step. None for everybody else."""
    own = reads.mine(user)
    if not own:
        return None
    return {"places": [this_week(user, innovation, reads.roadmap(innovation)) for innovation in own]}


def manager_card(user: Any) -> dict[str, Any] | None:
    """The card of a portfolio manager's home: evidence to read, the longest waiting first. None where there is none."""
    if not manages_any(user):
        return None
    waiting = (
        Submission.objects.filter(
            state=Submission.State.SUBMITTED,
            milestone__innovation__manager=user,
            milestone__innovation__life__in=reads.LIVING,
        )
        .select_related("milestone__innovation__wave", "by")
        .order_by("at", "id")
    )
    found = list(waiting[:6])
    if not found:
        return None
    today = timezone.localdate()
    for submission in found:
        nation = NATIONS[submission.milestone.innovation.wave.nation]
        answer_by = add_working_days(timezone.localdate(submission.at), UNREAD_WORKING_DAYS, nation)
        submission.answer_by, submission.late = answer_by, today >= answer_by
    return {"evidence": found[:5], "more": waiting.count() - 5 if len(found) > 5 else 0}


def export_for(user: Any) -> list[dict[str, Any]]:
    """What this person did on innovations, for "download my data"."""
    return [
        {
            "innovation": innovation.name,
            "evidence": list(
                Submission.objects.filter(by=user, milestone__innovation=innovation)
                .order_by("at", "id")
                .values("milestone__title", "at", "account", "links", "state")
            ),
            "check_ins": list(
                CheckIn.objects.filter(by=user, innovation=innovation)
                .order_by("at", "id")
                .values("at", "progress", "blockers", "confidence", "would_help")
            ),
            "staff_hours": list(
                StaffHours.objects.filter(by=user, innovation=innovation)
                .order_by("on", "id")
                .values("on", "minutes", "kind")
            ),
        }
        for innovation in reads.touched_by(user)
    ]
