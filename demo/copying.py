"""Many rows at once, by COPY: every constraint and trigger of the database still has its say."""

import random
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models


def uuid7(at: Any, rng: random.Random) -> uuid.UUID:
    """A UUIDv7 of a moment (RFC 9562), the same for the same generator: what the database would have made then."""
    value = (int(at.timestamp() * 1000) & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76 | rng.getrandbits(12) << 64 | 0b10 << 62 | rng.getrandbits(62)
    return uuid.UUID(int=value)


def copy_rows(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Adds rows to a model's table; `columns` are column names. Returns how many."""
    names = ", ".join(f'"{column}"' for column in columns)
    number = 0
    with connection.cursor() as cursor, cursor.copy(f'COPY "{model._meta.db_table}" ({names}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row(row)
            number += 1
    return number
