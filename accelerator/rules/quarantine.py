"""What names a patient: who may say so, who may take it away, and for how long it can be undone. Pure."""

import datetime as dt
from typing import Any

KEPT = dt.timedelta(days=7)  # what was taken away, out of reach; and how long its writer may write it again
REMOVED = "[taken out]"


def may_be_flagged(question: Any) -> bool:
    """Whether an answer to `question` can name somebody: free text and files, no boxes to tick."""
    return question.is_free_text or question.kind == "file"


def can_be_undone(state: str, decided_at: dt.datetime | None, now: dt.datetime) -> bool:
    """Whether what was taken away is still there to be given back."""
    return state == "taken" and decided_at is not None and now < decided_at + KEPT


def written_again(application_state: str, state: str, decided_at: dt.datetime | None, now: dt.datetime) -> bool:
    """Whether the writer of an application that was sent may answer this one question again: for as long as it could be
    undone, so that nobody loses a place by a slip."""
    return application_state == "submitted" and can_be_undone(state, decided_at, now)
