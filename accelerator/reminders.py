"""What teams and their managers are reminded of. Paused and ended innovations are left in peace."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accelerator.models import CheckIn, Innovation, InnovationMember, Milestone, Submission
from accelerator.rules.rag import NATIONS, UNREAD_WORKING_DAYS
from accelerator.rules.roadmap import TEAMS_TURN
from notifications.calendar import add_working_days, at_london, london
from notifications.kinds import Kind
from notifications.reminders import Due, Reminder, offset_in_force, week_of, weeks_overdue

KINDS = [
    Kind("innovation_begins", _("my innovation's start")),
    Kind("roadmap_changed", _("new dates on my roadmap")),
    Kind("evidence_sent", _("evidence that I am to read")),
    Kind("evidence_answered", _("answers to evidence that I sent")),
    Kind("what_your_hour_did", _("what came of hours that I gave")),
    Kind("milestone_due", _("milestones of mine that are due")),
    Kind("checkin_due", _("the check-in every two weeks")),
    Kind("innovation_people", _("who looks after an innovation, or leads it")),
]

DAYS_BEFORE = (14, 3, 0)
CHECKIN_EVERY = dt.timedelta(days=14)


def _teams(innovation_ids: set) -> dict:
    """The people on each team: {innovation id: [user]}. One query."""
    teams = defaultdict(list)
    places = InnovationMember.objects.filter(innovation__in=innovation_ids).select_related("user")
    for place in places.order_by("innovation_id", "id"):
        teams[place.innovation_id].append(place.user)
    return teams


def _open_milestones() -> list[Milestone]:
    milestones = Milestone.objects.filter(state__in=TEAMS_TURN, innovation__life=Innovation.Life.ACTIVE)
    return list(milestones.select_related("innovation__wave").order_by("end", "id"))


def _each(milestones: list[Milestone], occasion: str, **context: object) -> Iterator[Due]:
    teams = _teams({m.innovation_id for m in milestones})
    for m in milestones:
        for user in teams[m.innovation_id]:
            yield Due(
                user=user,
                key=f"{m.pk}:{occasion % {'end': m.end}}",
                context={"title": m.title, "innovation": m.innovation.name, "end": m.end, **context},
                url=reverse("accelerator:milestone", args=[m.pk]),
                nation=NATIONS[m.innovation.wave.nation],
                deadline=at_london(m.end + dt.timedelta(days=1), dt.time(0)),
            )


def milestones_due(now: dt.datetime) -> Iterator[Due]:
    """14 days, 3 days and on the day before a milestone's end, while it is the team's turn."""
    by_offset: dict[int, list[Milestone]] = defaultdict(list)
    for milestone in _open_milestones():
        offset = offset_in_force(milestone.end, DAYS_BEFORE, now)
        if offset is not None:
            by_offset[offset].append(milestone)
    for offset, milestones in by_offset.items():
        yield from _each(milestones, f"%(end)s:{offset}", offset=offset)


def milestones_overdue(now: dt.datetime) -> Iterator[Due]:
    """Weekly, from the day after a milestone's end."""
    by_week: dict[int, list[Milestone]] = defaultdict(list)
    for milestone in _open_milestones():
        week = weeks_overdue(milestone.end, now)
        if week is not None:
            by_week[week].append(milestone)
    for week, milestones in by_week.items():
        yield from _each(milestones, f"%(end)s:week {week}", week=week)


def evidence_returned(now: dt.datetime) -> Iterator[Due]:
    """A week after evidence was sent back, and weekly until it is answered."""
    by_week: dict[int, list[Milestone]] = defaultdict(list)
    for milestone in _open_milestones():
        if milestone.state == Milestone.State.RETURNED:
            weeks = (london(now).date() - london(milestone.state_since).date()).days // 7
            if weeks:
                by_week[weeks].append(milestone)
    for weeks, milestones in by_week.items():
        yield from _each(milestones, f"returned {weeks}", weeks=weeks)


def evidence_unread(now: dt.datetime) -> Iterator[Due]:
    """Evidence that its manager has not read for five working days; once a week until it is read."""
    waiting = Submission.objects.filter(
        state=Submission.State.SUBMITTED, milestone__innovation__life=Innovation.Life.ACTIVE
    ).select_related("milestone__innovation__manager", "milestone__innovation__wave")
    for submission in waiting.order_by("at", "id"):
        innovation = submission.milestone.innovation
        nation = NATIONS[innovation.wave.nation]
        if london(now).date() >= add_working_days(london(submission.at).date(), UNREAD_WORKING_DAYS, nation):
            yield Due(
                user=innovation.manager,
                key=f"{submission.pk}:{week_of(now)}",
                context={"title": submission.milestone.title, "innovation": innovation.name, "since": submission.at},
                url=reverse("accelerator:read_evidence", args=[submission.pk]),
                nation=nation,
            )


def checkins_due(now: dt.datetime) -> Iterator[Due]:
    """Two weeks after the team's last check-in (or the start), then weekly, while the wave's support runs."""
    today = london(now).date()
    innovations = list(
        Innovation.objects.filter(
            life=Innovation.Life.ACTIVE, wave__support_starts__lte=today, wave__ends__gt=today
        ).select_related("wave")
    )
    ids = {innovation.pk for innovation in innovations}
    last = dict(
        CheckIn.objects.filter(innovation__in=ids, side=CheckIn.Side.TEAM)
        .order_by("innovation_id", "-at")
        .distinct("innovation_id")
        .values_list("innovation_id", "at")
    )
    teams = _teams(ids)
    for innovation in innovations:
        begun = max(london(innovation.created_at).date(), innovation.wave.support_starts)
        since = london(last[innovation.pk]).date() if innovation.pk in last else begun
        if today - since >= CHECKIN_EVERY:
            for user in teams[innovation.pk]:
                yield Due(
                    user=user,
                    key=f"{innovation.pk}:{week_of(now)}",
                    context={"innovation": innovation.name, "since": since},
                    url=reverse("accelerator:check_in", args=[innovation.pk]),
                    nation=NATIONS[innovation.wave.nation],
                )


REMINDERS = [
    Reminder(
        "milestone-due", "milestone_due", milestones_due, "accelerator/mail/milestone_due", _("Coming up: %(title)s")
    ),
    Reminder(
        "milestone-overdue",
        "milestone_due",
        milestones_overdue,
        "accelerator/mail/milestone_overdue",
        _("Shall we talk about “%(title)s”?"),
    ),
    Reminder(
        "evidence-returned",
        "evidence_answered",
        evidence_returned,
        "accelerator/mail/evidence_still_returned",
        _("Still open: %(title)s"),
    ),
    Reminder(
        "evidence-unread",
        "evidence_sent",
        evidence_unread,
        "accelerator/mail/evidence_unread",
        _("Evidence is waiting to be read: %(title)s"),
        working_days=True,
    ),
    Reminder(
        "checkin-due", "checkin_due", checkins_due, "accelerator/mail/checkin_due", _("How is %(innovation)s going?")
    ),
]
