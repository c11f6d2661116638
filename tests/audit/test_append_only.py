"""The log can be added to, and nothing else."""

import pytest
from django.db import DatabaseError, connection, transaction

from audit.actions import record
from audit.models import Event

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "sql",
    ["UPDATE audit_event SET verb = 'x'", "DELETE FROM audit_event", "TRUNCATE audit_event"],
)
def test_the_database_refuses_to_change_the_log(sql):
    record(by=None, verb="people.test")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert Event.objects.get().verb == "people.test"


def test_a_row_says_who_and_what_by_id_only(actor):
    made = record(by=actor, verb="people.test", obj=actor, minutes=60)
    assert (made.actor, made.object_type, made.object_id) == (str(actor.pk), "people.user", str(actor.pk))
    assert made.facts == {"minutes": 60}
    assert not any(field.is_relation for field in Event._meta.get_fields())
