"""Looking at pages in a real browser, as whoever may open them."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.browser import check_html, check_page
from tests.matrix import make_client


def signed_in(browse, live: str, user: Any, **options) -> Page:
    """A page in which `user` is signed in; nobody, for None."""
    opened = browse(base_url=live, **options)
    if user is not None:
        cookie = make_client(user).cookies["sessionid"].value
        opened.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live}])
    return opened


def check_pages(browse, live: str, theirs: Iterable[tuple[Any, list[str]]]) -> None:
    """Fails unless each person's pages are there, accessible, valid HTML, quiet in the console, and no wider than a phone;
    says all that is wrong at once. With ODHA_PICTURES, a folder, each is kept there as it looks."""
    pages, wrong = {}, []
    for user, paths in theirs:
        phone = signed_in(browse, live, user, phone=True)
        for path in paths:
            answer = phone.goto(path)
            if answer.status != 200:
                wrong.append(f"{path}: {answer.status}")
                continue
            pages[path] = answer.text()
            try:
                check_page(phone)
            except AssertionError as error:
                wrong.append(f"{path}: {error}")
            if folder := os.environ.get("ODHA_PICTURES"):
                phone.screenshot(path=Path(folder) / f"{path.strip('/').replace('/', '_')}_.png", full_page=True)
    try:
        check_html(pages)
    except AssertionError as error:
        wrong.append(str(error))
    assert not wrong, "\n".join(wrong)
