"""Where a new person goes next: accelerator and timebank say it, each for its door."""

from collections.abc import Callable
from typing import Any


class OnBoard:
    """door ("idea" or "hour") -> callable(user, start) -> address. Called in a transaction once somebody is on
    board; it may write what the start said into a draft, and must bear being called again for the same start."""

    def __init__(self) -> None:
        self._doors: dict[str, Callable[[Any, Any], str]] = {}

    def add(self, door: str, next_address: Callable[[Any, Any], str]) -> None:
        """Says what is behind a door; each door leads to one room."""
        if self._doors.setdefault(door, next_address) is not next_address:
            raise ValueError(f"Two rooms are behind the door {door!r}.")

    def get(self, door: str) -> Callable[[Any, Any], str] | None:
        """What is behind a door, or None."""
        return self._doors.get(door)


on_board = OnBoard()
