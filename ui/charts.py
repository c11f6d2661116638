"""Charts as SVG made on the server, each with its description and its numbers.

One look for all (Okabe and Ito's palette, which people with colour blindness can tell apart; a shape or a label besides).
The SVG has no `style`, so it passes the strict CSP, and is the same in a page and in a PDF.
"""

import datetime as dt
import json
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
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
PHONE = 320  # the width of one that is whole on a phone

Point = tuple[Any, float]


@dataclass(frozen=True)
class Chart:
    """A finished chart. `rows` are the numbers as shown, in `columns`; `description` says what the picture shows."""

    title: str
    description: str
    columns: list[str]
    rows: list[list[Any]]
    svg: SafeString = field(repr=False)
    fits_phone: bool = False  # whether it is whole on a phone, without scrolling sideways


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
    """Words of an axis label, shortened to at most two lines; the table has them whole."""
    return "\n".join(textwrap.wrap(words, 42, max_lines=2, placeholder=" …"))


def _worded_axis(levels: Mapping[float, str]) -> Any:
    """A y axis that says its levels in words, and no number."""
    import altair as alt

    labels = json.dumps({f"{number:g}": _in_lines(words) for number, words in levels.items()})
    said = f"split(({labels})[datum.value + ''], '\\n')"
    # the words stand on the grid line, inside the picture, so that it fits a phone
    look = alt.Axis(values=list(levels), labelExpr=said, labelLimit=PHONE, labelAlign="left", labelBaseline="bottom",
                    labelPadding=-4, labelOffset=-3, labelFontSize=15, labelColor="#4c6272", ticks=False, domain=False)  # fmt: skip
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
        .properties(width=PHONE - 20 if levels else WIDTH - 80, height=330 if levels else HEIGHT)
    )
    ats = list(dict.fromkeys(at for points in series.values() for at, _number in points))
    found = {name: {at: (levels or {}).get(n, n) for at, n in points} for name, points in series.items()}
    rows = [[at, *(found[name].get(at, "") for name in names)] for at in ats]
    drawn = _draw(chart, title=title, description=description, columns=[x, *names], rows=rows)
    return replace(drawn, fits_phone=bool(levels))


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


@dataclass(frozen=True)
class Stretch:
    """One bar of a `timeline`: what (in the table), a short mark drawn in the bar, from when to when, its state."""

    what: str
    mark: str
    starts: dt.date
    ends: dt.date
    state: str


def lanes(stretches: Sequence[Stretch]) -> list[int]:
    """A lane for each stretch (0 is the top one), so that those which overlap in time lie under each other. Each takes
    the first lane that is free when it starts."""
    free_from: list[dt.date] = []
    found = []
    for stretch in stretches:
        lane = next((n for n, free in enumerate(free_from) if free <= stretch.starts), len(free_from))
        free_from[lane : lane + 1] = [stretch.ends]
        found.append(lane)
    return found


LANE, GAP = 18, 14  # units: the height of a lane, and between two rows


def timeline(
    *,
    title: str,
    description: str,
    label: str,
    rows: Sequence[tuple[str, Sequence[Stretch]]],
    states: Sequence[tuple[str, str]],
    today: dt.date | None = None,
    marks: Sequence[tuple[str, dt.date]] = (),
) -> Chart:
    """A row of bars for each name, one bar a stretch, overlapping ones under each other. `states` are (state in words,
    colour) in the order of the legend; `marks` are named days drawn as thin lines; `label` names the rows' column.
    The line of today is drawn where it falls within the bars."""
    import altair as alt

    bars: list[dict[str, Any]] = []
    names: list[dict[str, Any]] = []
    shading: list[dict[str, Any]] = []
    top = GAP
    for place, (name, stretches) in enumerate(rows):
        own = lanes(stretches)
        height = LANE * (max(own, default=0) + 1)
        for stretch, lane in zip(stretches, own, strict=True):
            y = top + lane * LANE
            middle = stretch.starts + (stretch.ends - stretch.starts) / 2
            bars.append({"starts": _plain(stretch.starts), "ends": _plain(stretch.ends), "middle": _plain(middle),
                         "y": y + 1, "y2": y + LANE - 2, "yt": y + LANE / 2, "state": stretch.state,
                         "mark": stretch.mark})  # fmt: skip
        names.append({"name": name, "y": top + height / 2})
        if place % 2:
            shading.append({"y": top - GAP / 2, "y2": top + height + GAP / 2})
        top += height + GAP
    words, colours = [word for word, _colour in states], [colour for _word, colour in states]
    ink = ["#ffffff" if _is_dark(colour) else "#212b32" for colour in colours]
    scale = alt.Scale(domain=[0, top], reverse=True, nice=False, zero=False)
    place_y: dict[str, Any] = {"axis": None, "scale": scale}
    base = alt.Chart(alt.Data(values=bars))
    layers: list[Any] = [
        alt.Chart(alt.Data(values=shading)).mark_rect(color="#f2f0e8").encode(y=alt.Y("y:Q", **place_y), y2="y2:Q"),
        base.mark_bar(cornerRadius=2, stroke="#4c6272", strokeWidth=1).encode(
            x=alt.X("starts:T", title=None, axis=_month_axis()), x2="ends:T", y=alt.Y("y:Q", **place_y), y2="y2:Q",
            fill=alt.Fill("state:N", sort=words, scale=alt.Scale(domain=words, range=colours),
                            legend=alt.Legend(symbolStrokeColor="#4c6272", symbolType="square")),
        ),
        base.transform_calculate(
            ink=f"{json.dumps(dict(zip(words, ink, strict=True)))}[datum.state]"
        ).mark_text(fontSize=11, baseline="middle").encode(
            x="middle:T", y=alt.Y("yt:Q", **place_y), text="mark:N", color=alt.Color("ink:N", scale=None)
        ),
        alt.Chart(alt.Data(values=names)).mark_text(align="right", baseline="middle", fontSize=13, limit=170, dx=-10)
        .encode(x=alt.value(0), y=alt.Y("y:Q", **place_y), text="name:N"),
    ]  # fmt: skip
    lines = [(name, at, GREY) for name, at in marks]
    days = [at for _name, stretches in rows for stretch in stretches for at in (stretch.starts, stretch.ends)]
    if today and days and min(days) <= today <= max(days):
        lines.append((_("Today"), today, ORANGE))
    for name, at, colour in lines:
        at_day = alt.Chart(alt.Data(values=[{"at": _plain(at), "name": name}]))
        layers.append(at_day.mark_rule(color=colour, strokeWidth=2, strokeDash=[4, 3]).encode(x="at:T"))
        layers.append(at_day.mark_text(align="left", baseline="bottom", dx=-3, dy=-4, fontSize=12, color="#212b32")
                      .encode(x="at:T", y=alt.value(0), text="name:N"))  # fmt: skip
    table = [
        [name, stretch.what, stretch.starts, stretch.ends, stretch.state]
        for name, stretches in rows
        for stretch in stretches
    ]
    return _draw(alt.layer(*layers).properties(width=WIDTH + 120, height=max(60, top)), title=title,
                 description=description, columns=[label, _("What"), _("Starts"), _("Ends"), _("State")],
                 rows=table)  # fmt: skip


def _is_dark(colour: str) -> bool:
    """Whether white text reads better than black on this colour (#rrggbb): its relative luminance (WCAG) below 0.18."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] < 0.18


def _month_axis() -> "alt.Axis":
    """Months with their year, because a wave crosses one."""
    import altair as alt

    return alt.Axis(format="%b %Y", tickCount="month", labelOverlap=True, grid=True)


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
