"""No request makes the site fall over: every URL × everybody × whatever they send, none answered by a 5xx.

A few hundred in the ordinary run; `make fuzz` asks 20,000. The seed is printed; FUZZ_SEED= and FUZZ_ONLY= repeat one request.
"""

import copy
import os
import secrets
import traceback
from collections import Counter

import pytest
from django.core.cache import cache
from django.db import connection, transaction

from tests import matrix
from tests.fuzz.requests import ADDRESSES, JUNK, ROWS, Requests, asked_names

HOW_MANY = int(os.environ.get("FUZZ") or 400)
SEED = os.environ.get("FUZZ_SEED") or secrets.token_hex(4)
ONLY = [int(number) for number in os.environ.get("FUZZ_ONLY", "").split(",") if number]


@pytest.fixture(scope="module")
def scene(django_db_setup, django_db_blocker):
    """The world and everybody's browser; all rolled back at the end of the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        people = matrix.make_people()
        world = matrix.make_world(people)
        clients = {who: matrix.make_client(user) for who, user in people.items()}
        yield world, clients
        transaction.set_rollback(True)


def answer_of(client, asked):
    """The status of one request and what went wrong in it; all that it did is undone. What it wrote is checked as a commit
    would check it."""
    cookies = copy.deepcopy(client.cookies)
    problem = ""
    with transaction.atomic():
        try:
            with transaction.atomic():
                answer = client.generic(
                    asked.method, asked.path, asked.content, content_type=asked.content_type, headers=asked.headers
                )
                status = answer.status_code
                if getattr(answer, "streaming", False):
                    list(answer.streaming_content)
                if status >= 500 and getattr(answer, "exc_info", None):
                    problem = _in_a_line(answer.exc_info[1])
                elif asked.method != "GET" and status < 400:
                    connection.check_constraints()
        except Exception as error:  # raised while it was streamed or would be committed
            status, problem = 599, _in_a_line(error)
        transaction.set_rollback(True)
    client.cookies = cookies
    cache.clear()
    return status, problem


def _in_a_line(error):
    where = [frame for frame in traceback.extract_tb(error.__traceback__) if "site-packages" not in frame.filename]
    places = " < ".join(
        f"{frame.filename.rsplit('/', 2)[-2]}/{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}"
        for frame in where[::-1][:3]
    )
    return f"{type(error).__name__}: {str(error).splitlines()[0][:200] if str(error) else ''} at {places}"


def page_of(client, path):
    """The page at an address, as text; empty where there is none."""
    cookies = copy.deepcopy(client.cookies)
    with transaction.atomic():
        answer = client.get(path)
        text = (
            ""
            if getattr(answer, "streaming", False) or answer.status_code != 200
            else answer.content.decode("utf-8", "replace")
        )
        if getattr(answer, "streaming", False):
            list(answer.streaming_content)
        transaction.set_rollback(True)
    client.cookies = cookies
    return text


def test_no_request_is_answered_by_a_5xx(scene):
    world, clients = scene
    requests = Requests(SEED, world, lambda who, path: page_of(clients[who], path))
    print(f"FUZZ_SEED={SEED}")
    fell, answered = {}, Counter()
    for number in ONLY or range(HOW_MANY):
        asked = requests[number]
        status, problem = answer_of(clients[asked.who], asked)
        answered[status] += 1
        if status >= 500:
            fell.setdefault(problem.partition(" at ")[2] or problem, []).append(
                f"FUZZ_SEED={SEED} FUZZ_ONLY={number} make fuzz  # {status} {problem}\n    {asked}"
            )
    print(f"Answered: {dict(sorted(answered.items()))}")
    lines = [f"{each[0]}\n    and {len(each) - 1} more like it" for each in fell.values()]
    assert not fell, f"{len(fell)} kinds of 5xx:\n" + "\n".join(lines)


def test_every_url_and_parameter_can_be_asked_for_and_a_request_can_be_made_again():
    assert {address.name for address in ADDRESSES} == set(ROWS)
    assert {"page", "listing", "next", "change"} <= set(asked_names())
    assert "\x00" in JUNK
    world = {name: "x" for row in ROWS.values() for name in (row.world if isinstance(row.world, dict) else [])} | {
        "a": "y"
    }
    first, again = (Requests("seed", world, lambda who, path: "") for _ in range(2))
    for number in range(50):
        if not callable(ROWS[ADDRESSES[0].name].data):
            try:
                assert str(first[number]) == str(again[number])
            except KeyError:  # a row whose data needs more of the world
                continue
