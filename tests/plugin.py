"""Starts the tests' own servers before Django reads its settings: PostgreSQL with fsync off and, where there is room, in
memory; and Valkey; on free ports.

Loaded by `addopts = -p tests.plugin` (a conftest would be too late). Under pytest-xdist only the controller starts
servers; its workers find them in the environment. Where DATABASE_URL or REDIS_URL are set, those servers are used.
"""

import gc
import os
import re
import secrets
import shutil
import tempfile
from pathlib import Path

import pytest

os.environ["ODHA_MODE"] = "test"
_STARTED: list = []
_HOMES: list[Path] = []
MEMORY = Path("/dev/shm")
ROOM = 2 * 1024**3  # bytes; a whole run with two workers takes 0.3 GB


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config, parser, args) -> None:
    """Makes the test home and starts whichever server the environment does not name."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker:
        # Each worker has a Valkey database of its own, so that one's queue and cache are not another's.
        number = int(worker.removeprefix("gw")) % 15 + 1
        os.environ["REDIS_URL"] = os.environ["REDIS_URL"].rsplit("/", 1)[0] + f"/{number}"
        return
    if {"--help", "-h", "--version", "--collect-only", "--co"} & set(args):
        return
    from config.stack.servers import Postgres, Valkey

    home = Path(tempfile.mkdtemp(prefix="odha-test-"))
    _HOMES.append(home)
    os.environ["DATA_DIR"] = str(home)
    if "DATABASE_URL" not in os.environ:
        postgres = Postgres(home, fsync=False, folder=_folder_in_memory())
        _STARTED.append(postgres)
        postgres.start()
        os.environ["DATABASE_URL"] = postgres.url()
    if "REDIS_URL" not in os.environ:
        valkey = Valkey(home)
        _STARTED.append(valkey)
        valkey.start()
        os.environ["REDIS_URL"] = valkey.url()


def _folder_in_memory() -> Path | None:
    """Where the databases lie in memory; None where there is no room. Each test that commits gets a database of its own,
    700 files, for which a disk takes up to a second. What a killed run left there is removed first."""
    try:
        for left in MEMORY.glob("odha-*-*"):
            if not Path("/proc", left.name.split("-")[1]).exists():
                shutil.rmtree(left, ignore_errors=True)
        available = re.search(r"MemAvailable: +(\d+) kB", Path("/proc/meminfo").read_text())
        room = min(shutil.disk_usage(MEMORY).free, int(available[1]) * 1024 if available else 0)
    except OSError:
        return None
    return MEMORY / f"odha-{os.getpid()}-{secrets.token_hex(6)}" if room >= ROOM else None


def pytest_unconfigure() -> None:
    """Stops what was started and removes its files."""
    while _STARTED:
        server = _STARTED.pop()
        server.stop()
        server.delete()
    while _HOMES:
        shutil.rmtree(_HOMES.pop(), ignore_errors=True)


def pytest_collection_finish() -> None:
    """What is there by now stays until the end, so the garbage collector need not walk through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
