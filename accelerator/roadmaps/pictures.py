"""Pictures of roadmaps."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accelerator.models import HelpKind, Milestone, RoadmapTemplate, Wave
from accelerator.rules.roadmap import TEAMS_TURN, dates
from ui import charts

State = Milestone.State
LATE = gettext_lazy("Late")

# What the bars show, in the order of the legend: state -> colour. Late ones carry a sign as well, done ones a tick.
COLOURS: dict[Any, str] = {
    State.ACCEPTED.label: charts.TEAL,
    State.SUBMITTED.label: "#9cc3e6",
    State.IN_PROGRESS.label: "#bfe0da",
    State.RETURNED.label: "#ffdf9e",
    LATE: charts.ORANGE,
    State.NOT_STARTED.label: "#ffffff",
}
SIGNS: dict[Any, str] = {State.ACCEPTED.label: "✓", State.RETURNED.label: "?", LATE: "!"}


def roadmaps(wave: Wave, rows: Iterable[Any], today: dt.date | None = None) -> charts.Chart:
    """Every innovation's milestones as bars with their numbers, those that are not needed left out. `rows` are those of
    the dashboard."""
    today = today or timezone.localdate()
    drawn = [(row.innovation.name, _stretches(row, today)) for row in rows]
    return charts.timeline(
        title=_("Roadmaps of %(wave)s") % {"wave": wave.name},
        description=_(
            "One row for each innovation and one bar for each milestone, numbered in the order in which they begin. "
            "✓ is done, ! is late, ? was sent back with a comment."
        ),
        label=_("Innovation"),
        rows=[(name, stretches) for name, stretches in drawn if stretches],
        states=[(str(word), colour) for word, colour in COLOURS.items()],
        today=today,
        marks=[(_("Community"), wave.community_starts), (_("Evaluation"), wave.evaluation_starts)],
    )


KIND_COLOURS = ("#bfe0da", "#9cc3e6", "#ffdf9e", "#e3bcd6")


def template(found: RoadmapTemplate, rows: Iterable[Any], starts: dt.date) -> charts.Chart:
    """A roadmap template as it falls where support starts on `starts`: a bar for each milestone, by the kind of help it
    needs most."""
    drawn = []
    for row in rows:
        first, last = dates(row, starts)
        weeks = _("%(first)d to %(last)d") % {"first": row.start_week, "last": row.end_week}
        stretch = charts.Stretch(f"{row.order}. {row.title}", weeks, first, last, row.get_kind_display())
        drawn.append((f"{row.order}. {row.title}", [stretch]))
    return charts.timeline(
        title=_("%(title)s, version %(version)d") % {"title": found.title, "version": found.version},
        description=_("One bar for each milestone, with its weeks, coloured by the kind of help that it needs most."),
        label=_("Milestone"),
        rows=drawn,
        states=list(zip(HelpKind.labels, KIND_COLOURS, strict=True)),
    )


def _stretches(row: Any, today: dt.date) -> list[charts.Stretch]:
    """A row's milestones as bars. Of an innovation that has ended, nothing is late any more."""
    needed = [m for m in row.milestones if m.state != State.NOT_APPLICABLE]
    found = []
    for number, m in enumerate(sorted(needed, key=lambda m: (m.start, m.end, str(m.pk))), start=1):
        late = m.state in TEAMS_TURN and m.end < today and not row.ended
        word = LATE if late else m.get_state_display()
        mark = f"{number} {SIGNS.get(word, '')}".strip()
        found.append(charts.Stretch(f"{number}. {m.title}", mark, m.start, m.end, str(word)))
    return found
