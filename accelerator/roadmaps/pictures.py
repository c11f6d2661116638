"""Pictures of roadmaps."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accelerator.models import Wave
from ui import charts


def roadmaps(wave: Wave, rows: Iterable[Any]) -> charts.Chart:
    """Every innovation's roadmap as a bar from its first to its last day, with how much of it is done and by how many
    days its end has slipped. `rows` are those of the dashboard."""
    items = []
    for row in rows:
        living = [m for m in row.milestones if m.state != "not_applicable"]
        if not living:
            continue
        done = _("%(done)d of %(total)d done") % {"done": row.done, "total": row.total}
        late = _(", %(days)d days later") % {"days": row.slippage} if row.slippage > 0 else ""
        items.append((row.innovation.name, min(m.start for m in living), max(m.end for m in living), done + late))
    return charts.timeline(
        title=_("Roadmaps of %(wave)s") % {"wave": wave.name},
        description=_("One bar for each innovation, from the start of its first milestone to the end of its last."),
        items=items,
        today=timezone.localdate(),
    )
