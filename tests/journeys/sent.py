"""What one form of the list is (`tests.journeys.forms`)."""

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from people.models import Skill

KEY = str(uuid.UUID(int=42))


@dataclass(frozen=True)
class Sent:
    """One form. `needs` are the fields that must not be missing; `bad` is what only this form can get wrong, by name;
    `spare` are fields whose nonsense is rightly passed over; `keeps` are the tables in which even a refused answer is
    kept, so that nothing typed is lost; `saves` are those whose row a second click writes once more, as it was but for
    its time; `again` says why a second click rightly does something again; `after` are the forms that are sent before;
    `idle` says why no table changes when it is sent well."""

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
    after: tuple["Sent", ...] = ()
    idle: str = ""

    def data(self, world: Mapping[str, Any]) -> dict[str, Any]:
        """What a careful person sends."""
        return dict(self.good(world) if callable(self.good) else self.good)


def on(name: str, day: dt.date) -> dict[str, str]:
    """The three boxes of a date."""
    return {f"{name}-day": str(day.day), f"{name}-month": str(day.month), f"{name}-year": str(day.year)}


def in_days(days: int) -> dt.date:
    """A day from now on; with fewer than none, before."""
    return timezone.localdate() + dt.timedelta(days=days)


def skill(_world: Mapping[str, Any] | None = None) -> str:
    """The id of a skill that a form offers."""
    return str(Skill.objects.current().filter(parent=None).order_by("id")[0].pk)


@dataclass(frozen=True)
class Paper:
    """A file on somebody's desk, to be sent as often as one likes."""

    name: str
    content: bytes

    def read(self, *_size: int) -> bytes:
        return self.content
