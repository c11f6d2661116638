"""Every URL × everybody × every method: see `tests.matrix`, which says how to add rows."""

import copy

import pytest
from django.core.cache import cache
from django.db import transaction

from people.roles import STAFF
from tests import matrix

ROWS = {row.url: row for row in matrix.rows()}


@pytest.fixture(scope="module")
def scene(django_db_setup, django_db_blocker):
    """The world, the people and their browsers; all rolled back at the end of the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        people = matrix.make_people()
        world = matrix.make_world(people)
        clients = {who: matrix.make_client(user) for who, user in people.items()}
        unproved = {who: matrix.make_client(people[who], second_factor=False) for who in STAFF}
        found = {address.name: address for address in matrix.addresses()}
        yield world, clients, unproved, found
        transaction.set_rollback(True)


def asked(client, row, method, path, world):
    """One request in a savepoint that is rolled back; returns its status."""
    cookies = copy.deepcopy(client.cookies)
    with transaction.atomic():
        answer = matrix.ask(client, row, method, path, world)
        status = answer.status_code
        if getattr(answer, "streaming", False):
            list(answer.streaming_content)  # to its end, as a server does: close() alone would close the connection too
        transaction.set_rollback(True)
    client.cookies = cookies  # signing in or out changes them, and the session behind them is rolled back
    cache.clear()  # rate limits
    return status


def test_every_url_has_a_row_and_every_row_a_url():
    names = {address.name for address in matrix.addresses()}
    without = sorted(names - set(ROWS))
    stale = sorted(set(ROWS) - names)
    listed = [row.url for row in matrix.rows()]
    twice = sorted({url for url in listed if listed.count(url) > 1})
    assert not without, "These URLs have no row in tests/<room>/url_rows.py:\n  " + "\n  ".join(without)
    assert not stale, "These rows have no URL:\n  " + "\n  ".join(stale)
    assert not twice, "These URLs have two rows:\n  " + "\n  ".join(twice)


def askers(row, method):
    """Everybody; of a method that the URL does not take, one of those let in and nobody signed in: who else asks can
    matter only where somebody is answered otherwise, which the row says."""
    if getattr(row, method) != 405:
        return matrix.PEOPLE
    let_in = next(who for who in reversed(matrix.PEOPLE) if who in row.access.lets_in)
    return list({"anonymous": 1, let_in: 1, **dict.fromkeys(row.but, 1)})


@pytest.mark.parametrize("url", ROWS)
def test_everybody_gets_what_the_row_says(scene, url):
    world, clients, _unproved, found = scene
    row = ROWS[url]
    path = matrix.path_of(row, found[url], world)
    wrong = []
    for method in matrix.METHODS:
        for who in askers(row, method):
            status = asked(clients[who], row, method, path, world)
            if status not in row.expected(who, method):
                wrong.append(f"{method} {path} by {who}: {status}, expected {sorted(row.expected(who, method))}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("url", [url for url, row in ROWS.items() if row.wrong is not None])
def test_a_made_up_id_is_not_found(scene, url):
    world, clients, _unproved, found = scene
    row, address = ROWS[url], found[url]
    if not address.arguments:
        return
    path = matrix.path_of(row, address, world, wrong=True)
    who = next(who for who in ["party", *reversed(matrix.PEOPLE)] if who in row.access.lets_in)
    method = "POST" if row.GET == 405 else "GET"
    assert asked(clients[who], row, method, path, world) == row.wrong


@pytest.mark.parametrize("url", [url for url, row in ROWS.items() if row.access.lets_in <= STAFF])
def test_staff_are_held_back_without_a_second_factor(scene, url):
    world, _clients, unproved, found = scene
    row = ROWS[url]
    path = matrix.path_of(row, found[url], world)
    for who in row.access.lets_in:
        assert asked(unproved[who], row, "GET", path, world) == 302, who
