"""What the report's sections are made of: the scope they read, the tables they fill, and how a question is answered."""

import datetime as dt
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from accelerator.models import Wave
from evaluation import disclosure

MET, NOT_MET, NOT_ENOUGH = "met", "not_met", "not_enough"


@dataclass
class Table:
    """Numbers that are fit to show, with what is needed to draw them."""

    name: str
    title: str
    columns: list[str]
    rows: list[list]
    chart: str = ""
    note: str = ""


@dataclass
class Section:
    """One question, answered. `headline` is a figure for page one with its label; `words` say what the tables mean."""

    question: str
    answer: str
    sentence: str
    tables: list[Table] = field(default_factory=list)
    rests_on: str = ""
    headline: tuple[str, str] | None = None
    words: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Scope:
    """What a report is about: a wave, its promises, and its period (from the call's opening to the moment of reading,
    at most the wave's end)."""

    wave: Wave
    measures: dict
    since: dt.datetime
    until: dt.datetime

    @property
    def call_until(self) -> dt.datetime:
        """Where the call's part of the period ends: its closing, or now while it is open."""
        return min(self.until, self.wave.call_closes)

    def promise(self, question: str) -> tuple[float, int]:
        """(threshold, smallest n) of a question."""
        found = self.measures[question]
        return found["threshold"], found["smallest_n"]


def judge(value: float | None, n: int, scope: Scope, question: str, *, at_most: bool = False) -> str:
    """Met or not met, by the plan's threshold; not enough data under its smallest n or without a value."""
    threshold, smallest = scope.promise(question)
    if value is None or n < smallest:
        return NOT_ENOUGH
    return MET if (value <= threshold if at_most else value >= threshold) else NOT_MET


def too_few(question: str, n: int, smallest: int, what: str) -> Section:
    """The section of a question that rests on n of something, fewer than the plan asks for."""
    sentence = _("Not enough data: it takes %(smallest)d %(what)s, and there are %(n)s.") % {
        "smallest": smallest, "what": what, "n": disclosure.in_words(n),
    }  # fmt: skip
    return Section(question, NOT_ENOUGH, sentence)


def share_sentence(share: str, sentence: str) -> str:
    """A sentence that begins with a share as it may be shown ("%(share)s of …"); a hidden one is said in words."""
    return _("Too few to say.") if share == disclosure.HIDDEN else sentence % {"share": share}


def percent(share: float) -> str:
    """A share from 0 to 1 as a whole percentage. Not for shares of people: see `disclosure`."""
    return f"{round(100 * share)} %"
