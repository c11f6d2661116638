"""Every URL × everybody × every method: see `tests.matrix`, which says how to add rows."""

import copy
import re
from difflib import unified_diff

import pytest
from django.core.cache import cache
from django.db import transaction

from people.models import RoleGrant
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
        found = {address.name: address for address in matrix.addresses()}
        yield world, clients, people, found
        transaction.set_rollback(True)


def asked(client, row, method, path, world, *, give=False):
    """One request in a savepoint that is rolled back; returns its status, with `give` also where it leads and its body."""
    cookies = copy.deepcopy(client.cookies)
    with transaction.atomic():
        answer = matrix.ask(client, row, method, path, world)
        status = answer.status_code
        content = answer.content if not answer.streaming else b"".join(answer.streaming_content)
        # to its end, as a server does: close() alone would close the connection too
        if give:
            status = status, re.sub(UUID, "", answer.get("Location", "")), body_of(content)
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
    world, clients, _people, found = scene
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
    world, clients, _people, found = scene
    row, address = ROWS[url], found[url]
    if not address.arguments:
        return
    path = matrix.path_of(row, address, world, wrong=True)
    who = next(who for who in ["party", *reversed(matrix.PEOPLE)] if who in row.access.lets_in)
    method = "POST" if row.GET == 405 else "GET"
    assert asked(clients[who], row, method, path, world) == row.wrong


UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"  # of what a form has made, which is rolled back


def body_of(content):
    """A page without what differs from one request to the next, and without the line that says that the desk is closed."""
    text = content.decode(errors="replace")
    text = re.sub(r'<div [^>]*data-notice="desk-closed">.*?</div>\s*', "", text, flags=re.S)
    text = re.sub(r'name="(csrfmiddlewaretoken|key|page|seen|ticket)" value="[^"]+"|nonce="[^"]+"', "", text)
    text = re.sub(r'(id|aria-labelledby)="[^"]*\b[dt][0-9a-f]{8}[^"]*"', "", text)  # of charts
    text = re.sub(r"^DTSTAMP:.*$", "", text, flags=re.M)  # of calendars: the moment at which somebody asks
    return re.sub(r"\s*(<|>)\s*", r"\1", text)


OTHERWISE = {  # answers that differ for a reason
    "people:account",  # one's own roles, with what they are
    "people:download",
    "people:second_step",  # where it leads depends on the role
    "demo:people",  # everybody's roles
    "timebank:statement_csv",  # its name holds the time
    "people:sign_in_resend",  # to the page of the code that was sent
    "mfa_activate_totp",  # a new secret each time
    "mfa_add_webauthn",
}


def without_factor(scene, url, who, method, roles=()):
    """What this URL answers to one of the people who holds `roles` besides, and gave no second factor: status, address
    that it leads to, and body."""
    world, clients, people, found = scene
    row = ROWS[url]
    path = matrix.path_of(row, found[url], world)
    with transaction.atomic():
        for held in roles:
            RoleGrant.objects.create(user=people[who], role=held, reason="For the URL matrix")
        answer = asked(clients[who], row, method, path, world, give=True)
        transaction.set_rollback(True)
    return answer


@pytest.mark.parametrize("url", ROWS)
def test_staff_without_a_second_factor_get_what_a_member_gets(scene, url):
    """The same person is asked without a role, and with each staff role in a session that gave no second factor: the
    answers are the same to the letter, but for the line that says how to get to one's desk. Pages that are there for the
    role alone lead to the second factor."""
    row = ROWS[url]
    wrong = []
    for method in [method for method in matrix.METHODS if getattr(row, method) != 405]:
        for who, roles_held in [("member", [{role} for role in sorted(STAFF)]), ("party", [STAFF])]:
            before = without_factor(scene, url, who, method)
            for roles in roles_held:
                now = without_factor(scene, url, who, method, roles)
                if problem := different(row, method, roles, before, now):
                    wrong.append(f"{method} {url} as {who} with {', '.join(roles)}: {problem}")
    assert not wrong, "\n".join(wrong)


def different(row, method, roles, before, now):
    """Says in which way `now`, with roles that were not proved, is another answer than `before`; empty where it is not."""
    if row.url in OTHERWISE:
        return "" if now[0] == before[0] else f"{now[0]}, without the role {before[0]}"
    if method == "GET" and now[1].startswith("/account/desk/?"):
        for_their_role = before[0] == 403 and roles & row.access.lets_in
        return "" if for_their_role else f"led to the second factor, without the role {before[0]}"
    if before[0] == now[0] == 403:
        return ""  # refused in other words
    if before[:2] != now[:2]:
        return f"{now[:2]}, without the role {before[:2]}"
    if before[2] != now[2]:
        return "\n".join(unified_diff(before[2].split("<"), now[2].split("<"), lineterm="", n=0))[:2000]
    return ""


@pytest.mark.parametrize("url", [url for url, row in ROWS.items() if row.access.lets_in <= STAFF])
def test_staff_are_led_to_their_second_factor(scene, url):
    world, _clients, people, found = scene
    row = ROWS[url]
    path = matrix.path_of(row, found[url], world)
    for who in row.access.lets_in:
        status, leads, _body = asked(
            matrix.make_client(people[who], second_factor=False), row, "GET", path, world, give=True
        )
        assert (status, leads[:14]) == (302, "/account/desk/"), who


@pytest.mark.parametrize("url", [url for url, row in ROWS.items() if row.access.refusal("anonymous") == 302])
def test_a_paused_person_is_led_to_what_happened_and_nowhere_else(scene, url):
    world, clients, _people, found = scene
    row = ROWS[url]
    if "suspended" in row.but:
        return
    path = matrix.path_of(row, found[url], world)
    status, leads_to, _body = asked(clients["suspended"], row, "GET", path, world, give=True)
    assert status == 302
    # a public page that asks strangers to sign in asks them too, and signing in leads on to the same page
    assert leads_to.startswith(("/paused/", "/sign-in/"))
