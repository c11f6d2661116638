"""Bad input on every form of the journey gets a clear message with 4xx; nothing is lost, nothing is moved.

Each form of `tests.journeys.forms` is opened by the person whose it is; what its fields are is read from the page. Then
it is sent with one thing wrong at a time: missing, far too long, of another type, with a choice that is not there."""

import copy
import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http import HTTPStatus
from typing import Any

import pytest
from django.core.cache import cache

from people.models import Skill
from tests.journeys.forms import FORMS, NOT_HERE
from tests.journeys.scene import ROWS, Scene, tried_out
from tests.journeys.sent import Sent

WORDS = ("text", "textarea", "email")  # the kinds of fields that people type into
LONG = "far too long " * 10_000
BY_FORM = {form.url: form for form in FORMS}


# --- what stands on a page ---


@dataclass
class Control:
    """A field of a form, as the browser sees it."""

    name: str
    kind: str
    attributes: Mapping[str, str | None]
    values: list[str] = field(default_factory=list)


class _Page(HTMLParser):
    """The forms of a page: action → fields by name. Ids, and the links of the error summary, beside them."""

    def __init__(self, text: str):
        super().__init__(convert_charrefs=True)
        self.forms: list[tuple[str, dict[str, Control]]] = []
        self.ids: set[str] = set()
        self.summary_links: list[str] = []
        self.headings: list[str] = []
        self._open: dict[str, Control] | None = None
        self._select: Control | None = None
        self._depth = 0  # within the error summary
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        classes = (given.get("class") or "").split()
        if given.get("id"):
            self.ids.add(given["id"])
        if tag == "h1":
            self.headings.append("")
        if tag == "div":
            self._depth += bool(self._depth or "nhsuk-error-summary" in classes or given.get("role") == "alert")
        if tag == "a" and self._depth:
            self.summary_links.append(given.get("href") or "")
        if tag == "form":
            self._open = {}
            self.forms.append((given.get("action") or "", self._open))
        if self._open is None:
            return
        name = given.get("name")
        if tag == "option" and self._select is not None:
            self._select.values.append(given.get("value") or "")
        if tag in ("input", "textarea", "select", "button") and name:
            kind = (given.get("type") or "text") if tag == "input" else tag
            control = self._open.setdefault(name, Control(name, kind, given))
            control.values.append(given.get("value") or "")
            self._select = control if tag == "select" else None

    def handle_endtag(self, tag):
        if tag == "form":
            self._open = None
        if tag == "div" and self._depth:
            self._depth -= 1

    def form_for(self, path: str) -> dict[str, Control] | None:
        """The form that posts to `path`, where it stands on this page."""
        return next((fields for action, fields in self.forms if action.split("?")[0] == path), None)

    def own_form(self, good: Mapping[str, Any]) -> dict[str, Control] | None:
        """The form that posts to the page itself: the one that asks most of what a careful person sends."""
        own = [fields for action, fields in self.forms if action.split("?")[0] in ("", ".")]
        return max(own, key=lambda fields: len(set(good) & set(fields)), default=None)


# --- what is wrong with each ---


CHOICES = ("radio", "checkbox", "select", "button")
IDENTIFIER = re.compile(r"\d+|[0-9a-f]{8}-[0-9a-f-]{27}")
BOX = re.compile(r"-(day|month|year)$")  # of a date; what its three do is the same, so each is spoilt in one way


def spoilt(
    form: Sent, good: Mapping[str, Any], controls: Mapping[str, Control]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """What was done to it, and what is then sent: one thing wrong at a time."""
    for name in form.needs:
        boxes = [key for key in good if key == name or key in (f"{name}-day", f"{name}-month", f"{name}-year")]
        yield f"{name} missing", {key: value for key, value in good.items() if key not in boxes}
        kind = getattr(controls.get(name), "kind", "")
        if not isinstance(good[boxes[0]], list) and kind != "checkbox":
            yield f"{name} empty", {**good, **dict.fromkeys(boxes, "")}
            if kind not in CHOICES:
                yield f"{name} nothing but spaces", {**good, **dict.fromkeys(boxes, "   ")}
    for name, control in controls.items():
        if name in form.spare or name == "csrfmiddlewaretoken" or control.kind in ("file", "submit"):
            continue
        box = BOX.search(name)
        if control.kind in CHOICES and (len(control.values) > 1 or control.kind == "select"):
            yield f"{name} not a choice", {**good, name: "made-up"}
            if any(IDENTIFIER.fullmatch(value) for value in control.values):
                yield f"{name} an id that nothing has", {**good, name: "0199e3a8-0000-7000-8000-000000000001"}
        elif box:
            yield f"{name} {box[1]} spoilt", {**good, name: {"day": "32", "month": "three", "year": "20\x0025"}[box[1]]}
        elif control.kind in ("text", "textarea", "email", "number", "hidden"):
            yield f"{name} far too long", {**good, name: LONG}
            yield f"{name} with a NUL", {**good, name: "a\x00b"}
            if control.attributes.get("inputmode") in ("numeric", "decimal"):
                yield f"{name} words for a number", {**good, name: "three"}
    for what, otherwise in form.bad.items():
        yield what, {**good, **otherwise}


# --- the tests ---


def one_try(scene: Scene, form: Sent, data: Mapping[str, Any]) -> tuple[Any, set[str]]:
    """The answer to one post and the tables that it changed, undone at once."""
    cookies = copy.deepcopy(scene.clients[form.who].cookies)
    answer, moved = tried_out(lambda: scene.post(form, data))
    scene.clients[form.who].cookies = cookies
    cache.clear()  # rate limits
    return answer, set(moved)


def controls_of(scene: Scene, form: Sent, good: Mapping[str, Any]) -> dict[str, Control]:
    """The fields of the form as they stand on its page; none where the page does not show it now."""
    answer = scene.clients[form.who].get(scene.page_of(form))
    page = _Page(answer.content.decode())
    found = page.form_for(scene.path(form.url))
    return (found if found is not None or form.page else page.own_form(good)) or {}


def test_every_form_is_in_the_list():
    posts = {url for url, row in ROWS.items() if row.POST != 405}
    listed = set(BY_FORM) | set(NOT_HERE)
    assert not posts - listed, f"Add these to tests/journeys/forms/: {sorted(posts - listed)}"
    assert not listed - posts, f"These are forms no more: {sorted(listed - posts)}"
    assert len(FORMS) == len(BY_FORM)


def test_nothing_is_written_unseen(tried):
    someone, stood = tried.people["member"], Skill.objects.count()
    for write, table in (
        (lambda: Skill.objects.create(name="Knitting", slug="knitting", kind="other"), "people_skill"),
        (lambda: type(someone).objects.filter(pk=someone.pk).update(name="Somebody else"), "people_user"),
        (lambda: Skill.objects.exclude(parent=None).order_by("pk").first().delete(), "people_skill"),
    ):
        _, moved = tried_out(write)
        assert table in moved
    assert tried_out(lambda: type(someone).objects.filter(pk=someone.pk).update(name=someone.name))[1] == {}
    assert tried_out(Skill.objects.count) == (stood, {})


@pytest.mark.parametrize("url", BY_FORM)
def test_a_careful_person_gets_on(tried, url):
    """Without this the rest would prove nothing: what is spoilt below is good as it stands."""
    form = BY_FORM[url]
    good = tried.good(form)
    answer, came = tried_out(lambda: tried.post(form, good))
    assert answer.status_code == form.done, answer.content.decode()[:3000]
    assert bool(came) != bool(form.idle), f"{sorted(came)} changed: {answer.headers.get('Location', '')}"


@pytest.mark.parametrize("url", BY_FORM)
def test_bad_input_is_told_and_changes_nothing(tried, url):
    form = BY_FORM[url]
    good = tried.good(form)
    controls = controls_of(tried, form, good)
    wrong = [f"{name} is not on the page" for name in set(good) - set(controls) - set(form.spare)] if controls else []
    for what, data in spoilt(form, good, controls):
        answer, moved = one_try(tried, form, data)
        wrong += [f"{what}: {problem}" for problem in problems(form, what, data, answer, moved, controls)]
    assert not wrong, "\n".join(wrong)


def problems(
    form: Sent, what: str, data: Mapping[str, Any], answer: Any, moved: set[str], controls: Mapping[str, Control]
) -> Iterator[str]:
    """What is wrong with how bad input was answered."""
    if not 400 <= answer.status_code < 500:
        yield f"{answer.status_code} {answer.headers.get('Location', '')}"
        return
    if moved - set(form.keeps):
        yield f"changed {sorted(moved - set(form.keeps))}"
    text = answer.content.decode()
    if form.url == "accelerator:autosave":  # one line of the page
        return
    if answer.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:  # refused unread: a plain page
        if "too large" not in text and "too long" not in text:
            yield "no word of what is wrong"
        return
    page = _Page(text)
    hidden = getattr(controls.get(what.split()[0]), "kind", "") == "hidden"
    button = form.page and not any(control.kind in WORDS for control in controls.values())
    if "There is a problem" not in text and not (button and len(page.headings) == 1):
        yield "no summary of what is wrong"
    for link in page.summary_links:
        if link.startswith("#") and link[1:] not in page.ids:
            yield f"the summary leads to {link}, which is not there"
    if answer.status_code == 422 and not page.summary_links and not hidden and not button:
        yield "the summary leads nowhere"
    words = {name for name, control in controls.items() if control.kind in WORDS}
    lost = [name for name in words & set(data) if "\x00" not in data[name] and not shown(data[name], text)]
    if answer.status_code == 422 and lost:
        yield f"{lost} lost"


def shown(value: str, text: str) -> bool:
    """Whether what was typed stands on the page."""
    return html.escape(value.strip()) in text or html.escape(value.strip()).replace("&#x27;", "&#39;") in text


@pytest.mark.parametrize("url", BY_FORM)
def test_a_second_click_changes_nothing_more(tried, url):
    form = BY_FORM[url]
    if form.again:
        return
    good = tried.good(form)
    assert tried.post(form, good).status_code == form.done
    answer, other = tried_out(lambda: tried.post(form, good))
    assert answer.status_code < 500
    more = {name for name, (once, twice) in other.items() if once[0] != twice[0]}
    assert not more, f"{sorted(more)} have more rows; {answer.status_code}"
    assert not set(other) - set(form.saves), f"{sorted(other)} changed; {answer.status_code}"
