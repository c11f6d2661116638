"""What each room adds to pages and jobs that belong to nobody: filled in `AppConfig.ready`, read by ui and people.

Every registry is a list of small frozen records, kept in registration order and then sorted by `order`.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Registry(Generic[T]):
    def __init__(self) -> None:
        self._entries: list[T] = []

    def add(self, *entries: T) -> None:
        for entry in entries:
            if entry not in self._entries:
                self._entries.append(entry)

    def __iter__(self) -> Iterator[T]:
        return iter(sorted(self._entries, key=lambda entry: getattr(entry, "order", 0)))


@dataclass(frozen=True)
class NavigationEntry:
    """A link in the header. `visible(user)` says for whom; it must not query more than the request has cached."""

    label: Any  # lazy text
    url_name: str
    visible: Callable[[Any], bool]
    order: int = 50


@dataclass(frozen=True)
class HomeCard:
    """A card on the signed-in home. `build(user)` returns a context for `template`, or None to show nothing.
    `kind` is "waiting" (what waits for me; shown first) or "enjoy" (what I might enjoy)."""

    template: str
    build: Callable[[Any], dict | None]
    kind: str = "waiting"
    order: int = 50


@dataclass(frozen=True)
class PublicFigure:
    """A live figure on the public front page: `read()` returns (value as text, label) or None."""

    read: Callable[[], tuple[str, str] | None]
    order: int = 50


@dataclass(frozen=True)
class ProfileSection:
    """A section of a member's profile page. `build(member, viewer)` returns a context for `template` or None."""

    template: str
    build: Callable[[Any, Any], dict | None]
    order: int = 50


@dataclass(frozen=True)
class DataExport:
    """One JSON file of "download my data": `read(user)` returns plain lists and dicts."""

    name: str
    read: Callable[[Any], Any]
    order: int = 50


@dataclass(frozen=True)
class AccountClosing:
    """A step of closing an account, called inside the closing transaction: `close(user, by)`. `tell(user)` returns a
    context for `template`, which says on the page before it what the step would do, or None where it would do nothing."""

    close: Callable[[Any, Any], None]
    order: int = 50
    template: str = ""
    tell: Callable[[Any], Any] | None = None


@dataclass(frozen=True)
class AccountPausing:
    """A step of pausing an account and of letting it go on, called inside those transactions: `pause(user, by)` before
    the account is paused, `resume(user)` after it goes on. `tell(user)` returns a context for `template`, which says
    before the button is pressed what `pause` would do, or None where it would do nothing."""

    pause: Callable[[Any, Any], None]
    resume: Callable[[Any], None]
    order: int = 50
    template: str = ""
    tell: Callable[[Any], Any] | None = None


@dataclass(frozen=True)
class Moderation:
    """A kind of decision about people or content. `rows(viewer)` gives those that the viewer is not kept
    from, in the shape of `people.pauses.moderation.entries`."""

    kind: str
    label: Any  # lazy text, "Account paused"
    rows: Callable[[Any], Any]
    order: int = 50


@dataclass(frozen=True)
class Retention:
    """How long a kind of data is kept, shown on the privacy page; `purge()` does it, returns how many rows."""

    what: Any
    how_long: Any
    purge: Callable[[], int] | None = None
    order: int = 50


@dataclass(frozen=True)
class AccountBadge:
    """A link with a count in the header, next to the account: `count(user)` may cost one query. `icon` is one of ui's."""

    label: Any  # lazy text, "Notifications"
    url_name: str
    count: Callable[[Any], int]
    icon: str = "bell"
    order: int = 50


@dataclass(frozen=True)
class Notice:
    """A line above every page of somebody who is signed in: `build(request)` returns a context for `template`, or None
    to show nothing. It must not query more than the request has cached."""

    template: str
    build: Callable[[Any], dict | None]
    order: int = 50


@dataclass(frozen=True)
class FooterLink:
    """A link at the foot of every page, to a page that everybody may read."""

    label: Any  # lazy text
    url_name: str
    order: int = 50


@dataclass(frozen=True)
class Stage:
    """A stretch of a wave's calendar: from `starts` until the next stage's `starts`, or its own `ends` for the last."""

    label: Any
    starts: dt.date
    ends: dt.date


@dataclass(frozen=True)
class Calendar:
    """A calendar with its stages in order, what it means for a reader now, and the page that says more."""

    title: str
    stages: list[Stage]
    words: str = ""
    url: str = ""
    link: str = ""  # what the link to `url` says


@dataclass(frozen=True)
class FrontCalendar:
    """The calendar on the public front page: `read()` returns one, or None."""

    read: Callable[[], Calendar | None]
    order: int = 50


@dataclass(frozen=True)
class FrontDoor:
    """Where a door of the front page leads: `door` is "idea" or "hour", `url()` its address."""

    door: str
    url: Callable[[], str]
    order: int = 50


navigation: Registry[NavigationEntry] = Registry()
home_cards: Registry[HomeCard] = Registry()
public_figures: Registry[PublicFigure] = Registry()
profile_sections: Registry[ProfileSection] = Registry()
data_exports: Registry[DataExport] = Registry()
account_closing: Registry[AccountClosing] = Registry()
account_pausing: Registry[AccountPausing] = Registry()
moderation: Registry[Moderation] = Registry()
retention: Registry[Retention] = Registry()
account_badges: Registry[AccountBadge] = Registry()
notices: Registry[Notice] = Registry()
footer_links: Registry[FooterLink] = Registry()
front_calendar: Registry[FrontCalendar] = Registry()
front_doors: Registry[FrontDoor] = Registry()
