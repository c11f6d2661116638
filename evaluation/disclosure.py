"""Disclosure control: the one place where a count of people, or a figure that rests on people, becomes something to show.

Used for pages, charts, alt text, CSV and JSON alike. Not for exchanges, milestones, posters or public innovations.
"""

from collections.abc import Sequence
from dataclasses import dataclass

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
    part, whole = cell(n, group, sensitive=sensitive), count(group, sensitive=sensitive)
    if HIDDEN in (part, whole) or whole == "0":
        return HIDDEN
    return f"{min(100, round(100 * int(part) / int(whole)))} %"


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
    """Rows of (group, passed, entered) as they may be shown. Where exactly one row of a sensitive table would be hidden,
    the next smallest is hidden as well: a single hidden row can be had by subtraction from the total."""
    shown = [
        ShownRate(
            group,
            cell(passed, entered, sensitive=sensitive),
            count(entered, sensitive=sensitive),
            percentage(passed, entered, sensitive=sensitive),
        )
        for group, passed, entered in rows
    ]
    hidden = [i for i, row in enumerate(shown) if row.entered == HIDDEN]
    if sensitive and len(hidden) == 1 and len(rows) > 1:
        other = min((i for i in range(len(rows)) if i not in hidden), key=lambda i: (rows[i][2], i))
        shown[other] = ShownRate(rows[other][0], HIDDEN, HIDDEN, HIDDEN)
    return shown
