"""What rooms above add to the accelerator's own pages, filled in their `AppConfig.ready`."""

from dataclasses import dataclass
from typing import Any

from ui.registries import Registry


@dataclass(frozen=True)
class SelectionLink:
    """A link on the moderation table of a wave; `url` is the name of an address that takes the wave's slug."""

    label: Any  # lazy text
    url: str
    order: int = 50


selection_links: Registry[SelectionLink] = Registry()
