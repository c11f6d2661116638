"""Where the rows of the equality table lie says nothing of when they were written."""

from django.db import connection

from config.celery import app
from people.equality import actions
from people.equality.keys import key_of
from people.equality.models import EqualityAnswers
from people.tasks import shuffle_equality_answers
from tests.people.factories import make_user


def lying(order: str) -> list[str]:
    """The keys as they lie in the table: by place (`ctid`), or by the transaction that wrote them (`xmin`)."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT key FROM people_equalityanswers ORDER BY {order}")
        return [key for (key,) in cursor.fetchall()]


def writers() -> int:
    """How many transactions have written the rows that are there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT xmin::text) FROM people_equalityanswers")
        return cursor.fetchone()[0]


def test_the_order_of_writing_is_gone_after_the_night(real_db):
    people = [make_user() for _ in range(12)]
    for person in people:
        actions.answer(by=person, sex="female", age_band="25-34")
    actions.answer(by=people[3], carer="child")  # changed: it moves to the end
    in_turn = [key_of(person.pk) for person in [*people[:3], *people[4:], people[3]]]
    assert lying("ctid") == in_turn, "before the night they tell who answered when"
    assert lying("xmin::text::bigint, ctid") == in_turn
    assert writers() == 12
    for _night in range(2):
        shuffle_equality_answers()
        assert lying("ctid") == sorted(in_turn)
        assert lying("xmin::text::bigint, ctid") == sorted(in_turn)
        assert writers() == 1
    kept = actions.answers_of(people[3])
    assert (kept.sex, kept.age_band, kept.carer) == ("female", "25-34", "child")
    assert EqualityAnswers.objects.count() == 12
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size('people_equalityanswers') / current_setting('block_size')::int")
        assert cursor.fetchone() == (1,), "no dead row is left behind to tell the old order"


def test_beat_does_it_every_night_as_the_role_of_the_web():
    entries = [one for one in app.conf.beat_schedule.values() if one["task"] == shuffle_equality_answers.name]
    assert [str(one["schedule"]._orig_hour) for one in entries] == ["2"]
