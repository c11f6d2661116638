"""Ideas between calls: which may go on, and what of them fits the next call's questions. Pure."""

import datetime as dt
from typing import Any

from accelerator.rules import apply as rules


def may_go_on(application: Any, now: dt.datetime) -> bool:
    """Whether an idea may be brought to another call: kept without a wave, taken back, left unsent when its call closed,
    or answered with a letter that did not accept it."""
    if application.wave is None or application.state == "withdrawn":
        return True
    if application.state == "draft":
        return application.closes is not None and now >= application.closes
    decision = getattr(application, "decision", None)
    return decision is not None and decision.sent_at is not None and decision.outcome != "accept"


def fits(question: Any, kind: str, value: Any) -> bool:
    """Whether an earlier answer, to a question of `kind`, can stand as the answer to `question` of the next call. Files are
    copied, not carried as answers; a text that is too long now is carried all the same, and its page says so."""
    if rules.is_empty(value) or question.kind != kind or kind == "file":
        return False
    known = {choice[0] for choice in question.choices}
    if kind == "choice":
        return value in known
    if kind == "several":
        return isinstance(value, list) and set(value) <= known
    return True
