"""The letter with which an applicant asks their manager for time."""

from dataclasses import dataclass

from accelerator.models import Application, Wave
from accelerator.queries.apply import read_answers
from accelerator.rules import apply as rules

HOURS = {  # the answer to "How much time could you give it?" → what the letter asks for; the others are left to fill in
    "under_1": "up to 1 hour a week",
    "1_to_2": "1 to 2 hours a week",
    "3_to_5": "3 to 5 hours a week",
    "over_5": "more than 5 hours a week",
}


@dataclass(frozen=True)
class TimeLetter:
    """What the letter says. `hours` is empty where the applicant has not said how much time they could give."""

    application: Application
    wave: Wave
    name: str
    sentence: str
    hours: str
    sent: bool


def time_letter(application: Application) -> TimeLetter:
    """The letter of an application that has a wave, from its own answers. Two queries."""
    assert application.wave is not None  # asked by the view
    answers = read_answers(application)
    said = answers.get("time")
    return TimeLetter(
        application=application,
        wave=application.wave,
        name=application.lead.name,
        sentence="" if rules.is_empty(application.sentence) else application.sentence,
        hours=HOURS.get(said, "") if isinstance(said, str) else "",
        sent=application.state == Application.State.SUBMITTED,
    )


def wants_time_letter(application: Application) -> bool:
    """Whether the page of an application offers the letter: not to somebody who said that they have no employer, and not
    once it was decided or taken back."""
    decision = getattr(application, "decision", None)
    if application.state == Application.State.WITHDRAWN or (decision is not None and decision.sent_at):
        return False
    return not application.answers.filter(question__key="employer", value="none").exists()
