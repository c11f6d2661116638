"""How a journey is walked: by people, in a real browser, looking at every page that they pass."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page

from notifications.models import CaughtMail
from tests.browser import check_html, check_page
from tests.live import wait_until


class Walker:
    """One person with one browser. `look` checks the page that they are on; `finish` validates all their HTML."""

    def __init__(self, page: Page):
        self.page = page
        self._html: dict[str, str] = {}

    def look(self) -> str:
        """Checks the page (axe, one h1, title, reflow, console) and returns the text of its main part."""
        check_page(self.page)
        if self.page.url not in self._html and "/j/" not in self.page.url:  # asking again would count as another open
            answer = self.page.context.request.get(self.page.url)
            if answer.status == 200:
                self._html[self.page.url] = answer.text()
        return self.text()

    def text(self) -> str:
        """What the main part of the page says, with plain spaces."""
        return " ".join(self.page.inner_text("main").split())

    def go(self, address: str) -> str:
        """Opens an address, and looks."""
        answer = self.page.goto(address)
        assert answer is not None
        assert answer.status == 200, f"{address}: {answer.status}\n{self.text()}"
        self._html[self.page.url] = answer.text()
        return self.look()

    def press(self, name: str | re.Pattern, *, within: str = "main") -> str:
        """Presses a button or follows a link by its words, and looks at where it leads."""
        area = self.page.locator(within)
        target = area.get_by_role("button", name=name).or_(area.get_by_role("link", name=name)).first
        try:
            target.click()
        except PlaywrightError as error:
            raise AssertionError(f"There is no {name!r} on {self.page.url}:\n{self.text()}") from error
        self.page.wait_for_load_state()
        return self.look()

    def fill(self, **answers: str) -> None:
        """Fills in fields by their names."""
        for name, value in answers.items():
            self.page.fill(f"[name={name}]", value)

    def choose(self, **answers: str | list[str]) -> None:
        """Chooses radios and checkboxes by their names and values."""
        for name, values in answers.items():
            for value in [values] if isinstance(values, str) else values:
                self.page.check(f"[name={name}][value='{value}']")

    def become(self, name: str) -> None:
        """Signs in as a demonstration person, second factor included."""
        self.page.goto("/demo/")
        self.press(re.compile(f"^{name}$"))

    def finish(self) -> None:
        """Validates the HTML of every page that was looked at."""
        check_html(self._html)


def letter_to(email: str, about: str, *, seconds: float = 60) -> CaughtMail:
    """The newest mail to somebody whose subject or text holds some words; waits for the worker to send it."""

    def found() -> CaughtMail | None:
        mails = CaughtMail.objects.order_by("-id")
        return next((m for m in mails if email in str(m.to) and about.lower() in f"{m.subject} {m.text}".lower()), None)

    return wait_until(found, seconds=seconds, what=f"a mail to {email} about {about!r}")


def code_in(mail: CaughtMail) -> str:
    """The six-digit code in a mail."""
    match = re.search(r"\b\d{6}\b", mail.text)
    assert match is not None, mail.text
    return match[0]


def eventually(condition: Callable[[], Any], what: str, seconds: float = 90) -> Any:
    """Waits for something that the worker does."""
    return wait_until(condition, seconds=seconds, what=what)
