"""What one form of the list is (`tests.journeys.forms`)."""

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

KEY = str(uuid.UUID(int=42))


@dataclass(frozen=True)
class Sent:
    """One form. `needs` are the fields that must not be missing; `bad` is what only this form can get wrong, by name;
    `spare` are fields whose nonsense is rightly passed over; `keeps` are the tables in which even a refused answer is
    kept, so that nothing typed is lost; `saves` are those whose row a second click writes once more, as it was but for
    its time; `again` says why a second click rightly does something again."""

    url: str
    who: str
    good: Mapping[str, Any] | Callable[[Mapping[str, Any]], Mapping[str, Any]] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    bad: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    spare: tuple[str, ...] = ()
    page: str = ""
    keeps: tuple[str, ...] = ()
    saves: tuple[str, ...] = ()
    done: int = 302
    again: str = ""

    def data(self, world: Mapping[str, Any]) -> dict[str, Any]:
        """What a careful person sends."""
        return dict(self.good(world) if callable(self.good) else self.good)


def on(name: str, day: dt.date) -> dict[str, str]:
    """The three boxes of a date."""
    return {f"{name}-day": str(day.day), f"{name}-month": str(day.month), f"{name}-year": str(day.year)}
