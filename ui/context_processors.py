"""What every page knows: `page.site_name`, `page.navigation`, `page.badges`, `page.notices`, `page.footer`."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from ui import registries


@dataclass
class Page:
    """Read lazily: a page that shows no header (an e-mail, a fragment) asks nothing of the database."""

    request: HttpRequest
    site_name: str = settings.SITE_NAME

    @cached_property
    def user(self) -> Any:
        """The person who is signed in, or None."""
        user = getattr(self.request, "user", None)
        return user if user is not None and user.is_authenticated else None

    @property
    def first_name(self) -> str:
        """What the account link calls the person."""
        return (getattr(self.user, "name", "") or "").split(" ")[0] or _("Your account")

    @cached_property
    def navigation(self) -> list[dict[str, Any]]:
        """The links of the header that this person may see, the present one marked."""
        links = []
        for entry in registries.navigation:
            if self.user is None or not entry.visible(self.user):
                continue
            href = address(entry.url_name)
            if href:
                links.append({"label": entry.label, "href": href, "current": self.under(href)})
        best = max((link["href"] for link in links if link["current"]), key=len, default=None)
        return [{**link, "current": link["href"] == best} for link in links]

    @cached_property
    def badges(self) -> list[dict[str, Any]]:
        """Links with a count next to the account ("3 unread"); none for a person whose account is paused."""
        if self.user is None or not self.user.is_present:
            return []
        return [
            {"label": badge.label, "icon": badge.icon, "href": address(badge.url_name), "count": badge.count(self.user)}
            for badge in registries.account_badges
        ]

    @cached_property
    def notices(self) -> list[dict[str, Any]]:
        """Lines above the page that tell this person of their own state: template and context of each."""
        if self.user is None:
            return []
        built = ((notice.template, notice.build(self.request)) for notice in registries.notices)
        return [{"template": template, "context": context} for template, context in built if context is not None]

    @property
    def footer(self) -> list[dict[str, Any]]:
        """Links that rooms add to the foot of every page."""
        return [{"label": link.label, "href": address(link.url_name)} for link in registries.footer_links]

    def under(self, href: str) -> bool:
        return self.request.path == href or (href != "/" and self.request.path.startswith(href.rstrip("/") + "/"))


def address(url_name: str) -> str | None:
    """The address of a named page, or None where no room answers to the name."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return None


def page(request: HttpRequest) -> dict[str, Page]:
    """The context processor."""
    return {"page": Page(request)}
