"""Identifiers: UUIDv7 primary keys made by PostgreSQL 18, rows that are written by them, and short codes that people type."""

import secrets
import uuid
from collections.abc import Iterable
from typing import Any

from django.db import connection, models

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LOOK_ALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})


class UUIDv7(models.Func):
    """PostgreSQL 18's `uuidv7()`: unique, and ordered by time."""

    function = "uuidv7"
    arity = 0
    output_field = models.UUIDField()


def uuid_primary_key() -> models.UUIDField:
    """The primary key of every table whose rows are named in a URL."""
    return models.UUIDField(primary_key=True, db_default=UUIDv7(), editable=False)


def new_ids(count: int) -> list[uuid.UUID]:
    """Primary keys for rows that are written many at once: `bulk_create` does not tell which ids it was given."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT uuidv7() FROM generate_series(1, %s)", [count])
        return [pk for (pk,) in cursor.fetchall()]


def link(many: Any, pairs: Iterable[tuple[Any, Any]]) -> None:
    """Writes (one's id, the other's id) of a many-to-many that has none of them yet, each once, in one query."""
    through, one, other = many.through, many.field.m2m_field_name(), many.field.m2m_reverse_field_name()
    through.objects.bulk_create(through(**{f"{one}_id": a, f"{other}_id": b}) for a, b in dict.fromkeys(pairs))


def short_code(length: int = 6) -> str:
    """A random code of `length` characters in Crockford base32, without I, L, O and U."""
    return "".join(secrets.choice(CROCKFORD) for _ in range(length))


def clean_code(typed: str) -> str:
    """What somebody typed, as a code: capitals, no spaces or hyphens, look-alikes put right."""
    return typed.upper().replace(" ", "").replace("-", "").translate(LOOK_ALIKES)
