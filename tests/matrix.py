"""Every URL × everybody × every method → what must happen. A URL without a row fails `tests/test_url_matrix.py`.

How to add rows. In `tests/<room>/url_rows.py`:

    from tests.matrix import MEMBER, PARTY, PUBLIC, ROLE, SIGNED_IN, Row

    ROWS = [
        Row("timebank:search", MEMBER),                                  # GET 200 for whom it is, POST 405
        Row("timebank:offer_new", MEMBER, POST=422),                     # an empty form is sent back
        Row("timebank:exchange", PARTY("broker")),                       # 404 for anybody else
        Row("timebank:accept", PARTY(), GET=405, POST=302, data={"key": "…"}),
        Row("timebank:desk", ROLE("broker")),                            # 403 for anybody else
        Row("timebank:pot", MEMBER, but={"newcomer": 200}),              # an exception for one of the people
        Row("people:person", MEMBER, world={"user_id": "party_id"}),     # arguments from the world, by other names
    ]

* The first argument is the URL's full name (or its route, where it has no name).
* The access class says who is let in, and what the others get (see the constants below).
* `GET=` and `POST=` are what those who are let in get; unless given, 200 and 405 (which two people ask for, not all).
  `data=` is what is posted: a dict, or a function of the world that returns one. `headers=` go with both.
* `but={who: status}` or `{who: {"POST": status}}` changes it for one of the people.
* Arguments of the URL are looked up in the world under their own name, or as `world=` says (a str where the URL has one
  argument). `wrong=404` is what a made-up id gives to somebody who is let in; None where a wrong argument is all right.

The world. In `tests/<room>/factories.py` a function `world(people)` makes objects and returns their ids by name:

    def world(people):
        exchange = make_exchange(provider=people["party"], receiver=people["other_party"])
        return {"exchange_id": exchange.pk}

Rooms are asked from the lowest up (`ROOMS`), each in its turn given what the lower ones made as `world(people, made)` where
its function takes two arguments. `people["party"]` and `people["other_party"]` are parties to everything; `member` and the
roles have nothing to do with any of it. Every request is rolled back, so rows do not depend on each other.
"""

import inspect
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from tests.signing_in import sign_in

ROOMS = ["ui", "notifications", "people", "outreach", "timebank", "goals", "accelerator", "evaluation"]
ROLES = [
    "reviewer",
    "portfolio_manager",
    "broker",
    "safeguarding_lead",
    "outreach_lead",
    "evaluator",
    "administrator",
]
PEOPLE = [
    "anonymous",  # nobody signed in
    "newcomer",  # signed in, has not accepted the code of conduct
    "member",  # nothing to do with any object of the world
    "party",  # a party to every object of the world
    "other_party",  # the other one
    "suspended",  # a member whose account is paused: answered as "anonymous" is, unless the row says otherwise
    *ROLES,  # each a member with this role and no other; staff with a second factor
]
METHODS = ["GET", "POST"]


@dataclass(frozen=True)
class Access:
    """Who is let in, and what the others get."""

    lets_in: frozenset[str]
    others: Mapping[str, int] = field(default_factory=dict)  # by person; for the rest `refused`
    refused: int = 404

    def refusal(self, who: str) -> int:
        return self.others.get(who, self.refused)


_TO_SIGN_IN = {"anonymous": 302}
PUBLIC = Access(frozenset(PEOPLE))
SIGNED_IN = Access(frozenset(PEOPLE) - {"anonymous", "suspended"}, _TO_SIGN_IN)
MEMBER = Access(frozenset(PEOPLE) - {"anonymous", "newcomer", "suspended"}, _TO_SIGN_IN, refused=403)


def ROLE(*roles: str) -> Access:
    """A page of these roles: 403 for everybody else. Staff without a second factor: see `test_url_matrix`."""
    assert set(roles) <= set(ROLES), roles
    return Access(frozenset(roles), _TO_SIGN_IN, refused=403)


def PARTY(*roles: str, parties: tuple[str, ...] = ("party", "other_party")) -> Access:
    """An object of `parties`, and of these roles: 404 for everybody else, who may not even know that it is there."""
    assert set(roles) <= set(ROLES), roles
    return Access(frozenset({*parties, *roles}), _TO_SIGN_IN)


@dataclass(frozen=True)
class Row:
    """What one URL does. See the top of this module."""

    url: str
    access: Access
    GET: int = 200
    POST: int = 405
    data: Mapping[str, Any] | Callable[[Mapping[str, Any]], Mapping[str, Any]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    world: Mapping[str, str] | str = field(default_factory=dict)
    but: Mapping[str, int | Mapping[str, int]] = field(default_factory=dict)
    wrong: int | None = 404

    def expected(self, who: str, method: str) -> set[int]:
        """The statuses that are right for this person and method."""
        if who == "suspended" and who not in self.but:
            who = "anonymous"  # the same pages, and where those lead to signing in, these lead to what happened
        exception = self.but.get(who)
        if isinstance(exception, Mapping):
            exception = exception.get(method)
        if exception is not None:
            return {exception}
        allowed = getattr(self, method)
        if who in self.access.lets_in:
            return {allowed}
        refused = self.access.refusal(who)
        # whether somebody who is refused hears of the method first does not matter
        return {refused, 405} if allowed == 405 else {refused}


@dataclass(frozen=True)
class Address:
    """A URL of the site: its full name (or route), the names of its arguments, and what answers it."""

    name: str
    route: str
    arguments: tuple[str, ...]
    view: Callable | None = None


def addresses(resolver: URLResolver | None = None, spaces: tuple[str, ...] = (), route: str = "") -> Iterator[Address]:
    """Every URL in the configuration."""
    for entry in (resolver or get_resolver()).url_patterns:
        here = route + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from addresses(entry, (*spaces, entry.namespace) if entry.namespace else spaces, here)
        elif isinstance(entry, URLPattern):
            name = ":".join([*spaces, entry.name]) if entry.name else here
            yield Address(name, here, tuple(_arguments(here, entry)), inspect.unwrap(entry.callback))


def _arguments(route: str, entry: URLPattern) -> Iterator[str]:
    import re

    yield from re.findall(r"<(?:\w+:)?(\w+)>", route)


def rows() -> list[Row]:
    """The rows of every room."""
    found: list[Row] = []
    for room in ROOMS:
        if find_spec(f"tests.{room}.url_rows"):
            found += import_module(f"tests.{room}.url_rows").ROWS
    return found


def make_people() -> dict[str, Any]:
    """One person for each of PEOPLE; None for nobody."""
    from people.models import RoleGrant, User
    from tests.people.factories import make_known, pause

    people: dict[str, Any] = {"anonymous": None}
    for who in PEOPLE[1:]:
        joined = None if who == "newcomer" else timezone.now()
        user = User.objects.create_user(
            f"matrix-{who}@example.org", name=who.replace("_", " ").title(), conduct_accepted_at=joined
        )
        if who in ROLES:
            RoleGrant.objects.create(user=user, role=who, reason="For the URL matrix")
        make_known(user)
        people[who] = User.objects.get(pk=user.pk)
    pause(people["suspended"], by=people["administrator"])
    people["suspended"] = User.objects.get(pk=people["suspended"].pk)  # signed out: the session's hash is new
    return people


def make_world(people: Mapping[str, Any]) -> dict[str, Any]:
    """What the rooms contribute, by name."""
    made: dict[str, Any] = {f"{who}_id": user.pk for who, user in people.items() if user}
    for room in ROOMS:
        if find_spec(f"tests.{room}.factories") is None:
            continue
        contribute = getattr(import_module(f"tests.{room}.factories"), "world", None)
        if contribute is None:
            continue
        two = len(inspect.signature(contribute).parameters) > 1
        new = contribute(people, made) if two else contribute(people)
        clash = set(new) & set(made)
        assert not clash, f"{room} names {sorted(clash)} in the world, which is there already"
        made |= new
    return made


def make_client(user: Any, *, second_factor: bool = True) -> Client:
    """A browser in which `user` is signed in (nobody, for None), with a second factor where they hold a staff role."""
    client = Client(raise_request_exception=False)
    return client if user is None else sign_in(client, user, second_factor=None if second_factor else False)


def path_of(row: Row, address: Address, world: Mapping[str, Any], *, wrong: bool = False) -> str:
    """The address of a row in this world; with `wrong`, made-up ids instead."""
    names = {address.arguments[0]: row.world} if isinstance(row.world, str) else dict(row.world)
    arguments = {}
    for argument in address.arguments:
        name = names.get(argument, argument)
        assert name in world, f"{row.url} needs {name!r} in the world: add it to world() of the room's factories"
        arguments[argument] = _made_up(world[name]) if wrong else world[name]
    return reverse(row.url, kwargs=arguments)


def _made_up(value: Any) -> Any:
    """An id of the same kind that nothing has."""
    if isinstance(value, uuid.UUID):
        return uuid.uuid4()
    return 999_999_999 if isinstance(value, int) else "ZZZZZZ"


def ask(client: Client, row: Row, method: str, path: str, world: Mapping[str, Any]) -> Any:
    """One request, as the row says."""
    data = row.data(world) if callable(row.data) else dict(row.data)
    if method == "POST":
        return client.post(path, {"csrfmiddlewaretoken": "as a browser sends", **data}, headers=dict(row.headers))
    return client.get(path, headers=dict(row.headers))
