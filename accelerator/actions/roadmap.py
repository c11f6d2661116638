"""Roadmap templates, and making an innovation's own roadmap bespoke."""

import csv
import datetime as dt
import hashlib
import json
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accelerator.actions.telling import tell_team
from accelerator.actions.versions import publish
from accelerator.models import HelpKind, Innovation, Milestone, RoadmapTemplate, TemplateMilestone, Versioned
from accelerator.roadmaps.texts import TITLES, WORDS
from accelerator.rules import innovations as who
from accelerator.rules import roadmap as rules
from audit.actions import record
from audit.ids import link, new_ids
from people.models import Skill
from timebank.actions import purposes
from ui.errors import DomainError, Invalid, Missing

IN_THE_WAVE = (Innovation.Life.ACTIVE, Innovation.Life.PAUSED)
# what a milestone takes over from its template's row, to be made bespoke
COPIED = ("title", "kind", "why", "steps", "to_show", "frameworks", "usual_minutes")
ROADMAPS = Path(__file__).resolve().parent.parent / "roadmaps"


def _split(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(";") if part.strip()]


def read_rows(name: str) -> list[dict[str, str]]:
    """The rows of a shipped roadmap ("core" or "full") as they stand in its CSV."""
    with (ROADMAPS / f"roadmap_{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def skills_named(names: Collection[str]) -> list[Skill]:
    """The skills of the tree with these names, in that order. Raises Invalid naming those that are not there."""
    found = {skill.slug: skill for skill in Skill.objects.filter(slug__in=[slugify(name) for name in names])}
    absent = [name for name in names if slugify(name) not in found]
    if absent:
        raise Invalid(_("These skills are not in the list: %(names)s.") % {"names": ", ".join(absent)}, "skills")
    return [found[slugify(name)] for name in names]


@transaction.atomic
def publish_template(name: str, *, by: Any = None) -> RoadmapTemplate:
    """Puts a shipped roadmap, "core" or "full", in force from its CSV and its words. Publishing the same content again
    returns the version in force, which may be staff's own by now; changed content becomes the next version. Raises
    Missing for another name."""
    if name not in WORDS:
        raise Missing(_("There is no such roadmap."))
    rows, words = read_rows(name), WORDS[name]
    content = json.dumps([[row, repr(words[int(row["order"])])] for row in rows], sort_keys=True)
    fingerprint = hashlib.sha256(content.encode()).hexdigest()
    versions = RoadmapTemplate.objects.select_for_update().filter(name=name).order_by("-version")
    latest = next(iter(versions), None)
    in_force = next((one for one in versions if one.state == Versioned.State.PUBLISHED), None)
    if in_force and any(one.fingerprint == fingerprint for one in versions):
        return in_force  # it was published before: staff may have published their own version since
    template = RoadmapTemplate.objects.create(
        name=name, version=latest.version + 1 if latest else 1, title=TITLES[name], fingerprint=fingerprint
    )
    made: dict[str, TemplateMilestone] = {}
    for row in rows:
        said = words[int(row["order"])]
        made[row["order"]] = TemplateMilestone(
            template=template,
            order=int(row["order"]),
            title=row["title"],
            start_week=int(row["start_week"]),
            end_week=int(row["end_week"]),
            only_device="device" in _split(row["applies_if"]),
            only_tiers=[tier for tier in _split(row["applies_if"]) if tier in Innovation.Tier.values],
            frameworks=_split(row["frameworks"]),
            why=said.why,
            steps=list(said.steps),
            to_show=list(said.show),
            usual_minutes=said.hours * 60,
            kind=said.kind,
        )
    TemplateMilestone.objects.bulk_create(made.values())
    names = sorted({name for row in rows for name in _split(row["skills"])})
    skills = dict(zip(names, skills_named(names), strict=True))
    link(
        TemplateMilestone.skills,
        [(made[row["order"]].pk, skills[name].pk) for row in rows for name in _split(row["skills"])],
    )
    link(
        TemplateMilestone.depends_on,
        [(made[row["order"]].pk, made[before].pk) for row in rows for before in _split(row["depends_on"])],
    )
    return publish(by=by, versioned=template)


def instantiate(*, innovation: Innovation, template: RoadmapTemplate) -> list[Milestone]:
    """An innovation's own roadmap from a template: the rows that apply to it, with dates from the day that the wave's
    support starts. What a left-out row led on to depends on nothing in its place. Called inside an action. As many
    queries for many rows as for few."""
    every = template.rows.order_by("order").prefetch_related("skills", "depends_on")
    rows = [row for row in every if rules.applies(row, device=innovation.device, tier=innovation.tier)]
    purposes_of = _purposes(innovation, [(row.title, row.skills.all()) for row in rows])
    made = {}
    for pk, row, purpose in zip(new_ids(len(rows)), rows, purposes_of, strict=True):
        start, end = rules.dates(row, innovation.wave.support_starts)
        made[row.pk] = Milestone(
            pk=pk,
            innovation=innovation,
            purpose=purpose,
            row=row,
            **_dates(start, end),
            **{name: getattr(row, name) for name in COPIED},
        )
    Milestone.objects.bulk_create(made.values())
    link(
        Milestone.depends_on,
        [(made[row.pk].pk, made[before.pk].pk) for row in rows for before in row.depends_on.all() if before.pk in made],
    )
    return list(made.values())


def _purposes(innovation: Innovation, wanted: list[tuple[str, Iterable[Skill]]]) -> list[Any]:
    named = [(f"{innovation.name}: {title}", skills) for title, skills in wanted]
    return purposes.create_each(kind="milestone", wanted=named)


def _dates(start: dt.date, end: dt.date) -> dict[str, dt.date]:
    """The dates of a new milestone, which are its baseline too."""
    return {"start": start, "end": end, "baseline_start": start, "baseline_end": end}


def locked(milestone: Milestone) -> Milestone:
    """The milestone as it is now, locked with its innovation's life known. Raises DomainError once the innovation has
    stopped or moved on."""
    fresh = Milestone.objects.select_for_update(of=("self",)).select_related("innovation__wave").get(pk=milestone.pk)
    if fresh.innovation.life not in IN_THE_WAVE:
        raise DomainError(_("This innovation is no longer in the wave, so its roadmap cannot change."))
    return fresh


def change_state(*, milestone: Milestone, event: str, by: Any, **fields: Any) -> None:
    """Moves a locked milestone along `rules.TRANSITIONS`, with the fields that go with the new state, and audits it."""
    before = milestone.state
    milestone.state = rules.next_state(event, before)
    milestone.state_since = timezone.now()
    for name, value in fields.items():
        setattr(milestone, name, value)
    milestone.save(update_fields=["state", "state_since", *fields])
    record(by=by, verb=f"accelerator.milestone.{event}", obj=milestone, before=before, after=milestone.state)


@transaction.atomic
def start(*, by: Any, milestone: Milestone) -> Milestone:
    """The team begins a milestone. Beginning it twice changes nothing. Raises Missing, NotAllowed, DomainError."""
    who.check_team(by, milestone.innovation)
    fresh = locked(milestone)
    if fresh.state != Milestone.State.IN_PROGRESS:
        change_state(milestone=fresh, event="start", by=by)
    return fresh


def propose_moves(milestone: Milestone, end: dt.date) -> list[tuple[Milestone, dt.date, dt.date]]:
    """(milestone, new start, new end) of everything that depends on `milestone` and is not settled, were its end moved
    to `end`: each moves by the same number of days. Two queries."""
    shift = end - milestone.end
    if not shift:
        return []
    others = {m.pk: m for m in Milestone.objects.filter(innovation=milestone.innovation_id)}
    leads_to: dict[Any, list[Any]] = {}
    links = Milestone.depends_on.through.objects.filter(from_milestone__innovation=milestone.innovation_id)
    for later, earlier in links.order_by("id").values_list("from_milestone_id", "to_milestone_id"):
        leads_to.setdefault(earlier, []).append(later)
    later_ones = [others[pk] for pk in rules.dependents(milestone.pk, leads_to)]
    return [(m, m.start + shift, m.end + shift) for m in later_ones if m.state not in rules.SETTLED]


@transaction.atomic
def move(
    *, by: Any, milestone: Milestone, start: dt.date, end: dt.date, reason: str, with_dependents: Collection[Any] = ()
) -> Milestone:
    """A manager gives a milestone other dates; of those that `propose_moves` names, the ones whose ids are in
    `with_dependents` move along. The baseline stays. Raises Invalid (dates, reason), Missing, NotAllowed, DomainError."""
    who.check_runs(by, milestone.innovation)
    if end < start:
        raise Invalid(_("The end must be on or after the start."), field="end")
    if not reason.strip():
        raise Invalid(_("Say in a few words why it moves. The team sees it."), field="reason")
    earliest = milestone.innovation.wave.support_starts - dt.timedelta(days=366)
    latest = milestone.innovation.wave.ends + dt.timedelta(days=366)
    if not (earliest <= start and end <= latest):
        raise Invalid(_("Choose dates within a year of the wave."), field="end")
    fresh = locked(milestone)
    if fresh.state in rules.SETTLED:
        raise DomainError(rules.WHY_NOT[fresh.state]())
    chosen = {str(pk) for pk in with_dependents}
    moved = [(m, a, b) for m, a, b in propose_moves(fresh, end) if str(m.pk) in chosen]
    days = (end - fresh.end).days
    fresh.start, fresh.end = start, end
    fresh.save(update_fields=["start", "end"])
    for other, new_start, new_end in moved:
        Milestone.objects.filter(pk=other.pk).update(start=new_start, end=new_end)
    record(by=by, verb="accelerator.milestone.moved", obj=fresh, days=days, along=[str(m.pk) for m, _a, _b in moved])
    tell_team(
        innovation=fresh.innovation,
        but=by,
        kind="roadmap_changed",
        key=f"milestone {fresh.pk} moved to {start} {end}",
        subject=_("New dates for “%(title)s”") % {"title": fresh.title},
        template="accelerator/mail/milestone_moved",
        context={"title": fresh.title, "start": start, "end": end, "reason": reason.strip(), "along": len(moved)},
        view="roadmap",
    )
    return fresh


@transaction.atomic
def add(
    *,
    by: Any,
    innovation: Innovation,
    title: str,
    start: dt.date,
    end: dt.date,
    kind: str,
    why: str = "",
    to_show: Collection[str] = (),
    skills: Collection[Skill] = (),
) -> Milestone:
    """A manager adds a milestone of this innovation's own. Its first dates are its baseline. Raises Invalid, Missing,
    NotAllowed, DomainError once the innovation has stopped or moved on."""
    who.check_runs(by, innovation)
    title = " ".join(title.split())
    if not title or len(title) > 120:
        raise Invalid(_("Give the milestone a name of at most 120 characters."), field="title")
    if kind not in HelpKind.values:
        raise Invalid(_("Choose the kind of help it needs most."), field="kind")
    if end < start:
        raise Invalid(_("The end must be on or after the start."), field="end")
    fresh = Innovation.objects.select_for_update().get(pk=innovation.pk)
    if fresh.life not in IN_THE_WAVE:
        raise DomainError(_("This innovation is no longer in the wave, so its roadmap cannot change."))
    again = innovation.milestones.filter(row=None, title=title, start=start, end=end).first()
    if again:  # a second click
        return again
    [purpose] = _purposes(innovation, [(title, skills)])
    milestone = Milestone.objects.create(
        innovation=innovation,
        purpose=purpose,
        title=title,
        kind=kind,
        **_dates(start, end),
        why=why.strip(),
        to_show=[line.strip()[:200] for line in to_show if line.strip()],
    )
    record(by=by, verb="accelerator.milestone.added", obj=milestone, innovation=str(innovation.pk))
    return milestone


@transaction.atomic
def drop(*, by: Any, milestone: Milestone, reason: str) -> Milestone:
    """A manager marks a milestone as not needed for this innovation, with the reason. Raises Invalid without one,
    Missing, NotAllowed, DomainError where it is done or its evidence waits to be read."""
    who.check_runs(by, milestone.innovation)
    if not reason.strip():
        raise Invalid(_("Say why it is not needed. The team sees it."), field="reason")
    fresh = locked(milestone)
    if fresh.state != Milestone.State.NOT_APPLICABLE:
        change_state(milestone=fresh, event="drop", by=by, not_applicable_reason=reason.strip())
    return fresh


@transaction.atomic
def restore(*, by: Any, milestone: Milestone) -> Milestone:
    """A manager puts a milestone that was not needed back on the roadmap, not started. Raises Missing, NotAllowed,
    DomainError."""
    who.check_runs(by, milestone.innovation)
    fresh = locked(milestone)
    if fresh.state != Milestone.State.NOT_STARTED:
        change_state(milestone=fresh, event="restore", by=by, not_applicable_reason="")
    return fresh
