"""The three-question check before an application: whether it fits, as data. Pure.

Each question has two or three answers; each answer leads to a verdict, and the most careful one of the three counts. Nothing
about the person is asked but whether they are 18."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _


class Verdict(StrEnum):
    """What the check says. In the order of care: the last that any answer gives counts."""

    FITS = "fits"
    TALK = "talk"  # to us first
    NOT_NOW = "not_now"  # and here is what may help


ORDER = [Verdict.FITS, Verdict.TALK, Verdict.NOT_NOW]


@dataclass(frozen=True)
class Answer:
    """One answer: its words, what it leads to, and what to say where that is not "fits"."""

    value: str
    label: Any
    verdict: Verdict
    why: Any = ""
    ways: frozenset[str] = frozenset({"community"})  # what may help where it is not now: "community", "idea"


@dataclass(frozen=True)
class Question:
    key: str
    text: Any
    missing: Any  # what to say where it was not answered
    answers: tuple[Answer, ...]


QUESTIONS = (
    Question(
        "adult",
        _("Are you 18 or over?"),
        _("Say whether you are 18 or over."),
        (
            Answer("yes", _("Yes"), Verdict.FITS),
            Answer(
                "no",
                _("No"),
                Verdict.NOT_NOW,
                _("You have to be 18 to lead an idea. An adult whom you trust can bring it with you."),
                frozenset(),  # the time bank is for adults too
            ),
        ),
    ),
    Question(
        "about",
        _("Is your idea about health or care?"),
        _("Say whether your idea is about health or care."),
        (
            Answer("yes", _("Yes: care, health, or staying well"), Verdict.FITS),
            Answer(
                "unsure",
                _("I am not sure"),
                Verdict.TALK,
                _("Tell us in a sentence what it is about. Many things are about health that do not look like it."),
            ),
            Answer(
                "no",
                _("No"),
                Verdict.NOT_NOW,
                _(
                    "We can only help with ideas about health or care. People in our community may know who helps with yours."
                ),
            ),
        ),
    ),
    Question(
        "want",
        _("What do you want to do?"),
        _("Say what you want to do."),
        (
            Answer("try", _("Try something out, with help, and see whether it works"), Verdict.FITS),
            Answer(
                "ready",
                _("Sell or spread something that is finished"),
                Verdict.TALK,
                _("We help most with ideas that are still being tried. Let us talk about what you need."),
            ),
            Answer(
                "complain",
                _("Say that something went wrong in my care"),
                Verdict.NOT_NOW,
                _(
                    "We are sorry that it did. We cannot look into it: the hospital or practice has a patient advice service and a "
                    "complaints office that must answer you. You are welcome here with an idea of how it could be better."
                ),
                frozenset({"idea"}),
            ),
        ),
    ),
)


@dataclass(frozen=True)
class Outcome:
    """The verdict of three answers, the reasons to be said with it, and the ways on that all of them leave open."""

    verdict: Verdict
    reasons: list[Any]
    ways: frozenset[str]


def outcome(given: Mapping[str, str]) -> Outcome:
    """What three answers come to. Raises KeyError for an answer that there is not: the form has asked for all three."""
    chosen = [next(one for one in question.answers if one.value == given[question.key]) for question in QUESTIONS]
    verdict = max((one.verdict for one in chosen), key=ORDER.index)
    deciding = [one for one in chosen if one.verdict == verdict]
    ways = frozenset.intersection(*(one.ways for one in deciding))
    return Outcome(verdict, [one.why for one in deciding if one.why], ways)
