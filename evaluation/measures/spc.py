"""XmR charts as in NHS England's "Making Data Count" (the NHSRplotthedots package is the reference)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

LIMIT = 2.66  # 3 / d2 for moving ranges of two
SCREEN = 3.267  # D4: the upper limit of a moving range
ENOUGH = 12  # points; under it the chart is a run chart, and says "trial"


@dataclass(frozen=True)
class XmR:
    """A process: centre line, natural process limits, and the rules that each point breaks."""

    mean: float
    lower: float
    upper: float
    signals: tuple[frozenset[str], ...]  # for each point: "outside", "shift", "trend", "two of three"

    @property
    def trial(self) -> bool:
        """Whether there are too few points for limits to be more than a trial."""
        return len(self.signals) < ENOUGH


def _limits(values: Sequence[float]) -> tuple[float, float, float]:
    ranges = [abs(b - a) for a, b in pairwise(values)]
    if not ranges:
        return values[0], values[0], values[0]
    mean_range = fmean(ranges)
    kept = [r for r in ranges if r <= SCREEN * mean_range]  # left out once, not again and again
    spread = LIMIT * fmean(kept)
    mean = fmean(values)
    return mean, mean - spread, mean + spread


def _runs(flags: Sequence[int], length: int) -> set[int]:
    """The points that lie in a run of `length` or more equal, non-zero flags."""
    found: set[int] = set()
    start = 0
    for i in range(len(flags) + 1):
        if i == len(flags) or flags[i] != flags[start]:
            if flags[start] and i - start >= length:
                found.update(range(start, i))
            start = i
    return found


def _sign(number: float) -> int:
    return (number > 0) - (number < 0)


def xmr(values: Sequence[float]) -> XmR:
    """Mean, limits (mean ± 2.66 × the mean moving range, moving ranges over 3.267 × their mean left out once) and
    the four rules: outside the limits; 7 on one side (a point on the mean breaks it); a trend of 7 points (a tie breaks
    it); 2 of 3 beyond two thirds of the way to the same limit, all three on the same side of the mean.

    Raises ValueError without a value.
    """
    if not values:
        raise ValueError("An XmR chart needs at least one point.")
    mean, lower, upper = _limits(values)
    sides = [_sign(v - mean) for v in values]
    steps = [_sign(b - a) for a, b in pairwise(values)]
    shift = _runs(sides, 7)
    rising = _runs(steps, 6) if steps else set()
    trend = {i for step in rising for i in (step, step + 1)}  # six steps one way are seven points
    near = (upper - mean) * 2 / 3
    two_of_three: set[int] = set()
    for i in range(len(values) - 2):
        window = range(i, i + 3)
        if abs(sum(sides[j] for j in window)) == 3:
            beyond = [j for j in window if abs(values[j] - mean) > near]
            if len(beyond) >= 2:
                two_of_three.update(beyond)
    rules = {
        "outside": {i for i, v in enumerate(values) if v < lower or v > upper},
        "shift": shift,
        "trend": trend,
        "two of three": two_of_three,
    }
    signals = tuple(frozenset(name for name, points in rules.items() if i in points) for i in range(len(values)))
    return XmR(mean, lower, upper, signals)
