"""Who "my manager" and "my team" are is answered by the room that owns a goal's purpose: it registers here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ui.registries import Registry


@dataclass(frozen=True)
class PurposeCircle:
    """Ids of the purposes whose goals a user may see: as the manager, or as one of the team; and the pages they have."""

    managed_by: Callable[[Any], set[UUID]]
    teamed_by: Callable[[Any], set[UUID]]
    url_for: Callable[[set[UUID]], dict[UUID, str]] | None = None  # the pages of those purposes that are its own


circles: Registry[PurposeCircle] = Registry()
