"""The arithmetic of goals, as pure functions: T-score, the line a goal follows, and when somebody is stuck."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import sqrt
from typing import Any

from goals.models import PARTIAL

RHO = 0.3  # the inter-correlation of goals that Kiresuk and Sherman assumed


def t_score(levels: Sequence[int], weights: Sequence[int], rho: float = RHO) -> float:
    """The Goal Attainment Scaling T-score: 50 + 10 Σ(w x) / √((1 − ρ) Σw² + ρ (Σw)²).

    Kiresuk and Sherman 1968; Turner-Stokes's 2009 guide misprinted it and its erratum gives this form.
    `levels` are whole, −2 to +2. Raises ValueError without a goal, or where the lengths differ.
    """
    if not levels or len(levels) != len(weights):
        raise ValueError("A T-score needs at least one goal, and one weight for each.")
    weighted = sum(w * x for w, x in zip(weights, levels, strict=True))
    spread = (1 - rho) * sum(w * w for w in weights) + rho * sum(weights) ** 2
    return 50 + 10 * weighted / sqrt(spread)


def for_analysis(level: Decimal | int) -> int:
    """A level as analysis counts it: the partial step −0.5 is still −1."""
    return -1 if level == PARTIAL else int(level)


def line(baseline: int, starts_on: dt.date, ends_on: dt.date, on: dt.date) -> Fraction:
    """Where somebody would be on a straight way from the baseline to 0 ("as expected") at the end date."""
    total = (ends_on - starts_on).days
    gone = min(max((on - starts_on).days, 0), total)
    return baseline - Fraction(baseline * gone, total)


@dataclass(frozen=True)
class Said:
    """One self-assessment, as the rules read it."""

    on: dt.date
    level: Decimal | int
    stuck: bool = False


@dataclass(frozen=True)
class Finding:
    """A rule that holds, with what it looked at. `unknown` findings are a nudge to the person, never a flag."""

    rule: str
    inputs: dict

    @property
    def unknown(self) -> bool:
        return self.rule == "S4"


def _said_so(history, **_):
    if history and history[-1].stuck:
        return {"on": history[-1].on.isoformat()}
    return None


def _dropped(history, **_):
    if len(history) >= 2 and history[-2].level - history[-1].level >= 1:
        return {"from": float(history[-2].level), "to": float(history[-1].level)}
    return None


def _standing_still(history, **_):
    last = history[-3:]
    if len(last) == 3 and len({said.level for said in last}) == 1 and last[0].level < 0:
        days = (last[-1].on - last[0].on).days
        if days >= 28:
            return {"level": float(last[0].level), "days": days}
    return None


def _past_the_end(history, *, ends_on, today, baseline, **_):
    level = history[-1].level if history else baseline
    if today > ends_on and level < 0:
        return {"ended": ends_on.isoformat(), "level": float(level)}
    return None


def _silent(history, *, starts_on, today, rhythm_weeks, ends_on, **_):
    quiet = (min(today, ends_on) - (history[-1].on if history else starts_on)).days
    if quiet > rhythm_weeks * 7 * Fraction(3, 2):
        return {"days": quiet, "rhythm_weeks": rhythm_weeks}
    return None


def _under_the_line(history, *, baseline, starts_on, ends_on, today, **_):
    if not history:
        return None
    expected = line(baseline, starts_on, ends_on, today)
    if expected - Fraction(history[-1].level) > 1:
        return {"level": float(history[-1].level), "expected": round(float(expected), 2)}
    return None


# Most serious first; S4 is silence, which we know nothing about, so it comes last.
RULES: dict[str, Callable[..., dict[str, Any] | None]] = {
    "S0": _said_so,
    "S1": _dropped,
    "S2": _standing_still,
    "S3": _past_the_end,
    "S5": _under_the_line,
    "S4": _silent,
}


def stuck(
    history: Sequence[Said],
    *,
    baseline: int,
    starts_on: dt.date,
    ends_on: dt.date,
    rhythm_weeks: int,
    today: dt.date,
) -> list[Finding]:
    """Every rule that holds today, the most serious first.

    S0 they said so; S1 dropped by a level or more; S2 the last three are equal, below 0, over 28 days or more;
    S3 the end date passed below 0; S5 more than one level under the line; S4 silent for more than 1.5 × the rhythm.
    """
    facts = {
        "baseline": baseline,
        "starts_on": starts_on,
        "ends_on": ends_on,
        "rhythm_weeks": rhythm_weeks,
        "today": today,
    }
    checked = ((name, rule(history, **facts)) for name, rule in RULES.items())
    return [Finding(name, inputs) for name, inputs in checked if inputs is not None]
