"""Totals, visibility and blinding. Pure."""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median, stdev
from typing import Any, TypeVar

from django.utils.translation import gettext_lazy as _

P = TypeVar("P")


def weighted_total(pairs: Iterable[tuple[int, int | None]]) -> float | None:
    """The weighted mean of (weight, score) over the criteria that were scored; an abstention (None) is left out, so it
    never lowers a total. Weights 2, 1 and scores 5, 3 → 4.333…; no scores → None, not 0."""
    scored = [(weight, score) for weight, score in pairs if score is not None]
    if not scored:
        return None
    return sum(weight * score for weight, score in scored) / sum(weight for weight, _score in scored)


@dataclass(frozen=True)
class Spread:
    """Totals of several reviewers on one application. `sd` is the sample standard deviation; None below two."""

    n: int
    mean: float | None
    median: float | None
    sd: float | None


def spread(totals: Sequence[float | None]) -> Spread:
    """n, mean, median and standard deviation of the totals that exist."""
    known = [total for total in totals if total is not None]
    if not known:
        return Spread(0, None, None, None)
    return Spread(len(known), fmean(known), median(known), stdev(known) if len(known) > 1 else None)


def shows(setting: str, *, own_done: bool) -> bool:
    """Whether a reviewer may see what `setting` (never, after_own, always) guards."""
    return setting == "always" or (setting == "after_own" and own_done)


def active_phase(phases: Iterable[P], now: dt.datetime) -> P | None:
    """The phase that runs at `now`; where two overlap, the later one. None between, before and after."""
    running = [phase for phase in phases if phase.starts <= now < phase.ends]  # type: ignore[attr-defined]
    return max(running, key=lambda phase: phase.position, default=None)  # type: ignore[attr-defined]


REMOVED = "[removed]"
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def mask(text: str, identities: Iterable[str]) -> str:
    """`text` without e-mail addresses and without any of `identities` (names, organisations) as whole words, in any
    case. A name is taken out whole and by its parts of three letters and more."""
    text = _ADDRESS.sub(REMOVED, text)
    whole = {identity.strip() for identity in identities if identity and identity.strip()}
    parts = {part for identity in whole for part in identity.split() if len(part) >= 3 and part[0].isupper()}
    for identity in [*sorted(whole, key=len, reverse=True), *sorted(parts - whole, key=len, reverse=True)]:
        flags = re.IGNORECASE if identity in whole else 0
        text = re.sub(rf"(?<!\w){re.escape(identity)}(?!\w)", REMOVED, text, flags=flags)
    return text


@dataclass(frozen=True)
class Conflict:
    """Why somebody should not judge an application. `blocks` ones stop an assignment; the others warn."""

    reason: Any  # lazy text
    blocks: bool = True


SELF = Conflict(_("This is their own application."))
TEAM = Conflict(_("They work on this application with the lead."))
DECLARED = Conflict(_("They declared that they cannot judge this person or organisation."))
HOURS = Conflict(_("They have exchanged hours with somebody on this application in the last 24 months."))
HELPED = Conflict(_("They helped with this draft, so they have read part of it with a name."))
RIVAL = Conflict(_("They have an application of their own in this wave."))
RECUSED = Conflict(_("They stepped back from this application before."))
SEEN = Conflict(_("They took part in the first look, where they saw whose idea it is."))
WORKPLACE = Conflict(_("They are from the same organisation."), blocks=False)

EXCHANGE_MONTHS = 24


def usual_minutes(durations: Sequence[float], default: int = 15) -> int:
    """About how long one review takes this person, in whole minutes: the median of their own, each cut off at 60
    (a page left open over lunch), or `default` before the first."""
    return max(1, round(median(min(minutes, 60) for minutes in durations))) if durations else default
