"""Every template compiles, so a misspelt tag is found here and not by a visitor."""

from pathlib import Path

import pytest
from django.template.loader import get_template

FOLDER = Path(__file__).resolve().parents[2] / "templates"
NAMES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", NAMES)
def test_the_template_compiles(name):
    assert get_template(name).template.nodelist is not None


def test_there_are_templates_to_compile():
    assert len(NAMES) > 20
