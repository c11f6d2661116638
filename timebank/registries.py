"""What rooms above add to the time bank's own pages, filled in their `AppConfig.ready`."""

from collections.abc import Callable
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


home_sections: Registry[HomeSection] = Registry()
