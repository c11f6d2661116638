"""One migrated template database a session; every other test database is a copy of it (CREATE DATABASE … TEMPLATE)."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from django.core.management import call_command
from django.db import connections

TEMPLATE = "odha_template_" + os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
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
    with _admin() as admin:
        admin.execute("SELECT pg_advisory_lock(%s)", [TEMPLATE_LOCK])
        if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE]).fetchone():
            return
        unfinished = TEMPLATE + "_unfinished"
        admin.execute(f'DROP DATABASE IF EXISTS "{unfinished}"')
        admin.execute(f'CREATE DATABASE "{unfinished}"')
        point_at(unfinished)
        try:
            call_command("migrate", verbosity=0, interactive=False)
        finally:
            connections["default"].close()
        admin.execute(f'ALTER DATABASE "{unfinished}" RENAME TO "{TEMPLATE}"')


def drop_template() -> None:
    """Removes the template; harmless where another worker did, or still copies it."""
    with _admin() as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{TEMPLATE}"')


@contextmanager
def clone(prefix: str) -> Iterator[Database]:
    """A copy of the template that Django uses inside the block, dropped after it, whoever is still connected."""
    name = f"{prefix}_{uuid.uuid4().hex[:12]}"
    before = connections.settings["default"]["NAME"]
    with _admin() as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}"')
    point_at(name)
    try:
        yield Database(name, url_of(name))
    finally:
        point_at(before)
        with _admin() as admin:
            admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
