"""The keys of the equality table: made in Python, so that the database alone can never join answers to people."""

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection, transaction


def key_of(user_id: Any) -> str:
    """The HMAC-SHA-256, in hex, of a user's id under EQUALITY_KEY. If that key is lost or changed, no answer can be
    found again, by anyone: see docs/privacy.md."""
    return hmac.new(settings.EQUALITY_KEY.encode(), str(user_id).encode(), hashlib.sha256).hexdigest()


@contextmanager
def join_table(user_ids: Iterable[Any], name: str = "equality_join") -> Iterator[str]:
    """For evaluation's aggregates: a temporary table (user_id uuid, key text) of these people, gone at the end of
    the transaction. Yields its name, to be joined with people_equalityanswers on `key`."""
    if not name.isidentifier():
        raise ValueError(f"{name!r} is not a table name")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {name} (user_id uuid PRIMARY KEY, key text NOT NULL) ON COMMIT DROP")
        with cursor.copy(f"COPY {name} (user_id, key) FROM STDIN") as copy:
            for user_id in user_ids:
                copy.write_row((str(user_id), key_of(user_id)))
        cursor.execute(f"ANALYZE {name}")
        try:
            yield name
        finally:
            if not connection.needs_rollback:
                cursor.execute(f"DROP TABLE IF EXISTS {name}")
