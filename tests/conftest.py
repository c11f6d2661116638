"""The tests' own servers: PostgreSQL with fsync off and Valkey, started once a session, on free ports.

Where DATABASE_URL and REDIS_URL are set, they are used instead.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

os.environ["ODHA_MODE"] = "test"


def pytest_configure(config):
    if hasattr(config, "workerinput") or "DATABASE_URL" in os.environ:
        return
    from config.stack.servers import Postgres, Valkey

    home = Path(tempfile.mkdtemp(prefix="odha-test-"))
    config.odha_home, config.odha_servers = home, []
    os.environ["DATA_DIR"] = str(home)
    postgres, valkey = Postgres(home, fsync=False), Valkey(home)
    config.odha_servers = [postgres, valkey]
    for server in config.odha_servers:
        server.start()
    os.environ["DATABASE_URL"] = postgres.url()
    os.environ["REDIS_URL"] = valkey.url()


def pytest_unconfigure(config):
    for server in getattr(config, "odha_servers", []):
        server.stop()
        if hasattr(server, "delete"):
            server.delete()
    if hasattr(config, "odha_home"):
        shutil.rmtree(config.odha_home, ignore_errors=True)


@pytest.fixture
def actor(db):
    """A member who may act."""
    from people.models import User

    return User.objects.create_user("actor@example.org", name="Ada Actor")
