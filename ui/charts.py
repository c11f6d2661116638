"""Charts as SVG made on the server, each with its description and its numbers.

One look for all (Okabe and Ito's palette, which people with colour blindness can tell apart; a shape or a label besides).
The SVG has no `style`, so it passes the strict CSP, and is the same in a page and in a PDF.
"""

import datetime as dt
import json
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from ui.formats import day

if TYPE_CHECKING:
    import altair as alt  # slow to load, and few pages draw: each function imports it when called

TEAL, ORANGE, BLUE, RED, GREY = "#0b4f55", "#d55e00", "#0072b2", "#b3261e", "#768692"
PALETTE = [TEAL, ORANGE, BLUE, "#cc79a7", "#8a6d00", "#009e73"]
SHAPES = ["circle", "triangle-up", "square", "diamond", "cross", "triangle-down"]
WIDTH, HEIGHT = 640, 260  # units of the viewBox; a page scales it down

Point = tuple[Any, float]


@dataclass(frozen=True)
class Chart:
    """A finished chart. `rows` are the numbers as shown, in `columns`; `description` says what the picture shows."""

    title: str
    description: str
    columns: list[str]
    rows: list[list[Any]]
    svg: SafeString = field(repr=False)


def _axis_type(values: Sequence[Any]) -> str:
    """Vega's type of the x axis: dates in time, everything else in the order given."""
    return "T" if values and all(isinstance(value, dt.date) for value in values) else "O"


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def _shown(value: Any) -> Any:
    return day(value) if isinstance(value, dt.date) else value


def _draw(chart: Any, *, title: str, description: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Chart:
    """Vega-Lite -> SVG with a title and a description inside it, for screen readers and for PDF/UA."""
    import vl_convert

    configured = (
        chart.configure(font="Liberation Sans, Arial, sans-serif", background="transparent")
        .configure_view(stroke=None)
        .configure_axis(labelFontSize=13, titleFontSize=13, titleFontWeight="normal", gridColor="#e8e6df", domainColor=GREY,
                        tickColor=GREY, labelColor="#212b32", titleColor="#4c6272", labelLimit=220)
        .configure_axisX(labelAngle=0)
        .configure_legend(labelFontSize=13, titleFontSize=13, orient="top", title=None, symbolSize=90, labelLimit=260)
    )  # fmt: skip
    svg = vl_convert.vegalite_to_svg(configured.to_json(), vl_version="v5_20")
    key = uuid4().hex[:8]
    svg = re.sub(r'\s(?:style|class|aria-roledescription|role|aria-label|aria-hidden)="[^"]*"', "", svg)
    names = f'<title id="t{key}">{escape(title)}</title><desc id="d{key}">{escape(description)}</desc>'
    opening = f'<svg role="img" aria-labelledby="t{key} d{key}" focusable="false"'
    svg = re.sub(r"^<svg([^>]*)>", lambda match: f"{opening}{match[1]}>{names}", svg, count=1)
    svg = re.sub(r'\bid="(?!t|d)([^"]+)"', rf'id="\1-{key}"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#\1-{key})", svg)
    shown = [[_shown(cell) for cell in row] for row in rows]
    return Chart(title, description, list(columns), shown, mark_safe(svg))  # noqa: S308 - vl-convert escapes text; names are escaped above


def bar(
    *, title: str, description: str, label: str, value: str, items: Sequence[tuple[str, float]], unit: str = ""
) -> Chart:
    """Horizontal bars in the order given, each with its number. `label` and `value` name the columns."""
    import altair as alt

    data = [{"x": name, "y": number, "text": f"{number:g}{unit}"} for name, number in items]
    base = alt.Chart(alt.Data(values=data)).encode(
        y=alt.Y("x:N", sort=None, title=None, axis=alt.Axis(domain=False, ticks=False, labelPadding=8)),
        x=alt.X("y:Q", title=value, axis=alt.Axis(tickCount=5, grid=True), scale=alt.Scale(nice=True, zero=True)),
    )
    drawn = base.mark_bar(color=TEAL, height=22) + base.mark_text(align="left", dx=6, fontSize=13).encode(text="text:N")
    height = max(60, 36 * len(items))
    return _draw(drawn.properties(width=WIDTH - 200, height=height), title=title, description=description,
                 columns=[label, value], rows=[[name, f"{number:g}{unit}"] for name, number in items])  # fmt: skip


def _in_lines(words: str) -> str:
    """Words of an axis label, broken into at most three lines; the table has them whole."""
    return "\n".join(textwrap.wrap(words, 28, max_lines=3, placeholder=" …"))


def _worded_axis(levels: Mapping[float, str]) -> Any:
    """A y axis that says its levels in words, and no number."""
    import altair as alt

    labels = json.dumps({f"{number:g}": _in_lines(words) for number, words in levels.items()})
    said = f"split(({labels})[datum.value + ''], '\\n')"
    look = alt.Axis(values=list(levels), labelExpr=said, labelLimit=240, labelPadding=8, ticks=False, domain=False)
    return alt.Y("y:Q", title=None, axis=look, scale=alt.Scale(domain=[min(levels), max(levels)]))


def line(
    *,
    title: str,
    description: str,
    x: str,
    y: str,
    series: Mapping[str, Sequence[Point]],
    levels: Mapping[float, str] | None = None,
) -> Chart:
    """One line a series, each with its own shape. Points are (date or label, number); `x` and `y` name the axes.

    `levels` says numbers in words, on the axis (which then shows those and no others) and in the table."""
    import altair as alt

    data = [{"x": _plain(at), "y": number, "series": name} for name, points in series.items() for at, number in points]
    kind = _axis_type([at for points in series.values() for at, _number in points])
    names = list(series)
    look: dict[str, Any] = {"legend": None if len(names) == 1 else alt.Legend()}
    chart = (
        alt.Chart(alt.Data(values=data))
        .mark_line(strokeWidth=2.5, point=alt.OverlayMarkDef(size=70, filled=True))
        .encode(
            x=alt.X(f"x:{kind}", title=x, sort=None, axis=_time_axis(kind)),
            y=_worded_axis(levels) if levels else alt.Y("y:Q", title=y, scale=alt.Scale(zero=True, nice=True)),
            color=alt.Color("series:N", sort=names, scale=alt.Scale(domain=names, range=PALETTE[: len(names)]), **look),
            shape=alt.Shape("series:N", sort=names, scale=alt.Scale(domain=names, range=SHAPES[: len(names)]), **look),
        )
        .properties(width=WIDTH - (250 if levels else 80), height=HEIGHT)
    )
    ats = list(dict.fromkeys(at for points in series.values() for at, _number in points))
    found = {name: {at: (levels or {}).get(n, n) for at, n in points} for name, points in series.items()}
    rows = [[at, *(found[name].get(at, "") for name in names)] for at in ats]
    return _draw(chart, title=title, description=description, columns=[x, *names], rows=rows)


def _time_axis(kind: str) -> "alt.Axis":
    import altair as alt

    return alt.Axis(format="%-d %b", tickCount=6, labelOverlap=True) if kind == "T" else alt.Axis(labelOverlap=True)


def xmr(*, title: str, description: str, x: str, y: str, points: Sequence[Point], mean: float, lower: float, upper: float,
        special: Sequence[int] = ()) -> Chart:  # fmt: skip
    """An individuals (X) chart: the points, the mean, the natural process limits, and the points at the places `special`
    marked with a larger diamond, because they signal a special cause. The rules that find them are evaluation's."""
    import altair as alt

    marked = set(special)
    data = [
        {"x": _plain(at), "y": number, "signal": _("Special cause") if place in marked else _("Common cause")}
        for place, (at, number) in enumerate(points)
    ]
    kind = _axis_type([at for at, _number in points])
    base = alt.Chart(alt.Data(values=data)).encode(x=alt.X(f"x:{kind}", title=x, sort=None, axis=_time_axis(kind)))
    domain = [_("Common cause"), _("Special cause")]
    dots = base.mark_point(filled=True, opacity=1).encode(
        y=alt.Y("y:Q", title=y, scale=alt.Scale(zero=False, nice=True)),
        color=alt.Color("signal:N", scale=alt.Scale(domain=domain, range=[TEAL, ORANGE])),
        shape=alt.Shape("signal:N", scale=alt.Scale(domain=domain, range=["circle", "diamond"])),
        size=alt.Size("signal:N", scale=alt.Scale(domain=domain, range=[60, 190])),
    )
    levels = [(_("Upper limit"), upper, [6, 4]), (_("Mean"), mean, [1, 0]), (_("Lower limit"), lower, [6, 4])]
    layers: list[Any] = [base.mark_line(color=GREY, strokeWidth=1.5).encode(y="y:Q"), dots]
    for name, level, dash in levels:
        rule = alt.Chart(alt.Data(values=[{"level": level, "name": f"{name} {level:.3g}"}]))
        layers.append(rule.mark_rule(color=BLUE, strokeDash=dash, strokeWidth=1.5).encode(y="level:Q"))
        text = rule.mark_text(align="left", dx=6, fontSize=12, color=BLUE).encode(
            y="level:Q", x=alt.value(WIDTH - 170), text="name:N"
        )
        layers.append(text)
    rows = [[at, number, _("Special cause") if place in marked else ""] for place, (at, number) in enumerate(points)]
    rows += [[name, f"{level:.3g}", ""] for name, level, _dash in levels]
    return _draw(alt.layer(*layers).properties(width=WIDTH - 170, height=HEIGHT), title=title, description=description,
                 columns=[x, y, _("Signal")], rows=rows)  # fmt: skip


def timeline(
    *, title: str, description: str, items: Sequence[tuple[str, dt.date, dt.date, str]], today: dt.date | None = None
) -> Chart:
    """Bars from a start to an end date (a Gantt chart): (name, starts, ends, state in words), in the order given."""
    import altair as alt

    data = [{"name": n, "starts": s.isoformat(), "ends": e.isoformat(), "state": state} for n, s, e, state in items]
    states = list(dict.fromkeys(state for *_rest, state in items))
    base = alt.Chart(alt.Data(values=data)).encode(
        y=alt.Y("name:N", sort=None, title=None, axis=alt.Axis(domain=False, ticks=False, labelPadding=8))
    )
    bars = base.mark_bar(height=20, cornerRadius=3).encode(
        x=alt.X("starts:T", title=None, axis=_time_axis("T")),
        x2="ends:T",
        color=alt.Color(
            "state:N", sort=states, scale=alt.Scale(domain=states, range=PALETTE[: len(states)]), legend=None
        ),
    )
    layers: list[Any] = [bars, base.mark_text(align="left", dx=6, fontSize=12).encode(x="ends:T", text="state:N")]
    if today:
        now = alt.Chart(alt.Data(values=[{"at": today.isoformat()}]))
        layers.append(now.mark_rule(color=ORANGE, strokeWidth=2, strokeDash=[4, 3]).encode(x="at:T"))
    return _draw(alt.layer(*layers).properties(width=WIDTH - 240, height=max(60, 34 * len(items))), title=title,
                 description=description, columns=[_("What"), _("Starts"), _("Ends"), _("State")], rows=items)  # fmt: skip


def funnel(*, title: str, description: str, label: str, stages: Sequence[tuple[str, int]]) -> Chart:
    """How many are left at each stage, with the share of the stage before."""
    import altair as alt

    rows, before = [], None
    for name, number in stages:
        share = f"{100 * number / before:.0f}%" if before else ""
        rows.append([name, number, share])
        before = number
    data = [{"x": name, "y": n, "text": f"{n}" + (f"  ({share})" if share else "")} for name, n, share in rows]
    base = alt.Chart(alt.Data(values=data)).encode(
        y=alt.Y("x:N", sort=None, title=None, axis=alt.Axis(domain=False, ticks=False, labelPadding=8))
    )
    drawn = base.mark_bar(color=TEAL, height=24).encode(x=alt.X("y:Q", title=None, axis=None))
    drawn += base.mark_text(align="left", dx=6, fontSize=13).encode(x="y:Q", text="text:N")
    return _draw(drawn.properties(width=WIDTH - 240, height=38 * max(1, len(stages))), title=title, description=description,
                 columns=[label, _("Number"), _("Of the stage before")], rows=rows)  # fmt: skip
