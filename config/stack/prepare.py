"""Brings the database, the static files and the demonstration data up to date, in one Django process."""

import hashlib
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def hashed(paths: list[Path]) -> str:
    """A hash of the names and contents of files and of the locked packages, which bring migrations and files too."""
    total = hashlib.sha256((ROOT / "requirements/local.txt").read_bytes())
    for path in sorted(paths):
        if path.is_file():
            total.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return total.hexdigest()


def static_state() -> str:
    """Changes when a file to collect does."""
    return hashed(list((ROOT / "static").rglob("*")))


def state() -> str:
    """Changes when there may be something to prepare: a migration, a file to collect, a wish for demonstration data."""
    return hashed(list(ROOT.glob("*/migrations/*.py"))) + static_state() + os.environ.get("SEED", "1")


def main() -> None:
    """Migrates; collects static files when they changed; seeds an empty database, or finishes a seed that was cut off."""
    import django

    django.setup()
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.core.management import call_command, get_commands

    call_command("migrate", interactive=False, verbosity=0)

    collected = settings.DATA_DIR / "collected"
    files = static_state()
    if not (collected.exists() and collected.read_text() == files and Path(settings.STATIC_ROOT).exists()):
        print("-- Collecting static files", flush=True)
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        collected.write_text(files)

    seeding = settings.DATA_DIR / "seeding"  # there while a seed has begun and not ended
    wanted = os.environ.get("SEED", "1") != "0" and "seed_demo" in get_commands()
    if wanted and (seeding.exists() or not get_user_model().objects.exists()):
        print("-- Making the demonstration waves", flush=True)
        seeding.touch()
        call_command("seed_demo", verbosity=0)
        seeding.unlink()


if __name__ == "__main__":
    main()
