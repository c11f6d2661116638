"""When a milestone may change, as a table; how weeks become dates; what moves with what. Pure: no queries."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from ui.errors import DomainError

TEAM, MANAGER = "team", "manager"


@dataclass(frozen=True)
class Transition:
    """One thing that can happen to a milestone: from which states, to which, done by whom."""

    event: str
    sources: frozenset[str]
    target: str
    by: str


TRANSITIONS: dict[str, Transition] = {
    t.event: t
    for t in [
        Transition("start", frozenset({"not_started"}), "in_progress", TEAM),
        Transition("submit", frozenset({"in_progress", "returned"}), "submitted", TEAM),
        Transition("return", frozenset({"submitted"}), "returned", MANAGER),
        Transition("accept", frozenset({"submitted"}), "accepted", MANAGER),
        Transition("drop", frozenset({"not_started", "in_progress", "returned"}), "not_applicable", MANAGER),
        Transition("restore", frozenset({"not_applicable"}), "not_started", MANAGER),
    ]
}

STATES = ("not_started", "in_progress", "submitted", "returned", "accepted", "not_applicable")
SETTLED = frozenset({"accepted", "not_applicable"})  # nothing more is expected
TEAMS_TURN = frozenset({"not_started", "in_progress", "returned"})


def can(event: str, state: str) -> bool:
    """Whether `event` may happen to a milestone in `state`."""
    return state in TRANSITIONS[event].sources


def next_state(event: str, state: str) -> str:
    """The state after `event`. Raises DomainError, saying how things stand, where it may not happen now."""
    if not can(event, state):
        raise DomainError(WHY_NOT[state]())
    return TRANSITIONS[event].target


WHY_NOT = {
    "not_started": lambda: _("This milestone has not been started yet."),
    "in_progress": lambda: _("No evidence is waiting for this milestone. Its team is working on it."),
    "submitted": lambda: _("Evidence for this milestone is waiting to be read. Nothing can change until it has been."),
    "returned": lambda: _("This evidence has already been sent back. The team answers it next."),
    "accepted": lambda: _("This milestone is already done. Nothing more is needed."),
    "not_applicable": lambda: _("This milestone was marked as not needed."),
}


def applies(row: Any, *, device: bool, tier: str) -> bool:
    """Whether a template row belongs on the roadmap of an innovation that is (not) a device, of evidence tier A, B or C."""
    return (device or not row.only_device) and (not row.only_tiers or tier in row.only_tiers)


def dates(row: Any, support_starts: dt.date) -> tuple[dt.date, dt.date]:
    """First and last day of a template row: week 0 begins on the day that support starts, and a row that ends in
    week n is due on the day n weeks later (weeks 0 to 2 from 1 November: 1 to 15 November)."""
    return (
        support_starts + dt.timedelta(weeks=row.start_week),
        support_starts + dt.timedelta(weeks=row.end_week),
    )


def dependents(moved: Any, leads_to: Mapping[Any, Iterable[Any]]) -> list[Any]:
    """Everything that depends on `moved`, directly or through others, nearest first; never `moved` itself."""
    found: list[Any] = []
    queue = [moved]
    while queue:
        for after in leads_to.get(queue.pop(0), ()):
            if after not in found and after != moved:
                found.append(after)
                queue.append(after)
    return found


def due_rate(milestones: Iterable[Any], today: dt.date) -> tuple[int, int]:
    """(accepted, due) among milestones whose end has come and that apply: a rate counts only what was due by then."""
    due = [m for m in milestones if m.end <= today and m.state != "not_applicable"]
    return sum(m.state == "accepted" for m in due), len(due)


def next_step(milestones: Iterable[Any]) -> Any | None:
    """The one milestone to work on now: evidence sent back comes first, then what is under way, then what can begin,
    each by date. Milestones whose predecessors (`waits_for`: their states) are not settled come last. None when no
    turn is the team's."""
    order = {"returned": 0, "in_progress": 1, "not_started": 2}
    mine = [m for m in milestones if m.state in TEAMS_TURN]

    def rank(m: Any) -> tuple:
        blocked = m.state == "not_started" and any(s not in SETTLED for s in getattr(m, "waits_for", ()))
        return (blocked, order[m.state], m.end, m.start, str(m.pk))

    return min(mine, key=rank, default=None)
