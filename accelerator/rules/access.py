"""Who runs a wave."""

from typing import Any

from people.rules import has_role


def runs(user: Any, wave: Any) -> bool:
    """Whether `user` is a portfolio manager of `wave` (or of all). For an idea without a wave: of any."""
    return has_role(user, "portfolio_manager", None if wave is None else wave.pk)
