"""What one page that is out of date is (`tests.journeys.test_every_stale_page`)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.journeys.scene import Scene


@dataclass(frozen=True)
class Stale:
    """What happened while the page of `url` lay open, the status that its form then gets, and words that it is told.
    `keeps` are the tables in which what was typed is kept all the same."""

    what: str
    url: str
    happens: Callable[[Scene], Any]
    status: int
    told: str
    keeps: tuple[str, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)
