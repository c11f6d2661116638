"""What the pages of one innovation show."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accelerator.models import (
    CheckIn,
    EvidenceFile,
    Innovation,
    InnovationMember,
    Milestone,
    StaffHours,
    Submission,
)
from accelerator.rules import innovations as who
from accelerator.rules import roadmap as rules
from people.models import User
from people.rules import without_blocked
from timebank.models import Exchange, Listing
from timebank.queries.exchanges import minutes_by_purpose
from ui.errors import Missing

LIVING = (Innovation.Life.ACTIVE, Innovation.Life.PAUSED)


def _with_team(innovations: QuerySet[Innovation]) -> QuerySet[Innovation]:
    team = InnovationMember.objects.select_related("user").order_by("-lead", "joined_at", "id")
    return innovations.select_related("wave", "manager", "pot", "purpose").prefetch_related(Prefetch("members", team))


def innovation_for(user: Any, pk: UUID) -> Innovation:
    """One innovation with its wave, manager, pot and team. Raises Missing where it is not, or not for `user`."""
    innovation = _with_team(Innovation.objects.filter(pk=pk)).first()
    if innovation is None:
        raise Missing(_("We cannot find that innovation."))
    who.check_sees(user, innovation)
    return innovation


def milestone_for(user: Any, pk: UUID) -> Milestone:
    """One milestone with its innovation (as `innovation_for`). Raises Missing where it is not, or not for `user`."""
    milestone = Milestone.objects.select_related("purpose").filter(pk=pk).first()
    if milestone is None:
        raise Missing(_("We cannot find that milestone."))
    milestone.innovation = innovation_for(user, milestone.innovation_id)
    return milestone


def submission_for(user: Any, pk: UUID) -> Submission:
    """One set of evidence with its milestone, for those who see the innovation. Raises Missing."""
    submission = Submission.objects.select_related("by", "reviewed_by").prefetch_related("files").filter(pk=pk).first()
    if submission is None:
        raise Missing(_("We cannot find that evidence."))
    submission.milestone = milestone_for(user, submission.milestone_id)
    return submission


def file_for(user: Any, pk: UUID) -> EvidenceFile:
    """One uploaded file, for those who see its innovation. Raises Missing."""
    file = EvidenceFile.objects.select_related("submission__milestone__innovation").filter(pk=pk).first()
    if file is None or file.removed_at is not None or not who.sees(user, file.submission.milestone.innovation):
        raise Missing(_("We cannot find that file."))
    return file


def mine(user: Any) -> list[Innovation]:
    """The innovations on whose team `user` is and that are still in the wave, the newest first."""
    own = Innovation.objects.filter(members__user=user, life__in=LIVING)
    return list(_with_team(own).order_by("-created_at", "-id"))


def on_any_team(user: Any) -> bool:
    """Whether `user` is on the team of an innovation that is still in the wave. One query."""
    return Innovation.objects.filter(members__user=user, life__in=LIVING).exists()


def touched_by(user: Any) -> list[Innovation]:
    """Every innovation that `user` was on the team of, or wrote something for, the oldest first."""
    places = InnovationMember.objects.filter(user=user).values("innovation_id")
    sent = Submission.objects.filter(by=user).values("milestone__innovation_id")
    said = CheckIn.objects.filter(by=user).values("innovation_id")
    given = StaffHours.objects.filter(by=user).values("innovation_id")
    either = Q(pk__in=places) | Q(pk__in=sent) | Q(pk__in=said) | Q(pk__in=given)
    return list(Innovation.objects.filter(either).order_by("created_at", "id"))


def managed(user: Any) -> QuerySet[Innovation]:
    """The innovations that `user` looks after."""
    return Innovation.objects.filter(manager=user, life__in=LIVING).order_by("-created_at", "-id")


def givers(purpose_id: Any, viewer: Any) -> list[tuple[User, int]]:
    """(person, minutes) of everybody who gave settled hours to a purpose, most first, without whom the viewer does not
    meet. Three queries."""
    given = (
        without_blocked(Exchange.objects.filter(purpose=purpose_id, state="settled"), viewer, "provider")
        .order_by()
        .values_list("provider")
        .annotate(minutes=Sum("settled_minutes"))
        .order_by("-minutes", "provider")
    )
    minutes = dict(given)
    people = User.objects.in_bulk(minutes)
    return [(people[pk], total) for pk, total in minutes.items()]


@dataclass
class Phase:
    """A stretch of the wave with the milestones that begin in it."""

    title: str
    starts: dt.date
    milestones: list[Milestone]


def roadmap(innovation: Innovation, *, today: dt.date | None = None) -> list[Milestone]:
    """The innovation's milestones in order of their dates. Each carries `minutes` (hours received), `waits_for` (states
    of what it depends on), `waits_for_titles` (those not done), `late` (its end has passed, it is the team's turn) and
    `asks` (how many requests are open). 4 queries."""
    today = today or timezone.localdate()
    rows = innovation.milestones.select_related("purpose").order_by("start", "end", "id")
    milestones = list(rows.prefetch_related("depends_on"))
    decorate(milestones, today)
    return milestones


def decorate(milestones: Sequence[Milestone], today: dt.date) -> None:
    """Adds what `roadmap` says to milestones whose `depends_on` was fetched. 2 queries."""
    minutes = minutes_by_purpose([m.purpose_id for m in milestones])
    asked = Listing.objects.filter(purpose__in=[m.purpose_id for m in milestones], kind="request").open()
    asks: dict[Any, int] = {}
    for purpose in asked.values_list("purpose_id", flat=True):
        asks[purpose] = asks.get(purpose, 0) + 1
    for m in milestones:
        before = sorted(m.depends_on.all(), key=lambda other: (other.start, other.end, str(other.pk)))
        extra = {
            "minutes": minutes.get(m.purpose_id, 0),
            "waits_for": [other.state for other in before],
            "waits_for_titles": [other.title for other in before if other.state not in rules.SETTLED],
            "late": m.state in rules.TEAMS_TURN and m.end < today,
            "asks": asks.get(m.purpose_id, 0),
        }
        for name, value in extra.items():
            setattr(m, name, value)


def by_phase(innovation: Innovation, milestones: Sequence[Milestone]) -> list[Phase]:
    """The milestones by the phase of the wave in which each begins; phases without one are left out."""
    wave = innovation.wave
    phases = [
        Phase(_("Support, one to one"), wave.support_starts, []),
        Phase(_("Open to the community"), wave.community_starts, []),
        Phase(_("Evaluation"), wave.evaluation_starts, []),
    ]
    for milestone in milestones:
        at = max((p for p in phases if p.starts <= milestone.start), key=lambda p: p.starts, default=phases[0])
        at.milestones.append(milestone)
    return [phase for phase in phases if phase.milestones]


def history(milestone: Milestone) -> list[Submission]:
    """All evidence of a milestone, the latest first, with files and people. 2 queries."""
    return list(milestone.submissions.select_related("by", "reviewed_by").prefetch_related("files").order_by("-number"))


def checkins_shown(user: Any, innovation: Innovation, limit: int | None = 10) -> list[CheckIn]:
    """The latest check-ins that `user` may read: a manager all of them, the team its own and those shown to it."""
    rows = innovation.checkins.select_related("by").order_by("-at", "-id")
    if not who.runs(user, innovation):
        rows = rows.filter(Q(side=CheckIn.Side.TEAM) | Q(shown_to_team=True))
    return list(rows[:limit])


def last_checkin(innovation: Innovation, side: str) -> CheckIn | None:
    """The latest check-in of one side."""
    return innovation.checkins.filter(side=side).order_by("-at", "-id").first()


@dataclass
class Waiting:
    """Something that is not the team's turn: what, on whom, since when."""

    what: str
    on: str
    since: dt.date


def waits_on_others(innovation: Innovation, milestones: Sequence[Milestone]) -> list[Waiting]:
    """What the team has done its part of: evidence to be read, requests to be answered. One query."""
    waiting = [
        Waiting(_("Evidence for “%(title)s” is being read") % {"title": m.title}, innovation.manager.name,
                timezone.localdate(m.state_since))
        for m in milestones
        if m.state == "submitted"
    ]  # fmt: skip
    listings = innovation.pot.listings.filter(kind="request").open().order_by("posted_at", "id")
    waiting += [
        Waiting(_("Your request “%(title)s” is open") % {"title": listing.title}, _("the community"),
                timezone.localdate(listing.posted_at))
        for listing in listings[:5]
    ]  # fmt: skip
    return waiting
