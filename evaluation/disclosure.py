"""Disclosure control: the one place where a count of people, or a figure that rests on people, becomes something to show.

Used for pages, charts, alt text, CSV and JSON alike. Not for exchanges, milestones, posters or public innovations.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from evaluation.measures.change import wilson

SMALLEST = 8  # fewer people than this are never shown
STEP = 5
HIDDEN = "*"


def count(n: int, *, sensitive: bool = False) -> str:
    """A count of people to show: 1–7 → "*"; else to the nearest 5; 0 stays 0, except in equality and pay-band cells
    (`sensitive`), where 0–7 → "*". Raises ValueError below 0."""
    if n < 0:
        raise ValueError("A count of people cannot be negative.")
    if n == 0 and not sensitive:
        return "0"
    if n < SMALLEST:
        return HIDDEN
    return str(rounded(n))


def in_words(n: int) -> str:
    """A count of people inside a sentence: "fewer than 8", "about 40", "none"."""
    shown = count(n)
    if shown == HIDDEN:
        return _("fewer than %(n)d") % {"n": SMALLEST}
    return _("about %(n)s") % {"n": shown} if n else _("none")


def rounded(n: int) -> int:
    """To the nearest 5; n is never half way between two multiples of 5."""
    return STEP * round(n / STEP)


def cell(n: int, group: int, *, sensitive: bool = False) -> str:
    """A count within a group: as `count`, and in sensitive tables also hidden where the rest of the group is fewer than 8
    people, since 100 % discloses."""
    if sensitive and group - n < SMALLEST:
        return HIDDEN
    return count(n, sensitive=sensitive)


def percentage(n: int, group: int, *, sensitive: bool = False) -> str:
    """A whole percentage recomputed from the figures that are shown, or "*" where either of them is hidden."""
    shown = share_shown(cell(n, group, sensitive=sensitive), count(group, sensitive=sensitive))
    return HIDDEN if shown is None else f"{round(100 * shown)} %"


def interval(n: int, group: int, *, sensitive: bool = False) -> str:
    """Wilson's 95 % interval of a share, from the figures that are shown: the exact one would give the counts back."""
    part, whole = cell(n, group, sensitive=sensitive), count(group, sensitive=sensitive)
    if share_shown(part, whole) is None:
        return HIDDEN
    low, high = wilson(min(int(part), int(whole)), int(whole))
    return f"{round(100 * low)} – {round(100 * high)} %"


def share_shown(part: str, whole: str) -> float | None:
    """A share from 0 to 1 of two figures as shown; None where either is hidden or the whole is nothing."""
    if HIDDEN in (part, whole) or whole == "0":
        return None
    return min(1.0, int(part) / int(whole))


def figure(value: float | None, n: int, digits: int = 1) -> str:
    """A mean, median or other figure that rests on n people: "*" for fewer than 8."""
    if value is None or n < SMALLEST:
        return HIDDEN
    return f"{value:.{digits}f}"


@dataclass(frozen=True)
class ShownRate:
    """One row of a table of people by group, ready to show."""

    group: str
    passed: str
    entered: str
    rate: str


def rates(rows: Sequence[tuple[str, int, int]], *, sensitive: bool = True) -> list[ShownRate]:
    """Rows of (group, passed, entered) as they may be shown. Where exactly one figure of a sensitive column would be
    hidden, the next smallest is hidden as well: a single hidden one can be had by subtraction from the total."""
    passed = [cell(n, group, sensitive=sensitive) for _group, n, group in rows]
    entered = [count(n, sensitive=sensitive) for _group, _passed, n in rows]
    if sensitive:
        entered = _hide_another(entered, [row[2] for row in rows])
        passed = [HIDDEN if whole == HIDDEN else part for part, whole in zip(passed, entered, strict=True)]
        passed = _hide_another(passed, [row[1] for row in rows])
    shown = []
    for (group, _n, _of), part, whole in zip(rows, passed, entered, strict=True):
        share = share_shown(part, whole)
        shown.append(ShownRate(group, part, whole, HIDDEN if share is None else f"{round(100 * share)} %"))
    return shown


def crosstab(counts: Sequence[Sequence[int]]) -> list[list[str]]:
    """A table of people by group (rows) and by what became of them (columns, the last of which is all of the row), as it may
    be shown: every cell is sensitive. Where exactly one figure of a row or of a column would be hidden, the next smallest
    is hidden with it, until no hidden one can be had by subtraction."""
    if not counts:
        return []
    totals = [sum(column) for column in zip(*counts, strict=True)]
    shown = [[cell(n, of, sensitive=True) for n, of in zip(row, totals, strict=True)] for row in counts]
    while True:
        before = [list(row) for row in shown]
        shown = [_hide_another(row, list(true)) for row, true in zip(shown, counts, strict=True)]
        turned = zip(zip(*shown, strict=True), zip(*counts, strict=True), strict=True)
        columns = [_hide_another(list(column), list(true)) for column, true in turned]
        shown = [list(row) for row in zip(*columns, strict=True)]
        if shown == before:
            return shown


def _hide_another(shown: list[str], true: list[int]) -> list[str]:
    """Hides the smallest of the others where exactly one figure of a column is hidden."""
    visible = [place for place, figure in enumerate(shown) if figure != HIDDEN]
    if len(visible) != len(shown) - 1 or not visible:
        return shown
    smallest = min(visible, key=lambda place: (true[place], place))
    return [HIDDEN if place == smallest else figure for place, figure in enumerate(shown)]
