"""Changing a roadmap template, in a draft that is published; a wave's next innovations begin with the version that it
uses, and those that exist keep theirs."""

import hashlib
import json
from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

import audit.actions
from accelerator.actions import versions
from accelerator.actions.roadmap import skills_named
from accelerator.models import HelpKind, Innovation, RoadmapTemplate, TemplateMilestone, Versioned, Wave
from accelerator.rules import access, roadmap_table
from audit.ids import link
from ui.errors import DomainError, Invalid, NotAllowed

FIELDS = ("title", "start_week", "end_week", "only_device", "only_tiers", "frameworks", "why", "steps", "to_show",
          "usual_minutes", "kind")  # fmt: skip
LONGEST_WHY = 2000
LAST_WEEK = 156
MOST_LINES = 12
MOST_MINUTES = 200 * 60


def new_version(*, by: Any, template: RoadmapTemplate) -> RoadmapTemplate:
    """A draft of the next version of a template, with the milestones of this one. As `versions.new_version`."""
    return versions.new_version(
        by=by, versioned=template, copy=_copy, carry={"title": template.title, "fingerprint": ""}
    )


def begin(*, by: Any, name: str, like: RoadmapTemplate | None = None, table: bytes | None = None) -> RoadmapTemplate:
    """A draft of a roadmap of another name: with the milestones of `like`, or those of a table (CSV, as
    `rules.roadmap_table` reads it), or none yet. As `versions.begin`; raises Invalid (table), saying which row is wrong."""

    def fill(draft: RoadmapTemplate) -> None:
        if table is not None:
            _fill_from(by, draft, table)
        elif like is not None:
            _copy(like, draft)

    return versions.begin(
        by=by, model=RoadmapTemplate, name=name, fill=fill, carry={"title": name.strip(), "fingerprint": ""}
    )


def _fill_from(by: Any, draft: RoadmapTemplate, table: bytes) -> None:
    made: dict[str, TemplateMilestone] = {}
    for row in roadmap_table.read(table, HelpKind.choices):
        try:
            if unknown := [one for one in row.depends_on if one not in made]:
                raise Invalid(
                    _("“depends_on” names %(orders)s, which stands in no row above.") % {"orders": ", ".join(unknown)}
                )
            made[row.order] = add_row(
                by=by, template=draft, depends_on=[made[one] for one in row.depends_on],
                skills=skills_named(row.skills), **row.fields,
            )  # fmt: skip
        except Invalid as error:
            raise Invalid(_("Row %(line)d: %(why)s") % {"line": row.line, "why": error}, field="table") from error


def _copy(old: RoadmapTemplate, draft: RoadmapTemplate) -> None:
    rows = list(old.rows.order_by("order").prefetch_related("skills", "depends_on"))
    made = {
        row.pk: TemplateMilestone(template=draft, order=row.order, **{name: getattr(row, name) for name in FIELDS})
        for row in rows
    }
    TemplateMilestone.objects.bulk_create(made.values())
    link(TemplateMilestone.skills, [(made[row.pk].pk, skill.pk) for row in rows for skill in row.skills.all()])
    link(
        TemplateMilestone.depends_on,
        [(made[row.pk].pk, made[before.pk].pk) for row in rows for before in row.depends_on.all()],
    )


def _check(draft: RoadmapTemplate, row: TemplateMilestone, depends_on: Collection[TemplateMilestone]) -> None:
    """Raises Invalid (the field) where a milestone makes no sense."""
    if not 0 < len(row.title) <= 120:
        raise Invalid(_("Give it a name of up to 120 characters."), field="title")
    if not 0 <= row.start_week <= row.end_week <= LAST_WEEK:
        raise Invalid(_("It must end in the week in which it begins, or later."), field="end_week")
    if not 0 < len(row.why) <= LONGEST_WHY:
        raise Invalid(_("Say why it matters, in up to %(most)d characters.") % {"most": LONGEST_WHY}, field="why")
    if len(row.steps) != 3 or not all(0 < len(step) <= 200 for step in row.steps):
        raise Invalid(_("Write three small steps, each in up to 200 characters."), field="step_1")
    if not 0 < len(row.to_show) <= MOST_LINES:
        raise Invalid(_("Say what to show: from one line to %(most)d.") % {"most": MOST_LINES}, field="to_show")
    if row.kind not in HelpKind.values:
        raise Invalid(_("Choose the kind of help it needs most."), field="kind")
    if not set(row.only_tiers) <= set(Innovation.Tier.values):
        raise Invalid(_("Choose from the list."), field="only_tiers")
    if not 0 <= row.usual_minutes <= MOST_MINUTES:
        raise Invalid(_("Give the hours of help that it usually takes."), field="usual_minutes")
    earlier = set(draft.rows.filter(order__lt=row.order).values_list("pk", flat=True))
    if not {one.pk for one in depends_on} <= earlier:
        raise Invalid(_("A milestone can wait only for those that stand before it."), field="depends_on")


@transaction.atomic
def add_row(
    *, by: Any, template: RoadmapTemplate, depends_on: Collection[Any] = (), skills: Collection[Any] = (), **fields: Any
) -> TemplateMilestone:
    """Adds a milestone at the end of a draft. `fields` are those of `FIELDS`. Raises NotAllowed, Invalid (the field),
    DomainError once published."""
    draft = versions.draft_of(by, RoadmapTemplate, template.pk)
    if draft.rows.filter(title=fields["title"]).exists():
        raise Invalid(_("There is a milestone of this name already."), field="title")
    last = draft.rows.aggregate(last=Max("order"))["last"] or 0
    row = TemplateMilestone(template=draft, order=last + 1, **fields)
    _check(draft, row, depends_on)
    row.save()
    row.depends_on.set(depends_on)
    row.skills.set(skills)
    return row


@transaction.atomic
def save_row(
    *, by: Any, row: TemplateMilestone, depends_on: Collection[Any] = (), skills: Collection[Any] = (), **fields: Any
) -> TemplateMilestone:
    """Changes a milestone of a draft. Raises NotAllowed, Invalid (the field), DomainError once published."""
    draft = versions.draft_of(by, RoadmapTemplate, row.template_id)
    row = draft.rows.get(pk=row.pk)
    for name in FIELDS:
        setattr(row, name, fields.get(name, getattr(row, name)))
    _check(draft, row, depends_on)
    row.save()
    row.depends_on.set(depends_on)
    row.skills.set(skills)
    return row


@transaction.atomic
def move_row(*, by: Any, row: TemplateMilestone, up: bool) -> TemplateMilestone:
    """One place up, or down; at the end nothing happens. Raises DomainError where it would stand before what it waits for."""
    draft = versions.draft_of(by, RoadmapTemplate, row.template_id)
    other = versions.swap(draft.rows, row, up=up, place="order")
    first, second = (row, other) if up else (other, row)
    if other is not None and first.depends_on.filter(pk=second.pk).exists():
        raise DomainError(_("One of these waits for the other, so they stay in this order."))
    return draft.rows.get(pk=row.pk)


@transaction.atomic
def remove_row(*, by: Any, row: TemplateMilestone) -> None:
    """Takes a milestone out of a draft; what waited for it waits for what it waited for."""
    draft = versions.draft_of(by, RoadmapTemplate, row.template_id)
    row = draft.rows.get(pk=row.pk)
    before = list(row.depends_on.all())
    for later in row.leads_to.all():
        later.depends_on.add(*before)
        later.depends_on.remove(row)
    row.delete()


@transaction.atomic
def publish(*, by: Any, template: RoadmapTemplate) -> RoadmapTemplate:
    """Puts a draft in force, with the fingerprint of its content. Raises as `versions.publish`."""
    template = versions.publish(by=by, versioned=template)
    content = json.dumps(
        [
            [row.order, [str(getattr(row, name)) for name in FIELDS], sorted(one.order for one in row.depends_on.all()),
             sorted(skill.slug for skill in row.skills.all())]
            for row in template.rows.order_by("order").prefetch_related("depends_on", "skills")
        ]
    )  # fmt: skip
    template.fingerprint = hashlib.sha256(content.encode()).hexdigest()
    template.save(update_fields=["fingerprint"])
    return template


@transaction.atomic
def use_in_wave(*, by: Any, wave: Wave, template: RoadmapTemplate) -> Wave:
    """Has the innovations that a wave accepts from now on begin with this published version. Raises NotAllowed,
    DomainError."""
    wave = Wave.objects.select_for_update().get(pk=wave.pk)
    if by is not None and not access.runs(by, wave):
        raise NotAllowed(_("Only those who run this wave can change it."))
    if template.state != Versioned.State.PUBLISHED:
        raise DomainError(_("Publish the roadmap first."))
    if wave.roadmap_template_id != template.pk:
        wave.roadmap_template = template
        wave.save(update_fields=["roadmap_template"])
        audit.actions.record(by=by, verb="accelerator.wave.roadmap", obj=wave, version=template.version)
    return wave
