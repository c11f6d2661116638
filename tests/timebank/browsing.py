"""Being somebody in a browser, without the way through the door, and reading what a page says."""

import html
import re
from typing import Any

from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page

from tests.browser import check_page
from tests.signing_in import sign_in


def at(name: str, *args: Any, **query: Any) -> str:
    """The address of a page of the time bank."""
    return reverse(f"timebank:{name}", args=args, query=query or None)


def signed_in(client: Client, user: Any) -> Client:
    """The browser, with somebody signed in, second factor included."""
    return sign_in(client, user)


def text_of(response: Any) -> str:
    """What a page says, without its markup."""
    body = re.sub(r"<(script|style|svg).*?</\1>", " ", response.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body)))


def become(page: Page, user: Any, live: str) -> None:
    """Signs somebody in on this page's context, second factor included."""
    session = signed_in(Client(), user).session
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session.session_key, "url": live}])


def look_at(page: Page, addresses: dict[str, str]) -> dict[str, str]:
    """Opens each address, checks the page as it stands, and returns the server's HTML by name for `check_html`."""
    pages = {}
    for name, address in addresses.items():
        response = page.goto(address)
        assert response is not None and response.status == 200, (name, address)
        pages[name] = response.text()
        check_page(page)
    return pages
