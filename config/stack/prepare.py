"""Brings the database, the static files and the demonstration data up to date, in one Django process."""

import hashlib
import os
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parents[2]


def static_state() -> str:
    """A hash that changes when a file to collect, or the locked packages that bring some, change."""
    total = hashlib.sha256((ROOT / "requirements/local.txt").read_bytes())
    for path in sorted((ROOT / "static").rglob("*")):
        if path.is_file():
            total.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return total.hexdigest()


def main() -> None:
    """Migrates; collects static files when they changed; seeds an empty database, or finishes a seed that was cut off."""
    django.setup()
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.core.management import call_command, get_commands

    call_command("migrate", interactive=False, verbosity=0)

    collected = settings.DATA_DIR / "collected"
    state = static_state()
    if not (collected.exists() and collected.read_text() == state and Path(settings.STATIC_ROOT).exists()):
        print("-- Collecting static files", flush=True)
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        collected.write_text(state)

    seeding = settings.DATA_DIR / "seeding"  # there while a seed has begun and not ended
    wanted = os.environ.get("SEED", "1") != "0" and "seed_demo" in get_commands()
    if wanted and (seeding.exists() or not get_user_model().objects.exists()):
        print("-- Making the demonstration waves", flush=True)
        seeding.touch()
        call_command("seed_demo", verbosity=0)
        seeding.unlink()


if __name__ == "__main__":
    main()
