"""Being somebody in a real browser, without the way through the door."""

from typing import Any

from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

from people.middleware import DEMONSTRATION
from tests.browser import check_page


def become(page: Page, user: Any, live: str) -> None:
    """Signs somebody in on this page's context, second factor included."""
    client = Client()
    client.force_login(user)
    session = client.session
    session[DEMONSTRATION] = True
    session.save()
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session.session_key, "url": live}])


def look_at(page: Page, addresses: dict[str, str]) -> dict[str, str]:
    """Opens each address, checks the page as it stands, and returns the server's HTML by name for `check_html`."""
    html = {}
    for name, address in addresses.items():
        response = page.goto(address)
        assert response is not None and response.status == 200, (name, address)
        html[name] = response.text()
        check_page(page)
    return html
