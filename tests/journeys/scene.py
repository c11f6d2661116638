"""Everybody in the role × URL matrix's world, with a browser each, and what stands in the tables before and after."""

import copy
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction
from django.urls import resolve, reverse

from tests import matrix
from tests.journeys.sent import Sent

ROWS = {row.url: row for row in matrix.rows()}
# Sessions are not what a form is about; a refusal may be noted; and what a manager saw first is noted by looking at it.
UNWATCHED = {"django_session", "audit_event", "accelerator_firstsight"}


Stand = tuple[int, int]  # of a table: how many rows, and a sum over what stands in them


def stands(names: Collection[str]) -> dict[str, Stand]:
    """How each of these tables stands."""
    if not names:
        return {}
    parts = (
        f"SELECT '{name}', count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM \"{name}\" t"
        for name in names
    )
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return {name: (rows, total) for name, rows, total in cursor.fetchall()}


def written() -> dict[str, int]:
    """How many rows were written to each table in this transaction, kept or undone; where a count is the same before and
    after, nothing in that table has changed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables "
            "WHERE n_tup_ins + n_tup_upd + n_tup_del > 0 AND NOT relname = ANY(%s)",
            [sorted(UNWATCHED)],
        )
        return dict(cursor.fetchall())


def tried_out(act: Callable[[], Any]) -> tuple[Any, dict[str, tuple[Stand, Stand]]]:
    """What `act` returns, and each table that it changed: how that stood before, and after. Then it is undone."""
    with transaction.atomic():
        untouched = written()
        answer = act()
        touched = [name for name, count in written().items() if untouched.get(name) != count]
        after = stands(touched)
        transaction.set_rollback(True)
    before = stands(touched)
    return answer, {name: (before[name], after[name]) for name in touched if before[name] != after[name]}


@dataclass
class Scene:
    """Everybody with a browser, in the matrix's world."""

    world: dict[str, Any]
    clients: dict[str, Any]
    addresses: dict[str, matrix.Address]
    people: dict[str, Any]

    def path(self, url: str) -> str:
        return matrix.path_of(ROWS[url], self.addresses[url], self.world)

    def page_of(self, form: Sent) -> str:
        """The page on which the form stands, of the same object where both name one."""
        page, own = form.page or form.url, resolve(self.path(form.url)).kwargs
        named = resolve(self.path(page)).kwargs
        return reverse(page, kwargs=named | {name: value for name, value in own.items() if name in named})

    def good(self, form: Sent) -> dict[str, Any]:
        """What a careful person sends, once the forms before it are sent."""
        for earlier in form.after:
            self.post(earlier, earlier.data(self.world))
        return form.data(self.world)

    def post(self, form: Sent, data: Mapping[str, Any]) -> Any:
        """Sends it as its person does; the answer."""
        row = ROWS[form.url]
        sent = {"csrfmiddlewaretoken": "as a browser sends", **data}
        return self.clients[form.who].post(self.path(form.url), sent, headers=dict(row.headers))


@pytest.fixture(scope="module")
def scene(django_db_setup, django_db_blocker):
    """The matrix's people and world; all rolled back at the end of the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        people = matrix.make_people()
        world = matrix.make_world(people)
        clients = {who: matrix.make_client(user) for who, user in people.items()}
        yield Scene(world, clients, {address.name: address for address in matrix.addresses()}, people)
        transaction.set_rollback(True)


@pytest.fixture
def tried(scene):
    """The scene for one test, whose doings are rolled back."""
    with transaction.atomic():
        cookies = {who: copy.deepcopy(client.cookies) for who, client in scene.clients.items()}
        world = scene.world
        yield scene
        transaction.set_rollback(True)
    scene.world = world
    for who, kept in cookies.items():
        scene.clients[who].cookies = kept
