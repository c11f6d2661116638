"""PostgreSQL and Valkey of a benchmark's own: with fsync on as in production, and gone afterwards."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.stack.servers import Postgres, Valkey


def set_up_django() -> None:
    """Django over the servers that the environment names."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("ODHA_MODE", "test")
    import django

    django.setup()


@contextmanager
def own_servers() -> Iterator[Postgres]:
    """Both servers on free ports, an empty database, and Django over them."""
    with tempfile.TemporaryDirectory(prefix="odha-bench-") as home:
        server, broker = Postgres(Path(home)), Valkey(Path(home))
        try:
            server.start()
            broker.start()
            server.ensure_database()
            os.environ |= {"DATABASE_URL": server.url(), "REDIS_URL": broker.url(), "DATA_DIR": home}
            set_up_django()
            yield server
        finally:
            broker.stop()
            server.stop()
            server.delete()
