"""What automatic allocation needs to know of a phase, and how far its panel has come."""

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from statistics import median
from typing import Any

from django.utils import timezone

from accelerator.models import Answer, Application, Assignment, PanelSeat, ReviewPhase, Upload, Wave
from accelerator.queries import triage
from accelerator.queries.agreement import Agreement
from accelerator.queries.conflicts import conflicts_among
from accelerator.queries.phases import readers_of, scoring_now
from accelerator.queries.review import kinds_in_words
from accelerator.rules.allocation import Need, Plan, Reader, allocate, credit, still_needed
from people.models import Profile, RoleGrant
from people.models.accounts import Place

State = Assignment.State


@dataclass(frozen=True)
class Proposal:
    """A plan for giving out what a phase still needs, before anybody is told. `fingerprint` is the same for the same
    plan, so that what is assigned is what was looked at."""

    applications: dict[Any, Application]
    reviewers: dict[Any, Any]
    plan: Plan
    readers: dict[Any, Reader]
    warned: dict[Any, set[Any]]  # application -> reviewers of the same organisation

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(repr(self.plan.pairs).encode()).hexdigest()[:32]

    @property
    def rows(self) -> list[tuple[Any, Reader, list[tuple[Application, bool]], int, list[str]]]:
        """Reviewer, what we know of them, what they would get and whether it comes from their own organisation, how many
        they would then have, and the names of what they know about."""
        new: dict[Any, list[tuple[Application, bool]]] = defaultdict(list)
        for application, reviewer in self.plan.pairs:
            new[reviewer].append((self.applications[application], reviewer in self.warned.get(application, ())))
        return [
            (user, self.readers[pk], new[pk], self.plan.load[pk], kinds_in_words(self.readers[pk].knows))
            for pk, user in self.reviewers.items()
        ]

    @property
    def short(self) -> list[tuple[Application, int]]:
        """The applications for which readers are missing, and how many."""
        return [(self.applications[pk], count) for pk, count in self.plan.short.items()]

    @property
    def same_workplace(self) -> int:
        """How many of the readings would go to somebody of the same organisation, which is allowed and said."""
        return sum(reviewer in self.warned.get(application, ()) for application, reviewer in self.plan.pairs)


def propose(phase: ReviewPhase, now: dt.datetime | None = None, *, without: Collection[Any] = ()) -> Proposal:
    """How the readings that this phase still needs would be given out now. Applications `without` are as if they were not
    there, in the readers' loads too: who reads them must not follow from the rest. A constant number of queries."""
    now = now or timezone.now()
    going_on = phase.wave.applications.submitted().exclude(pk__in={*triage.out(phase.wave), *without})
    applications = {a.pk: a for a in going_on.order_by("id")}
    people = {user.pk: user for user in readers_of(phase)}
    done: dict[Any, int] = defaultdict(int)
    unfinished: dict[Any, list[float]] = defaultdict(list)
    known: dict[Any, set[Any]] = defaultdict(set)  # application -> who was asked in this phase already
    load: dict[Any, int] = defaultdict(int)
    rows = Assignment.objects.filter(phase=phase, application__in=applications)
    for application, reviewer, state, given_out in rows.values_list(
        "application_id", "reviewer_id", "state", "assigned_at"
    ):
        known[application].add(reviewer)
        if state == State.DONE:
            done[application] += 1
        elif state in Assignment.OPEN:
            unfinished[application].append(credit(given_out, now))
        if state in (State.DONE, *Assignment.OPEN):
            load[reviewer] += 1
    seats = {seat.reviewer_id: seat for seat in phase.wave.panel.all()}
    against = conflicts_among(applications.values(), list(people))
    about = _subjects(applications)
    needs = [
        Need(
            pk,
            still_needed(phase.minimum_reviews, done[pk], unfinished[pk]),
            frozenset(about.get(pk, ())),
            frozenset(known[pk] | {r for r, found in against[pk].items() if any(c.blocks for c in found)}),
        )
        for pk in applications
    ]
    readers = {
        pk: Reader(pk, seats[pk].room if pk in seats else PanelSeat.ROOM, load[pk], frozenset(seats[pk].knows if pk in seats else ()))
        for pk in people
    }  # fmt: skip
    warned = {
        pk: {r for r, found in of_one.items() if all(not c.blocks for c in found)} for pk, of_one in against.items()
    }
    return Proposal(applications, people, allocate(needs, readers.values()), readers, warned)


def uncleared(proposal: Proposal) -> list[Upload]:
    """The files of what would be given out that reviewers cannot open, since no manager has looked at them. One query."""
    read = {application for application, _reader in proposal.plan.pairs}
    files = Upload.objects.filter(application__in=read, removed_at=None, cleared_at=None, question__reviewers_see=True)
    return list(files.select_related("application").order_by("application__reference", "id"))


def also_run(wave: Wave, reviewers: Iterable[Any]) -> list[Any]:
    """Those among the reviewers who run the wave as well: they can open any application with its writer's name. One query."""
    held = RoleGrant.objects.live(timezone.now()).filter(role="portfolio_manager", scope__in=["", str(wave.pk)])
    running = set(held.values_list("user_id", flat=True))
    return [one for one in reviewers if one.pk in running]


def read_by_nobody(wave: Wave, without: Collection[Any] = ()) -> int:
    """How many applications of a wave that goes on to scoring, but those, are undecided and given to no reviewer."""
    if scoring_now(wave) is None:
        return 0
    waiting = wave.applications.submitted().filter(decision=None, assignments=None)
    return waiting.exclude(pk__in={*triage.out(wave), *without}).count()


def _subjects(applications: dict[Any, Application]) -> dict[Any, list[str]]:
    """application id → the kinds of help that it asked for."""
    rows = Answer.objects.filter(application__in=applications, question__key="help")
    return {pk: value for pk, value in rows.values_list("application_id", "value") if isinstance(value, list)}


# --- How far the panel has come ---


def has_lived(reviewers: Iterable[Any]) -> bool:
    """Whether somebody among these is a patient, uses services or cares for somebody, as they say on their profile."""
    places = [Place.PATIENT, Place.CARER]
    return Profile.objects.filter(user__in=[one.pk for one in reviewers], place__in=places).exists()


@dataclass(frozen=True)
class Progress:
    """One reviewer's part of a phase. `minutes` is how long one review usually takes them; `strictness` is a ratio:
    above 1 gives lower scores than those who read the same."""

    reviewer: Any
    offered: int
    started: int
    done: int
    stepped_back: int
    minutes: float | None
    strictness: float | None

    @property
    def open(self) -> int:
        return self.offered + self.started


def panel(phase: ReviewPhase, agreement: Agreement, without: Collection[Any] = ()) -> list[Progress]:
    """Every reviewer who was given something in this phase, but those applications; those with most still to do first. One
    query."""
    rows = Assignment.objects.wanted().filter(phase=phase).exclude(application__in=without)
    by_reviewer: dict[Any, list[Assignment]] = defaultdict(list)
    for row in rows.select_related("reviewer").order_by("reviewer__name", "reviewer_id", "id"):
        by_reviewer[row.reviewer].append(row)
    found = [
        Progress(
            reviewer,
            sum(row.state == State.OFFERED for row in theirs),
            sum(row.state == State.ACCEPTED for row in theirs),
            sum(row.state == State.DONE for row in theirs),
            sum(row.state in (State.HANDED_BACK, State.RECUSED) for row in theirs),
            _usual([row for row in theirs if row.state == State.DONE]),
            agreement.strictness.get(reviewer.pk),
        )
        for reviewer, theirs in by_reviewer.items()
    ]
    return sorted(found, key=lambda one: -one.open)


def _usual(done: list[Assignment]) -> float | None:
    times = [
        (row.submitted_at - row.opened_at).total_seconds() / 60 for row in done if row.opened_at and row.submitted_at
    ]
    return median(min(minutes, 60) for minutes in times) if times else None
