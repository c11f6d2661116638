"""A real Chromium and what every page must pass in it: axe, valid HTML, no console error, reflow at 320 px."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from pathlib import Path
from weakref import WeakKeyDictionary, WeakSet

from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

_problems: WeakKeyDictionary[Page, list[str]] = WeakKeyDictionary()
_scripted: WeakSet[BrowserContext] = WeakSet()


def _then_read_the_page(act: Callable) -> Callable:
    """Playwright waits until the page that a click opens has begun to arrive. Here it waits until it is all there:
    on a busy machine a test that counts headings straight after a click would count half a page."""

    @wraps(act)
    def acted(locator: Locator, *args, **options):
        done = act(locator, *args, **options)
        if not locator.page.is_closed():
            locator.page.locator("form[data-keeping]").wait_for(state="detached")  # what was typed is kept, then sent
            locator.page.wait_for_load_state()
        return done

    return acted


Locator.click = _then_read_the_page(Locator.click)  # type: ignore[method-assign]  # for every test, not for those we remember
Locator.press = _then_read_the_page(Locator.press)  # type: ignore[method-assign]


def chromium_path() -> str | None:
    """The machine's headless shell, Chromium or Chrome (CHROMIUM names another); None lets Playwright use its own download.
    The shell is Chromium without windows: of 0.8 s of CPU that each new context takes elsewhere it leaves 0.1."""
    if os.environ.get("CHROMIUM"):
        return os.environ["CHROMIUM"]
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next(filter(None, map(shutil.which, names)), None)


@contextmanager
def launch() -> Iterator[Browser]:
    """A headless Chromium that asks nobody outside this machine for anything."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        yield browser
        browser.close()


def open_page(browser: Browser, *, phone: bool = False, javascript: bool = True, **options) -> Page:
    """A page in a context of its own: a 360 px phone or a 1280 px desktop. Console problems are kept from the start."""
    shape = (
        {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
        if phone
        else {"viewport": {"width": 1280, "height": 900}}
    )
    context = browser.new_context(java_script_enabled=javascript, locale="en-GB", **shape, **options)
    context.set_default_timeout(30_000)  # two cores may be busy with other tests
    if javascript:
        _scripted.add(context)
    page = context.new_page()
    problems = _problems.setdefault(page, [])
    refused: set[str] = set()  # pages answered 4xx on purpose; the browser logs them as failed resources

    def answered(response) -> None:
        asked = response.request
        if (asked.is_navigation_request() or "x-autosave" in asked.headers) and 400 <= response.status < 500:
            refused.add(response.url)

    def said(message) -> None:
        if message.type not in {"error", "warning"}:
            return
        if message.text.startswith("Failed to load resource") and message.location.get("url") in refused:
            return
        problems.append(f"{message.type}: {message.text} ({message.location.get('url')})")

    page.on("response", answered)
    page.on("console", said)
    page.on("pageerror", lambda error: problems.append(f"exception: {error}"))
    return page


def no_console_errors(page: Page) -> None:
    """Fails where the page logged an error or warning (broken CSP rules are among them) since it was opened."""
    assert not _problems[page], "\n".join(_problems[page])


def check_axe(page: Page, *, exclude: tuple[str, ...] = ()) -> None:
    """Fails on any WCAG 2.2 AA violation that axe finds. `exclude` holds CSS selectors, each with a reason at the call."""
    assert page.context in _scripted, "axe needs a page with JavaScript; open this one with javascript=True."
    if not page.evaluate("'axe' in window"):  # through the debugger, which the page's CSP does not bind
        source = (ROOT / "node_modules/axe-core/axe.min.js").read_text()
        page.evaluate(source + "; 0")
        page.add_init_script(source)  # for the documents to come: to send it takes almost as long as axe
    result = page.evaluate(
        "([tags, exclude]) => axe.run({exclude: exclude.map(s => [s])}, {runOnly: tags, resultTypes: ['violations']})",
        [WCAG, list(exclude)],
    )
    found = [
        f"{violation['id']}: {violation['help']}\n"
        + "\n".join(f"    {node['html'][:200]}\n      {node.get('failureSummary', '')}" for node in violation["nodes"])
        for violation in result["violations"]
    ]
    assert not found, f"axe on {page.url}:\n" + "\n".join(found)


def check_reflow(page: Page, width: int = 320) -> None:
    """Fails where the page must be scrolled sideways at this width (WCAG 1.4.10: 320 CSS px, which is 400 % zoom)."""
    before = page.viewport_size
    page.set_viewport_size({"width": width, "height": 700})
    widest = page.evaluate("document.documentElement.scrollWidth")
    page.set_viewport_size(before)
    assert widest <= width, f"{page.url} is {widest} px wide in a window of {width} px."


def check_title_and_heading(page: Page) -> None:
    """Fails unless the page has exactly one h1, a title that ends with the site's name, and a language."""
    said = page.evaluate(
        "({h1: document.querySelectorAll('h1').length, title: document.title, lang: document.documentElement.lang})"
    )
    assert said["h1"] == 1, f"{page.url} has {said['h1']} h1 elements."
    assert said["title"].endswith(" – Open Digital Health Accelerator"), said["title"]
    assert said["lang"], f"{page.url} says no language."


def check_page(page: Page) -> None:
    """Everything at once, for the page as it stands now, HTML excepted (collect `page.content()` for `check_html`)."""
    page.wait_for_load_state()
    check_title_and_heading(page)
    check_axe(page)
    check_reflow(page)
    no_console_errors(page)


@cache
def _validator() -> subprocess.Popen:
    """html-validate, which ends when this process does and its input with it."""
    return subprocess.Popen(
        ["node", ROOT / "tests/html_validate.mjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )


def check_html(pages: str | list[str] | dict[str, str]) -> None:
    """Fails where html-validate (standard preset) finds an error. Give the server's own HTML, not the browser's DOM.

    Give a list, or a dict of name -> HTML to see the name in the message.
    """
    if isinstance(pages, str):
        pages = [pages]
    named = pages if isinstance(pages, dict) else {f"page {number}": html for number, html in enumerate(pages, 1)}
    validator = _validator()
    assert validator.stdin is not None
    assert validator.stdout is not None
    validator.stdin.write(json.dumps(list(named.items())) + "\n")
    validator.stdin.flush()
    answer = validator.stdout.readline()
    assert answer, "html-validate ended; what it said stands above."
    found = json.loads(answer)
    assert not found, "\n".join(found)
