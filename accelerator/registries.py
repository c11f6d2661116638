"""What rooms above add to the accelerator's own pages and deeds, filled in their `AppConfig.ready`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ui.registries import Registry


@dataclass(frozen=True)
class WaveLink:
    """A link on a page about a wave; `url` is the name of an address that takes the wave's slug."""

    label: Any  # lazy text
    url: str
    order: int = 50


@dataclass(frozen=True)
class WavePlan:
    """What a room above plans for a wave: `carry(source, made)` gives it to a copied one, `drop(wave)` takes it away where
    a wave that was planned by mistake is taken back. Both are called in the transaction that does so."""

    carry: Callable[[Any, Any], None]
    drop: Callable[[Any], None]
    order: int = 50


selection_links: Registry[WaveLink] = Registry()  # on the moderation table
wave_links: Registry[WaveLink] = Registry()  # on a wave's public page, and on that of those who run it
wave_plans: Registry[WavePlan] = Registry()
