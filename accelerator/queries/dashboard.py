"""The cohort dashboard: one row an innovation, in a constant number of queries however many there are."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accelerator.models import (
    CheckIn,
    HelpKind,
    Innovation,
    InnovationMember,
    InnovationNeed,
    Milestone,
    RagEvent,
    StaffHours,
    Wave,
)
from accelerator.queries.facts import facts_from, gather
from accelerator.rules import rag
from accelerator.rules import roadmap as roadmap_rules
from people.rules import has_role, live_grants
from timebank.queries.exchanges import minutes_by_purpose


@dataclass
class Row:
    """One innovation on the dashboard. Minutes are time credits, apart from `staff_minutes`, which cost none."""

    innovation: Innovation
    lead: Any
    verdict: rag.Verdict
    next: Milestone | None
    done: int
    due: int  # milestones whose end has come, and
    due_done: int  # how many of these are accepted
    total: int
    slippage: int  # days, the most that any open milestone has moved from its baseline
    received: dict[str, int]
    staff_minutes: int
    needs: dict[str, int]
    last_contact: dt.date | None
    confidence: int | None
    milestones: list[Milestone] = field(default_factory=list)
    most_received: int = 0  # minutes, of any innovation of the cohort: what a full bar of hours stands for

    @property
    def ended(self) -> bool:
        """Whether it has left the wave: it has no colour any more, and nothing of it is late."""
        return self.innovation.life not in LIVING

    @property
    def hours_bar(self) -> list[tuple[str, float, float]]:
        """(kind, where its piece begins, how long it is) of a bar of hours, in hundredths of the cohort's longest."""
        pieces, begins = [], 0.0
        for kind in HelpKind.values:
            length = 100 * self.received.get(kind, 0) / self.most_received if self.most_received else 0.0
            if length:
                pieces.append((kind, round(begins, 2), round(length, 2)))
            begins += length
        return pieces

    @property
    def received_total(self) -> int:
        return sum(self.received.values())

    @property
    def received_by_kind(self) -> list[tuple[str, int]]:
        """(kind in words, minutes) of the four kinds, in their order."""
        return [(str(HelpKind(kind).label), self.received.get(kind, 0)) for kind in HelpKind.values]


FAR = dt.date.max
LIVING = (Innovation.Life.ACTIVE, Innovation.Life.PAUSED)

# What can be sorted by: slug -> (label, key of a row). Ties go by name, then id.
SORTS: dict[str, tuple[Any, Any]] = {
    "colour": (_("Colour, most urgent first"), lambda r: (r.ended, rag.SEVERITY[r.verdict.colour], r.verdict.since)),
    "name": (_("Name"), lambda r: ()),
    "next": (_("Next milestone's date"), lambda r: (r.next.end if r.next else FAR,)),
    "slippage": (_("Slippage, most first"), lambda r: (-r.slippage,)),
    "hours": (_("Hours received, fewest first"), lambda r: (r.received_total,)),
    "contact": (_("Last contact, longest ago first"), lambda r: (r.last_contact or dt.date.min,)),
}
FILTERS = ("colour", "waiting", "manager", "life", "need")


def manages_any(user: Any) -> bool:
    """Whether `user` is a portfolio manager of some wave. Asks only what the request has cached."""
    return has_role(user, "portfolio_manager")


def waves_of(user: Any) -> QuerySet[Wave]:
    """The waves that `user` manages, the latest first."""
    scopes = {scope for role, scope in live_grants(user) if role == "portfolio_manager"}
    waves = Wave.objects.select_related("programme").order_by("-support_starts", "-id")
    return waves if "" in scopes else waves.filter(pk__in=scopes)


def rows(innovations: QuerySet[Innovation], *, now: dt.datetime | None = None) -> list[Row]:
    """A row for each innovation, by name. 12 queries."""
    now = now or timezone.now()
    today = timezone.localdate(now)
    found = list(innovations.select_related("manager").order_by("name", "id"))
    ids = [innovation.pk for innovation in found]
    gathered = gather(found)
    minutes = minutes_by_purpose([m.purpose_id for milestones in gathered.milestones.values() for m in milestones])
    staff = dict(
        StaffHours.objects.filter(innovation__in=ids).order_by().values_list("innovation").annotate(Sum("minutes"))
    )
    leads = {
        m.innovation_id: m.user
        for m in InnovationMember.objects.filter(innovation__in=ids, lead=True).select_related("user")
    }
    needs: dict[Any, dict[str, int]] = defaultdict(dict)
    for innovation_id, kind, wanted in InnovationNeed.objects.filter(innovation__in=ids).values_list(
        "innovation_id", "kind", "minutes"
    ):
        needs[innovation_id][kind] = wanted
    overrides = {
        event.innovation_id: event
        for event in RagEvent.objects.filter(innovation__in=ids, override_until__gt=now)
        .order_by("innovation_id", "-id")
        .distinct("innovation_id")
    }
    before = _predecessors(ids)
    made = [_row(innovation, gathered, today, minutes, staff, leads, needs, overrides, before) for innovation in found]
    most = max((row.received_total for row in made), default=0)
    for row in made:
        row.most_received = most
    return made


def _predecessors(ids: list) -> dict[Any, list[Any]]:
    links = Milestone.depends_on.through.objects.filter(from_milestone__innovation__in=ids)
    found: dict[Any, list[Any]] = defaultdict(list)
    for later, earlier in links.values_list("from_milestone_id", "to_milestone_id"):
        found[later].append(earlier)
    return found


def _row(innovation, gathered, today, minutes, staff, leads, needs, overrides, before) -> Row:
    milestones = gathered.milestones.get(innovation.pk, [])
    states = {m.pk: m.state for m in milestones}
    for m in milestones:
        m.waits_for = [states[pk] for pk in before.get(m.pk, ()) if pk in states]
    received: dict[str, int] = defaultdict(int)
    for m in milestones:
        received[m.kind] += minutes.get(m.purpose_id, 0)
    verdict = rag.verdict(facts_from(innovation, gathered, today))
    if innovation.pk in overrides:
        verdict = overridden(overrides[innovation.pk])
    checkins = gathered.checkins.get(innovation.pk, [])
    contacts = [c.last_contact for c in checkins if c.last_contact]
    contacts += [timezone.localdate(c.at) for c in checkins if c.side == CheckIn.Side.TEAM]
    due_done, due = roadmap_rules.due_rate(milestones, today)
    still_open = [m for m in milestones if m.state not in roadmap_rules.SETTLED]
    return Row(
        innovation=innovation,
        lead=leads.get(innovation.pk),
        verdict=verdict,
        next=roadmap_rules.next_step(milestones) or min(still_open, key=lambda m: (m.end, str(m.pk)), default=None),
        done=sum(m.state == "accepted" for m in milestones),
        due=due,
        due_done=due_done,
        total=sum(m.state != "not_applicable" for m in milestones),
        slippage=max((m.slippage_days for m in still_open), default=0),
        received=dict(received),
        staff_minutes=staff.get(innovation.pk, 0),
        needs=needs.get(innovation.pk, {}),
        last_contact=max(contacts, default=None),
        confidence=next((c.confidence for c in checkins if c.side == CheckIn.Side.TEAM), None),
        milestones=milestones,
    )


def overridden(event: RagEvent) -> rag.Verdict:
    """A manager's own colour as a verdict."""
    return rag.Verdict(event.colour, event.rule, event.reason, event.since, event.waiting_on, overridden=True)


def verdict_of(innovation: Innovation, *, now: dt.datetime | None = None) -> rag.Verdict:
    """One innovation's colour now: a manager's own while it holds, else by the rules."""
    now = now or timezone.now()
    event = innovation.rag_events.filter(override_until__gt=now).order_by("-id").first()
    if event:
        return overridden(event)
    return rag.verdict(facts_from(innovation, gather([innovation]), timezone.localdate(now)))


def select(found: Iterable[Row], wanted: Mapping[str, str]) -> list[Row]:
    """The rows that pass the filters of the URL (`colour`, `waiting`, `manager`, `life`, `need`), sorted by its `sort`.
    What is no known value filters nothing: an old link still works."""
    tests = {
        "colour": lambda r, v: not r.ended and r.verdict.colour == v,
        "waiting": lambda r, v: not r.ended and r.verdict.waiting_on == v,
        "manager": lambda r, v: str(r.innovation.manager_id) == v,
        "life": lambda r, v: r.innovation.life == v,
        "need": lambda r, v: r.needs.get(v, 0) > r.received.get(v, 0),
    }
    found = list(found)
    for name in FILTERS:
        value = wanted.get(name, "")
        if value:
            found = [row for row in found if tests[name](row, value)]
    _label, key = SORTS.get(wanted.get("sort", ""), SORTS["colour"])
    return sorted(found, key=lambda r: (*key(r), r.innovation.name.casefold(), str(r.innovation.pk)))


def help_balance(found: Iterable[Row]) -> list[tuple[str, int, int]]:
    """(kind in words, minutes needed, minutes received) of the four kinds, summed over rows."""
    found = list(found)
    return [
        (
            str(HelpKind(kind).label),
            sum(row.needs.get(kind, 0) for row in found),
            sum(row.received.get(kind, 0) for row in found),
        )
        for kind in HelpKind.values
    ]


def colours(found: Iterable[Row]) -> list[tuple[str, str, int]]:
    """(colour, word, how many) of red, amber and green, in that order; those that have left the wave have none."""
    counts = Counter(row.verdict.colour for row in found if not row.ended)
    return [(colour, str(RagEvent.Colour(colour).label), counts[colour]) for colour in rag.SEVERITY]


def turns(found: Iterable[Row]) -> list[tuple[str, int]]:
    """(who, how many wait on them), for those on whom something waits."""
    counts = Counter(row.verdict.waiting_on for row in found if not row.ended)
    return [(who, counts[who]) for who in RagEvent.WaitingOn.values if who != "nobody" and counts[who]]
