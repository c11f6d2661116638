"""One migrated template database a session, and one with the demonstration in it; every other test database is a copy of
one of them (CREATE DATABASE … TEMPLATE, whose files are copied: through the write-ahead log it takes twice as long)."""

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO

import psycopg
from django.core.management import call_command
from django.db import connections

TEMPLATE = "odha_template_" + os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
DEMONSTRATION = TEMPLATE + "_demo"
TEMPLATE_LOCK = 7_202_211  # any number; only the tests take this advisory lock


@dataclass(frozen=True)
class Database:
    """A database that Django's default connection points at; `url` is for other processes."""

    name: str
    url: str


def url_of(name: str) -> str:
    """The address of another database on the tests' server."""
    return os.environ["DATABASE_URL"].rsplit("/", 1)[0] + "/" + name


def _admin() -> psycopg.Connection:
    return psycopg.connect(url_of("postgres"), autocommit=True)


def point_at(name: str) -> None:
    """Points Django's default connection, in every thread, at the database of this name."""
    connections["default"].close()
    connections.settings["default"]["NAME"] = name


def ensure_template() -> None:
    """Makes the template once, whichever worker is first; the others wait for it."""
    _ensure(TEMPLATE, "", lambda: call_command("migrate", verbosity=0, interactive=False))


def ensure_demonstration() -> None:
    """Makes the template that has the demonstration data in it (150 people, 500 exchanges, no report), once a session."""
    ensure_template()
    _ensure(
        DEMONSTRATION, f'TEMPLATE "{TEMPLATE}"', lambda: call_command("seed_demo", no_report=True, stdout=StringIO())
    )


def _ensure(name: str, copied: str, fill: Callable[[], object]) -> None:
    """Makes and fills a database under another name, so that nobody ever copies one that is half filled."""
    with _admin() as admin:
        admin.execute("SELECT pg_advisory_lock(%s)", [TEMPLATE_LOCK])
        if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return
        unfinished = name + "_unfinished"
        admin.execute(f'DROP DATABASE IF EXISTS "{unfinished}"')
        admin.execute(f'CREATE DATABASE "{unfinished}" {copied}')
        before = connections.settings["default"]["NAME"]
        point_at(unfinished)
        try:
            fill()
        finally:
            point_at(before)
        admin.execute(f'ALTER DATABASE "{unfinished}" RENAME TO "{name}"')


def drop_template() -> None:
    """Removes the templates; harmless where another worker did, or still copies them."""
    with _admin() as admin:
        for name in (DEMONSTRATION, TEMPLATE):
            admin.execute(f'DROP DATABASE IF EXISTS "{name}"')


@contextmanager
def clone(prefix: str, template: str = TEMPLATE) -> Iterator[Database]:
    """A copy of a template that Django uses inside the block, dropped after it, whoever is still connected."""
    name = f"{prefix}_{uuid.uuid4().hex[:12]}"
    before = connections.settings["default"]["NAME"]
    with _admin() as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    point_at(name)
    try:
        yield Database(name, url_of(name))
    finally:
        point_at(before)
        with _admin() as admin:
            admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
