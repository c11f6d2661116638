"""Each page of the journey by keyboard alone, and each of its main forms by keyboard alone and with JavaScript off.

The people, pages and forms are those of the role × URL matrix and of `tests.journeys.forms`, in a real browser."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.db import connection
from playwright.sync_api import Locator, Page

from evaluation.models import Report
from tests import matrix
from tests.journeys.forms import FORMS
from tests.journeys.scene import UNWATCHED, Scene, stands
from tests.journeys.sent import Sent

# the journey in its order: who sends which form; each once, so that none is in the way of another
MAIN = [
    "outreach:new_campaign", "outreach:new_placement", "outreach:start", "outreach:email", "people:sign_in",
    "people:aboard_name", "people:aboard_conduct", "people:edit_profile", "people:equality",
    "accelerator:start", "accelerator:question", "accelerator:invite", "accelerator:send",
    "accelerator:score", "accelerator:assign_review", "accelerator:decide", "accelerator:letter", "accelerator:send_letters",
    "accelerator:ask", "accelerator:send_evidence", "accelerator:read_evidence", "accelerator:check_in",
    "goals:sign_up_for", "goals:own", "goals:assess", "evaluation:request_report",
]  # fmt: skip
LEADS_TO = {"accelerator:send_letters": "accelerator:letters"}  # the form whose answer is the page of this one
PAGES = {
    "anonymous": ["ui:front", "outreach:typed", "outreach:start", "outreach:email", "people:sign_in", "people:sign_in_code",
                  "accelerator:waves", "accelerator:wave", "accelerator:start"],
    "newcomer": ["people:aboard_name", "people:aboard_conduct"],
    "member": ["ui:home", "people:account", "people:edit_profile", "goals:library", "goals:sign_up_for", "goals:own"],
    "outreach_lead": ["outreach:campaigns", "outreach:new_campaign", "outreach:campaign", "outreach:new_placement",
                      "outreach:placement"],
    "party": ["accelerator:application", "accelerator:question", "accelerator:check", "accelerator:sent",
              "accelerator:innovation", "accelerator:roadmap", "accelerator:milestone", "accelerator:send_evidence",
              "accelerator:ask", "accelerator:check_in", "goals:mine", "goals:sign_up", "goals:assess",
              "notifications:inbox", "notifications:message", "timebank:home", "timebank:board", "timebank:statement",
              "timebank:exchange", "timebank:pots", "timebank:pot", "timebank:give"],
    "reviewer": ["accelerator:reviews", "accelerator:score"],
    "portfolio_manager": ["accelerator:selection", "accelerator:moderation", "accelerator:candidate",
                          "accelerator:letter", "accelerator:letters", "accelerator:read_evidence",
                          "accelerator:cohort", "goals:stuck"],
    "evaluator": ["evaluation:reports", "evaluation:report"],
}  # fmt: skip
BY_FORM = {form.url: form for form in FORMS}


@pytest.fixture
def committed(live) -> Scene:
    """The matrix's people and world, in the database that the live site shows."""
    people = matrix.make_people()
    world = matrix.make_world(people)
    Report.objects.filter(pk=world["waiting_report_id"]).update(state="cancelled")  # so that another can be asked for
    clients = {who: matrix.make_client(user) for who, user in people.items()}
    return Scene(world, clients, {address.name: address for address in matrix.addresses()}, people)


def be(page: Page, live: str, scene: Scene, who: str) -> None:
    """Becomes one of the people in this browser; nobody, for "anonymous"."""
    page.context.clear_cookies()
    cookie = scene.clients[who].cookies.get("sessionid")
    if cookie is not None:
        page.context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live}])


# --- forms ---


def form_on(page: Page, scene: Scene, form: Sent, good: Mapping[str, Any]) -> Locator:
    """The form on the page that is open: by where it posts to, else by what it asks."""
    named = page.locator(f"form[action='{scene.path(form.url)}']")
    if named.count():
        return named.first
    asks = next((name for name in good if name not in ("ticket", "key", "version", "page")), None)
    forms = page.locator("main form")
    return (forms.filter(has=page.locator(f"[name='{asks}']")) if asks else forms).first


def fill_in(fields: Locator, good: Mapping[str, Any]) -> None:
    """Fills in a form as a hand on a mouse does."""
    folded = fields.page.locator("details:not([open])").and_(fields.page.locator(FOLDED)).locator("> summary")
    while folded.count():
        folded.first.click()
    for name, value in good.items():
        field = fields.locator(f"[name='{name}']")
        kind = field.first.get_attribute("type") or field.first.evaluate("node => node.localName")
        if kind == "hidden":
            continue
        if kind in ("radio", "checkbox"):
            for one in value if isinstance(value, list) else [value]:
                field.and_(fields.page.locator(f"[value='{one}']")).check()
        elif kind == "select":
            field.select_option(value)
        else:
            field.fill(value)


def type_in(fields: Locator, good: Mapping[str, Any]) -> None:
    """Fills in a form and sends it by the keyboard alone: Tab to each field in turn, then to its button, then Enter."""
    page, left = fields.page, set(good)
    page.evaluate("document.activeElement.blur()")
    for _press in range(200):
        page.keyboard.press("Tab")
        here = page.evaluate(HERE)
        if here["folded"]:
            page.keyboard.press("Enter")
        if not here["within"]:
            continue
        name, value = here["name"], good.get(here["name"])
        if here["kind"] == "submit":
            with page.expect_navigation():
                page.keyboard.press("Enter")
            return
        if here["kind"] == "radio" and name in left:
            for _choice in range(30):
                page.keyboard.press("Space")
                if page.evaluate(HERE)["value"] == value:
                    break
                page.keyboard.press("ArrowDown")
        elif here["kind"] == "checkbox" and here["value"] in (value if isinstance(value, list) else [value]):
            if not here["checked"]:
                page.keyboard.press("Space")
        elif here["kind"] == "select-one" and name in left:
            page.keyboard.press("Home")
            for _choice in range(60):
                if page.evaluate(HERE)["value"] == value:
                    break
                page.keyboard.press("ArrowDown")
        elif here["kind"] in ("text", "textarea", "email") and name in left:
            page.keyboard.press("Control+A")
            page.keyboard.insert_text(value)
        left.discard(name)
    raise AssertionError(f"The keyboard does not reach the button of {page.url}; {sorted(left)} not filled in.")


FOLDED = "details:has([data-this-form]), [data-this-form] details"
HERE = """() => {
    const node = document.activeElement
    return {name: node.name || "", kind: node.type || node.localName, value: node.value, checked: node.checked,
            folded: node.matches("summary") && node.parentElement.matches("details:not([open])") &&
                node.parentElement.matches("details:has([data-this-form]), [data-this-form] details"),
            within: Boolean(node.closest("[data-this-form]"))}
}"""


def by_mouse(fields: Locator, good: Mapping[str, Any]) -> None:
    fill_in(fields, good)
    with fields.page.expect_navigation():
        fields.locator("button").first.click()


@pytest.mark.parametrize(("javascript", "send"), [(False, by_mouse), (True, type_in)], ids=["no script", "keyboard"])
def test_each_main_form_is_sent_and_leads_on(live, committed, browse, javascript, send: Callable):
    page = browse(base_url=live, javascript=javascript)
    watched = set(connection.introspection.table_names()) - UNWATCHED
    for url in MAIN:
        form = BY_FORM[url]
        good = form.data(committed.world)
        be(page, live, committed, form.who)
        first = BY_FORM.get(LEADS_TO.get(url, ""))
        opened = page.goto(committed.path((first or form).page or (first or form).url))
        assert opened is not None and opened.status == 200, url
        if first is not None:
            send(this_form(page, committed, first), first.data(committed.world))
        before, address = stands(watched), page.url
        send(this_form(page, committed, form), good)
        heading = page.locator("h1").inner_text()
        assert not page.title().startswith("Error"), f"{url}: {page.inner_text('main')}"
        assert stands(watched) != before, f"{url} did nothing: {heading} ({address} → {page.url})"
        assert page.url != address or page.locator("[role=alert], [role=status], .oda-message").count(), url


def this_form(page: Page, scene: Scene, form: Sent) -> Locator:
    """The form on the page that is open, marked for the keyboard's walk."""
    fields = form_on(page, scene, form, form.data(scene.world))
    fields.evaluate("form => form.setAttribute('data-this-form', '')")
    return fields


# --- pages ---

FOCUS_ORDER = """() => {
    const able = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]"
    const groups = new Set()
    window.expected = [...document.querySelectorAll(able)].filter(node => {
        if (node.disabled || node.tabIndex < 0 || node.closest("[inert]") || !node.checkVisibility()) return false
        if (node.type !== "radio") return true
        const group = [...document.querySelectorAll(`input[type=radio][name="${node.name}"]`)].filter(one => one.form === node.form)
        const chosen = group.find(one => one.checked)
        return chosen ? chosen === node : group[0] === node
    })
    const seen = node => {
        const styles = [getComputedStyle(node), getComputedStyle(node, "::before")]
        for (const label of node.labels || []) styles.push(getComputedStyle(label, "::before"), getComputedStyle(label))
        if (node.firstElementChild) styles.push(getComputedStyle(node.firstElementChild))
        return styles.some(style => style.boxShadow !== "none" ||
            (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0))
    }
    window.passed = []
    window.unseen = []
    document.addEventListener("focusin", event => {
        window.passed.push(window.expected.indexOf(event.target))
        const box = event.target.getBoundingClientRect()
        if (!seen(event.target) || !box.width) window.unseen.push(event.target.outerHTML.slice(0, 160))
    })
    return window.expected.map(node => (node.name || node.innerText || node.id || node.localName).trim().slice(0, 60))
}"""


def test_each_page_of_the_journey_is_walked_by_the_tab_key(live, committed, browse):
    page, wrong = browse(base_url=live), []
    for who, urls in PAGES.items():
        be(page, live, committed, who)
        for url in urls:
            opened = page.goto(committed.path(url))
            assert opened is not None and opened.status == 200, url
            names = page.evaluate(FOCUS_ORDER)
            for _name in range(len(names)):
                page.keyboard.press("Tab")
            passed, unseen = page.evaluate("[window.passed, window.unseen]")
            assert len(names) > 3, url
            missed = [names[index] for index in range(len(names)) if index not in passed]
            if passed != list(range(len(names))):
                wrong.append(f"{url}: {passed} of {len(names)}; never reached: {missed}")
            if unseen:
                wrong.append(f"{url}: no visible focus on {unseen}")
            if "Skip to main content" not in names[:1] and url not in BARE:
                wrong.append(f"{url}: begins with {names[:1]}, not with the skip link")
    assert not wrong, "\n".join(wrong)


BARE = {"outreach:start"}  # the door: a page of a few lines with nothing to skip
