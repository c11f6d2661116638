"""Fairness of the funnel: rates, impact ratios and the four-fifths screen, in exact integers."""

from dataclasses import dataclass
from fractions import Fraction

FOUR_FIFTHS = Fraction(4, 5)  # an American rule of thumb (29 CFR 1607.4 D): a screen, not a legal test here


@dataclass(frozen=True)
class GroupRate:
    """How one group fared at one transition. `ratio` is to the best group's rate; None where nobody entered, or
    where nobody in any group passed."""

    group: str
    passed: int
    entered: int
    ratio: Fraction | None
    flagged: bool

    @property
    def rate(self) -> Fraction | None:
        return Fraction(self.passed, self.entered) if self.entered else None


def _ratios(counts: dict[str, tuple[int, int]]) -> dict[str, Fraction | None]:
    rates = {group: Fraction(passed, entered) for group, (passed, entered) in counts.items() if entered}
    best = max(rates.values(), default=Fraction(0))
    return {group: (rates[group] / best if best and group in rates else None) for group in counts}


def impact(counts: dict[str, tuple[int, int]]) -> list[GroupRate]:
    """For each group's (passed, entered): rate, ratio to the best group's rate, and whether the four-fifths screen flags
    it. The one-flip rule: a group is not flagged where one more person passing would lift it over the screen.

    Raises ValueError where more passed than entered.
    """
    for group, (passed, entered) in counts.items():
        if not 0 <= passed <= entered:
            raise ValueError(f"{group}: {passed} of {entered} cannot be.")
    ratios = _ratios(counts)
    result = []
    for group, (passed, entered) in counts.items():
        ratio = ratios[group]
        flagged = ratio is not None and ratio < FOUR_FIFTHS
        if flagged and passed < entered:
            flipped = _ratios({**counts, group: (passed + 1, entered)})[group]
            flagged = flipped is not None and flipped < FOUR_FIFTHS
        result.append(GroupRate(group, passed, entered, ratio, flagged))
    return result
