"""Cards on the signed-in home."""

from goals import queries
from goals.models import SignUp


def _active(user):
    """My goals under way; read once a request, since three cards ask."""
    if not hasattr(user, "_active_goals"):
        user._active_goals = [row for row in queries.my_goals(user) if row.sign_up.state == SignUp.State.ACTIVE]
    return user._active_goals


def stuck(user) -> dict | None:
    rows = [row for row in _active(user) if row.open_flag]
    return {"rows": rows} if rows else None


def due(user) -> dict | None:
    rows = [row for row in _active(user) if row.is_due]
    return {"rows": rows} if rows else None


def first(user) -> dict | None:
    return None if _active(user) else {}


def on_time_bank(user) -> dict | None:
    """My goals under way, for the time-bank home: who is stuck there finds help on the same page."""
    rows = _active(user)
    return {"rows": rows[:5], "more": len(rows) - 5} if rows else None
