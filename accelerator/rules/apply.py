"""What makes an answer good enough, and who may do what with an application. Pure: answers come in as a dict of
question key → value, questions as objects with the fields of `Question`."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accelerator.rules.waves import Phase, phase
from ui.formats import day

LONGEST = 20_000  # characters that a draft keeps of one answer, whatever its word limit


def words(text: str) -> int:
    """How many words a text has, as people count them."""
    return len(text.split())


def is_empty(value: Any) -> bool:
    """Whether nothing was answered. 0 is an answer."""
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def is_required(question: Any, answers: Mapping[str, Any]) -> bool:
    """Whether `question` must be answered, given the other answers: always, or if another answer is (or holds) a
    certain value."""
    if question.required:
        return True
    if not question.required_if_key:
        return False
    other = answers.get(question.required_if_key)
    return question.required_if_value in other if isinstance(other, list) else other == question.required_if_value


def problem(question: Any, value: Any, answers: Mapping[str, Any]) -> str:
    """What is wrong with `value` as the answer to `question`, as a sentence that says what to do; "" where nothing is."""
    if is_empty(value):
        return _missing(question) if is_required(question, answers) else ""
    known = {choice[0] for choice in question.choices}
    kind = question.kind
    if kind in ("short_text", "long_text", "team"):
        if not isinstance(value, str):
            return _("Write your answer in words.")
        over = words(value) - question.word_limit if question.word_limit else 0
        if over > 0:
            return ngettext(
                "Your answer is %(over)d word too long. The limit is %(limit)d words.",
                "Your answer is %(over)d words too long. The limit is %(limit)d words.",
                over,
            ) % {"over": over, "limit": question.word_limit}
        if len(value) > LONGEST:
            return _("Your answer is too long to keep. Shorten it.")
    elif kind == "choice":
        if not isinstance(value, str) or value not in known:
            return _("Choose one of the answers.")
    elif kind == "several":
        if not isinstance(value, list) or not all(isinstance(one, str) and one in known for one in value):
            return _("Choose from the answers.")
    elif kind == "number":
        if isinstance(value, bool) or not isinstance(value, int | float):
            return _("Give a number, like 12.")
    elif kind == "date" and not _is_date(value):
        return _("Give a real date, like 27 3 2026.")
    return ""


def _missing(question: Any) -> str:
    asks = {
        "choice": _("Choose an answer"),
        "several": _("Choose at least one answer"),
        "number": _("Give a number"),
        "date": _("Give a date"),
        "file": _("Choose a file"),
    }.get(question.kind, _("Write an answer"))
    return f"{asks}: {question.short.lower()}."


def _is_date(value: Any) -> bool:
    try:
        dt.date.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True


def problems(questions: Iterable[Any], answers: Mapping[str, Any]) -> dict[str, str]:
    """question key → what is wrong, for all that stands in the way of submitting, in the order of the pages."""
    found = {question.key: problem(question, answers.get(question.key), answers) for question in questions}
    return {key: text for key, text in found.items() if text}


def display(question: Any, value: Any) -> list[str]:
    """An answer as lines for a page: labels instead of chosen values, a date in words. [] where there is none."""
    if is_empty(value):
        return []
    labels = dict(question.choices)
    if question.kind == "several":
        return [label for key, label in question.choices if key in value]
    if question.kind == "choice":
        return [labels.get(value, str(value))]
    if question.kind == "date":
        return [day(dt.date.fromisoformat(value))] if _is_date(value) else [str(value)]
    return [str(line) for line in value] if isinstance(value, list) else [str(value)]


# Who may.


def is_lead(user: Any, application: Any) -> bool:
    return application.lead_id == user.pk


def may_view(user: Any, application: Any, co_applicants: Iterable[Any]) -> bool:
    """The lead, and everybody who joined."""
    return is_lead(user, application) or any(co.user_id == user.pk and co.accepted_at for co in co_applicants)


def may_edit(user: Any, application: Any, co_applicants: Iterable[Any]) -> bool:
    """The lead, and those who joined and were asked to write."""
    return is_lead(user, application) or any(
        co.user_id == user.pk and co.accepted_at and co.may == "edit" for co in co_applicants
    )


def may_comment(user: Any, application: Any, co_applicants: Iterable[Any]) -> bool:
    """The lead, and those who joined and were asked to comment or to write."""
    return is_lead(user, application) or any(
        co.user_id == user.pk and co.accepted_at and co.may in ("comment", "edit") for co in co_applicants
    )


# When it may.


def takes_submissions(application: Any, now: dt.datetime) -> bool:
    """Whether this application may be sent in now: its wave's call is open, or it was granted more time."""
    wave = application.wave
    return wave is not None and wave.call_opens <= now < application.closes


@dataclass(frozen=True)
class Standing:
    """Where an application is, in words that do not frighten."""

    label: str
    sentence: str
    colour: str  # a tag's modifier in the design system


def standing(
    application: Any,
    *,
    public_phase: str = "",
    outcome: str = "",
    shared: bool = False,
    call_open: bool = False,
    now: dt.datetime,
) -> Standing:
    """The calm public label. `public_phase` is the active review phase's public label; `outcome` is given only once
    the letter has gone; `shared`: others work on it too; `call_open`: there is a call that a kept idea could go to."""
    wave = application.wave
    if application.state == "withdrawn":
        return Standing(_("Withdrawn"), _("You took this application back. Your answers are kept for you."), "grey")
    if application.state == "draft":
        if wave is None:
            kept = (
                _("A call is open now. Open your idea to take it there.")
                if call_open
                else _("No call is open at the moment. We keep your idea and tell you when one opens.")
            )
            return Standing(_("Kept for you"), kept, "grey")
        if takes_submissions(application, now):
            seen_by = (
                _("Only those who work on it can see it until it is sent.")
                if shared
                else _("Only you can see it until you send it.")
            )
            return Standing(_("Draft"), seen_by, "yellow")
        if phase(wave, now) == Phase.PLANNED:
            return Standing(_("Draft"), _("You can send it when the call opens."), "yellow")
        unsent = (
            _("The call closed before this was sent. Another call is open now, and your answers can come with you.")
            if call_open
            else _("The call closed before this was sent. Your answers are kept for the next one.")
        )
        return Standing(_("Not sent"), unsent, "grey")
    decided = {
        "accept": Standing(_("You are in"), _("Your idea joins the wave."), "green"),
        "reserve": Standing(_("On the reserve list"), _("If a place becomes free, we will ask you."), "blue"),
        "decline": Standing(_("Not this time"), _("Your letter says what reviewers liked and what may help."), "grey"),
    }
    if outcome:
        return decided[outcome]
    return Standing(
        public_phase or _("We have it"),
        _("You will hear from us by %(date)s. There is nothing you need to do.") % {"date": day(wave.support_starts)},
        "blue",
    )
