"""Stored tables as charts. A chart never sees more than its table does."""

import datetime as dt
import re

from django.utils.translation import gettext as _

from evaluation.disclosure import HIDDEN
from evaluation.measures.spc import xmr
from evaluation.models import ReportTable
from ui import charts


def label(text: str) -> str:
    """The first cell of a row for people: stored dates and months (2022-11-01, 2022-11) in words, all else as it is."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return f"{dt.date.fromisoformat(text):%-d %b %Y}"
    if re.fullmatch(r"\d{4}-\d\d", text):
        return f"{dt.date.fromisoformat(text + '-01'):%b %Y}"
    return text


def _shown(table: ReportTable) -> list[tuple[str, float]]:
    """Label and number of the rows that may be drawn: a hidden figure is left out, never drawn as nothing."""
    return [(str(row[0]), float(str(row[1]))) for row in table.rows if row[1] != HIDDEN]


def _hidden_note(table: ReportTable) -> str:
    hidden = any(row[1] == HIDDEN for row in table.rows)
    return " " + _("Figures that rest on fewer than 8 people are hidden, and not drawn.") if hidden else ""


def _bar(table: ReportTable) -> charts.Chart:
    return charts.bar(
        title=table.title,
        description=_("Bars: %(what)s.") % {"what": table.title} + _hidden_note(table),
        label=table.columns[0],
        value=table.columns[1],
        items=[(label(name), number) for name, number in _shown(table)],
    )


def _xmr(table: ReportTable) -> charts.Chart:
    points = [(dt.date.fromisoformat(label), number) for label, number in _shown(table)]
    found = xmr([number for _week, number in points])
    special = [place for place, signals in enumerate(found.signals) if signals]
    description = _("An XmR chart of %(n)d weeks; %(special)d of them signal a special cause.") % {
        "n": len(points), "special": len(special),
    }  # fmt: skip
    if found.trial:
        description += " " + _("With fewer than 12 weeks the limits are a trial.")
    return charts.xmr(
        title=table.title,
        description=description,
        x=table.columns[0],
        y=table.columns[1],
        points=points,
        mean=found.mean,
        lower=max(0, found.lower),  # a count cannot be less
        upper=found.upper,
        special=special,
    )


DRAW = {"bar": _bar, "funnel": _bar, "xmr": _xmr}  # "funnel": reports that were stored when it was another chart


def draw(table: ReportTable) -> charts.Chart | None:
    """The chart of a stored table, or None where it has none or nothing in it may be drawn."""
    return DRAW[table.chart](table) if table.chart and _shown(table) else None
