"""The README names commands and variables that exist, all of them, and its first screen has the two commands."""

import re
from pathlib import Path

from tests.stack.test_compose import names_read

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
INTERNAL = {"ODHA_BUILD"}  # set by the Dockerfile while it builds


def test_the_first_screen_has_the_two_commands():
    first_screen = "\n".join(README.splitlines()[:25])

    assert "make run" in first_screen and "make test" in first_screen and "docs/screenshots/home.png" in first_screen


def test_every_make_command_that_is_named_exists():
    targets = set(re.findall(r"^([a-z]+):.*##", MAKEFILE, re.MULTILINE))
    named = set(re.findall(r"`make ([a-z]+)", README))

    assert named <= targets
    assert targets - {"help"} <= named


def test_every_variable_that_the_settings_read_is_explained():
    explained = set(re.findall(r"`([A-Z][A-Z_]+)`", README))

    assert (names_read("environ.get") | names_read("required")) - INTERNAL <= explained


def test_every_file_that_the_documents_name_exists():
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        text = page.read_text()
        named = set(re.findall(r"`((?:[a-z_]+/)+[\w.]+\.\w+)`", text))
        named = {path for path in named if (ROOT / path.split("/")[0]).is_dir()}  # others are said from within a room
        assert not [path for path in named if not ((ROOT / path).exists() or (ROOT / "templates" / path).exists())]
        links = re.findall(r"\]\(([\w/.-]+\.md)\)", text)
        assert not [link for link in links if not (page.parent / link).exists()], page.name
