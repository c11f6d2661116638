"""docs/security.md names tests, so they are there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_test_that_the_page_on_security_names_is_there():
    named = re.findall(r"`(tests/[\w/.]+)`", (ROOT / "docs/security.md").read_text())
    missing = sorted({path for path in named if not (ROOT / path).exists()})
    assert len(named) > 50 and not missing, missing


def test_every_chapter_of_asvs_has_its_row():
    page = (ROOT / "docs/security.md").read_text()
    assert [int(number) for number in re.findall(r"^\| V(\d+) ", page, re.MULTILINE)] == list(range(1, 18))
