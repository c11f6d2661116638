"""The tag never lets what a person typed become markup, and templates keep the rules that the strict CSP needs."""

import re
from pathlib import Path

import pytest
from django.template import engines
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from ui import formats, nhsuk

ROOT = Path(__file__).parents[2]
EVIL = "<img src=x onerror=alert(1)>"


def drawn(source, **context):
    return engines["django"].from_string(source).render(context)


@pytest.mark.parametrize("option", ["text", "html"])
def test_what_a_person_typed_is_escaped_even_as_html(option):
    for component in ("tag", "inset-text", "warning-callout", "button"):
        assert "<img" not in drawn("{% nhsuk component " + option + "=evil %}", component=component, evil=EVIL)


def test_nested_data_and_attributes_are_escaped():
    rows = [{"key": {"text": EVIL}, "value": {"html": EVIL}, "actions": {"items": [{"href": f'"{EVIL}', "text": "x"}]}}]
    assert "<img" not in drawn('{% nhsuk "summary-list" rows=rows %}', rows=rows)
    assert "<img" not in drawn('{% nhsuk "button" text="x" attributes__title=evil %}', evil=f'">{EVIL}')
    assert "<img" not in drawn('{% nhsuk "button" text="x" attributes=evil %}', evil=f">{EVIL}")


def test_markup_that_our_code_marked_safe_is_kept():
    assert "<b>yes</b>" in drawn('{% nhsuk "inset-text" html=text %}', text=mark_safe("<b>yes</b>"))


def test_lazy_text_and_options_that_are_none_are_understood():
    html = drawn('{% nhsuk "button" text=text id=none %}', text=gettext_lazy("Save"), none=None)
    assert "Save" in html and "id=" not in html


def test_double_underscores_nest_and_do_not_change_what_the_view_gave():
    label = {"text": "Name"}
    assert nhsuk.nest({"label": label, "label__size": "l"}) == {"label": {"text": "Name", "size": "l"}}
    assert label == {"text": "Name"}


def test_a_block_holds_ordinary_template_code():
    html = drawn('{% nhsukblock "details" summaryText="Why?" %}<p>{{ evil }}</p>{% endnhsukblock %}', evil=EVIL)
    assert "<p>&lt;img" in html and "Why?" in html


def test_the_macro_is_looked_up_once():
    assert nhsuk.macro("button") is nhsuk.macro("button")


def test_numbers_and_dates_have_their_filters():
    assert drawn("{{ m|hours }}", m=90) == "1 h 30" == formats.hours(90)


def templates():
    return [path for path in (ROOT / "templates").rglob("*.html") if path.parts[-2] != "mail"]


def test_no_template_gives_html_from_a_variable():
    """`html=` takes a literal or nothing: content goes in a block. (The tag would escape it, which is not what was meant.)"""
    wrong = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in templates()
        for match in re.finditer(r"(?:\b|_)[hH]tml=(?![\"']|_\()\S+", path.read_text())
        if "{%" in path.read_text()[: match.start()].rsplit("\n", 1)[-1]
    ]
    assert wrong == []


def test_only_the_print_sheet_is_marked_safe_in_a_template():
    allowed = {"templates/ui/pdf.html": 1}  # our own compiled style sheet
    found = {
        str(path.relative_to(ROOT)): count
        for path in templates()
        if (count := len(re.findall(r"\|\s*safe\b|autoescape off", path.read_text())))
    }
    assert {name: count for name, count in found.items() if allowed.get(name) != count} == {}


def test_no_template_has_an_inline_style_or_script():
    pattern = re.compile(
        r"<[^>]*\s(?:style|on[a-z]+)=|<style(?!>\{\{ pdf_css)|<script(?![^>]*(?:src=|nonce=|application/json))|javascript:"
    )
    mails = {"mail_style.html"}  # an e-mail carries its style sheet inside itself; it is no page of the site
    wrong = [
        f"{path.relative_to(ROOT)}: {match[0][:80]}"
        for path in templates()
        if path.name not in mails
        for match in pattern.finditer(path.read_text())
    ]
    assert wrong == []
