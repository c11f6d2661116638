"""What somebody can report or be worried about. Each app registers the kinds of thing in which people's words or people
appear; one pair of pages, one template tag and one look for those who handle it serve them all."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from ui.errors import Missing


@dataclass(frozen=True)
class Line:
    """Words around the thing, for whoever handles it: who wrote them, and when."""

    name: str
    at: dt.datetime
    text: str


@dataclass(frozen=True)
class Seen:
    """One thing as a reader sees it. `people` are those whom a worry about it may be about, each with the name that this
    reader sees; `parties` all who have a part in it, who therefore never handle it. `around` is read only by whoever does."""

    title: str  # "The offer “Coaching”"
    url: str
    people: dict[Any, str] = field(default_factory=dict)  # {user: name}, the likeliest first
    parties: Iterable[Any] = ()  # ids of users
    words: str = ""
    around: Callable[[], list[Line]] = list

    def others(self, viewer: Any) -> dict[Any, str]:
        """`people` without the reader."""
        return {user: name for user, name in self.people.items() if user.pk != getattr(viewer, "pk", None)}

    def kept_from(self) -> set[Any]:
        """The ids of all who must never find what is said about this."""
        return {user.pk for user in self.people} | set(self.parties)


@dataclass(frozen=True)
class Kind:
    """A kind of thing. `see(id, viewer)` raises Missing unless `viewer` may see it; with no viewer it is what whoever
    handles the concern sees, who need not be a party. `public` things are seen by people who are not signed in."""

    slug: str
    see: Callable[[Any, Any], Seen]
    public: bool = False


_kinds: dict[str, Kind] = {}


def register(*kinds: Kind) -> None:
    """Adds kinds; the same slug with another meaning is a mistake in the code."""
    for kind in kinds:
        if _kinds.setdefault(kind.slug, kind) != kind:
            raise ValueError(f"Two different kinds of thing are called {kind.slug!r}.")


def every() -> list[Kind]:
    """All kinds, by slug."""
    return sorted(_kinds.values(), key=lambda kind: kind.slug)


def see(kind: str, object_id: Any, viewer: Any) -> Seen:
    """The thing as `viewer` sees it. Raises Missing where there is none, or none for them."""
    known = _kinds.get(kind)
    if known is None or not (viewer.is_authenticated or known.public):
        raise Missing(_("We cannot find that."))
    return _asked(known, object_id, viewer)


def _asked(kind: Kind, object_id: Any, viewer: Any) -> Seen:
    """The thing, by an id that came in an address: some are numbers, some are UUIDs."""
    try:
        return kind.see(object_id, viewer)
    except (ValueError, ValidationError):  # no id of its kind
        raise Missing(_("We cannot find that.")) from None


def look(kind: str, object_id: Any) -> Seen | None:
    """The thing for whoever handles a concern about it; None where it has gone."""
    known = _kinds.get(kind)
    if known is None:
        return None
    try:
        return _asked(known, object_id, None)
    except Missing:
        return None
