"""Every example that nhsuk-frontend publishes looks the same when drawn by our tag."""

import json
from pathlib import Path

import pytest
from django.template import engines
from django.utils.safestring import mark_safe

from tests.ui.html import normalised

COMPONENTS = Path(__file__).parents[2] / "node_modules/nhsuk-frontend/dist/nhsuk/components"


def fixtures():
    for file in sorted(COMPONENTS.glob("*/fixtures.json")):
        data = json.loads(file.read_text())
        for fixture in data["fixtures"]:
            yield pytest.param(data["component"], fixture, id=f"{data['component']}: {fixture['name']}")


def trusted(value, key=""):
    """The example's options with its markup marked safe, which a template of ours would have to do too."""
    if isinstance(value, dict):
        return {k: trusted(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [trusted(item, key) for item in value]
    is_markup = isinstance(value, str) and (key == "html" or key.endswith("Html") or key == "attributes")
    return mark_safe(value) if is_markup else value


def drawn(component, fixture):
    page = {
        "component": component,
        "params": trusted(fixture["context"]),
        "content": mark_safe(fixture.get("callBlock", "")),
    }
    block = "{% nhsukblock component params %}{{ content }}{% endnhsukblock %}"
    return (
        engines["django"].from_string(block if "callBlock" in fixture else "{% nhsuk component params %}").render(page)
    )


@pytest.mark.parametrize(("component", "fixture"), list(fixtures()))
def test_the_tag_draws_what_the_design_system_publishes(component, fixture):
    assert normalised(drawn(component, fixture)) == normalised(fixture["html"])
