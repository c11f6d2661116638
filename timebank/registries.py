"""What rooms above add to the time bank's own pages, filled in their `AppConfig.ready`."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from ui.registries import Registry


@dataclass(frozen=True)
class HomeSection:
    """A section of the time-bank home: `build(user)` returns a context for `template` (named `section` there), or None to
    show nothing. It costs a constant number of queries."""

    template: str
    build: Callable[[Any], dict | None]
    order: int = 50


@dataclass(frozen=True)
class ExchangeSection:
    """A section of the page of an exchange: `build(exchange, viewer)` returns a context for `template` (named `section`
    there), or None to show nothing."""

    template: str
    build: Callable[[Any, Any], dict | None]
    order: int = 50


@dataclass(frozen=True)
class TakingPart:
    """What would help people to take part in a session, in their own words: `needs(ids)` returns person id → words, for
    those who have said so. It costs a constant number of queries. Only whoever runs the session reads it."""

    needs: Callable[[Collection[Any]], dict[Any, str]]
    order: int = 50


taking_part: Registry[TakingPart] = Registry()
exchange_sections: Registry[ExchangeSection] = Registry()

# Kind of purpose → the working days that its requests wait for a helper before a broker looks at them, where those are fewer
# than `matches.WORKING_DAYS`. For these, a helper who said no, or was told no, is as good as none.
working_days_for: dict[str, int] = {}

home_sections: Registry[HomeSection] = Registry()
