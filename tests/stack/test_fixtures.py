"""The fixtures that every room's tests stand on do what they promise."""

import threading
import unittest

import psycopg
import pytest
from django.db import connection
from django.test import TestCase

from tests.browser import check_html

DEFERRED_RULE = """
CREATE TABLE number (n int);
CREATE FUNCTION refuse_odd() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN IF NEW.n % 2 = 1 THEN RAISE check_violation USING MESSAGE = 'it is odd'; END IF; RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER even AFTER INSERT ON number DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION refuse_odd();
"""


@pytest.mark.parametrize(("value", "passes"), [(2, True), (1, False)])
def test_a_test_that_leaves_a_deferred_rule_broken_fails_at_its_end(real_db, value, passes):
    with connection.cursor() as cursor:
        cursor.execute(DEFERRED_RULE)

    class Inner(TestCase):
        def test(self):
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO number VALUES (%s)", [value])

    outcome = unittest.TestResult()
    Inner("test").run(outcome)

    assert outcome.wasSuccessful() is passes
    assert passes or "it is odd" in outcome.errors[0][1]


def test_a_real_database_is_committed_seen_by_threads_and_by_other_processes(real_db):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE note (words text)")
        cursor.execute("INSERT INTO note VALUES ('kept')")

    seen = []

    def read():
        with connection.cursor() as cursor:
            cursor.execute("SELECT words FROM note")
            seen.extend(cursor.fetchone())
        connection.close()

    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    with psycopg.connect(real_db.url) as other:
        seen.extend(other.execute("SELECT words FROM note").fetchone())

    assert seen == ["kept", "kept"]


def test_a_real_database_starts_as_migrated_whatever_another_test_left(real_db):
    tables = connection.introspection.table_names()

    assert "django_migrations" in tables
    assert "note" not in tables


def test_html_with_an_error_is_named_and_html_without_passes():
    good = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>A page</title></head>'
        "<body><main><h1>A page</h1></main></body></html>\n"
    )
    check_html([good])
    with pytest.raises(AssertionError, match=r"statement:2: no-dup-attr: .*id.*duplicated"):
        check_html({"front": good, "statement": good.replace("<h1>", '<h1 id="a" id="b">')})
