"""Into the image goes what the site needs and nothing else: computed from the Dockerfile and .dockerignore as the builder does."""

import re
from pathlib import Path, PurePosixPath

import pytest
from django.apps import apps
from docker.utils import exclude_paths

ROOT = Path(__file__).resolve().parents[2]
PATTERNS = [
    line
    for line in (ROOT / ".dockerignore").read_text().splitlines()
    if line.strip() and not line.lstrip().startswith("#")
]
COPIED = [
    PurePosixPath(source)
    for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    for source in sources.split()
]
PLANTED = [
    ".env",
    ".env.production",
    ".git/config",
    ".git/HEAD",
    ".local/secrets.json",
    ".local/media/receipt.pdf",
    "media/receipt.pdf",
    "tests/people/factories.py",
    "bench/run.py",
    "demo/people.py",
    "docs/privacy.md",
    "docker/example.env",
    "node_modules/left-pad/index.js",
    "dump.sql",
    "secrets.json",
    # and inside of folders that are copied
    "config/.env",
    "config/stack/.env.local",
    "people/.git/config",
    "people/__pycache__/rules.cpython-313.pyc",
    "templates/.env",
    "static/build/site.css",
    "ui/assets/scss/.env",
]


def in_the_image(root):
    """The files under `root` that a COPY line takes out of what the builder is sent."""
    sent = {PurePosixPath(path) for path in exclude_paths(str(root), PATTERNS) if (root / path).is_file()}
    return sent, {str(path) for path in sent if any(source in {path, *path.parents} for source in COPIED)}


def test_nothing_that_lies_beside_the_site_is_sent_to_the_builder(tmp_path):
    wanted = ["manage.py", "config/settings.py", "people/rules.py", "templates/ui/front.html", "requirements/base.txt"]
    for name in [*PLANTED, *wanted]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("planted")

    sent, copied = in_the_image(tmp_path)

    assert copied == set(wanted)
    assert not {str(path) for path in sent} & set(PLANTED)


def test_no_copy_takes_everything():
    assert COPIED and all(str(source) not in {".", "/", "*"} for source in COPIED)


def test_everything_that_production_imports_is_copied():
    _sent, copied = in_the_image(ROOT)
    ours = [Path(app.path) for app in apps.get_app_configs() if Path(app.path).is_relative_to(ROOT)]
    ours = [folder for folder in ours if ".local" not in folder.parts and folder.name != "demo"]
    assert len(ours) > 7

    for folder in [*ours, ROOT / "config", ROOT / "templates"]:
        files = {str(path.relative_to(ROOT)) for path in folder.rglob("*.py")} | {
            str(path.relative_to(ROOT)) for path in folder.rglob("*.html")
        }
        assert files <= copied, folder.name
    assert {"manage.py", "requirements/base.txt", "package-lock.json", ".npmrc"} <= copied


@pytest.mark.parametrize("name", [".env", ".env.production", ".env.bak"])
def test_git_keeps_no_secrets(name):
    import subprocess

    ignored = subprocess.run(["git", "check-ignore", "-q", "--no-index", name], cwd=ROOT, check=False)
    kept = subprocess.run(["git", "check-ignore", "-q", "--no-index", "docker/example.env"], cwd=ROOT, check=False)
    assert (ignored.returncode, kept.returncode) == (0, 1)
