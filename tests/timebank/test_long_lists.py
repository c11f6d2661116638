"""Every list of the time bank asks the database the same number of questions at ten rows and at a thousand."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from people.models import Profile
from tests.timebank import many
from tests.timebank.browsing import at, signed_in
from tests.timebank.factories import a_broker, a_listing, a_member, a_pot, a_skill, give_credits
from timebank.actions import ledger

pytestmark = pytest.mark.django_db
FEW, MANY = 10, 1_000


def measured(client, addresses: list[str]) -> dict[str, int]:
    """How many queries each page takes, read afresh."""
    found = {}
    for address in addresses:
        cache.clear()
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(address)
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert answer.status_code == 200, (address, body[-2000:])
        found[address] = len(asked)
    return found


def cost_the_same(client, addresses: list[str], grow) -> None:
    """`grow(count)` adds rows to all of these pages. They are analysed, or PostgreSQL plans for empty tables."""

    def more(count: int) -> None:
        grow(count)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    more(FEW)
    measured(client, addresses)  # templates and content types are loaded
    few = measured(client, addresses)
    more(MANY - FEW)
    assert measured(client, addresses) == few


def test_a_busy_members_pages_and_a_busy_pots(client):
    ada, ben = a_member("Ada"), a_member("Ben")
    pot = a_pot(ada, minutes=6_000)
    paid = {"pot": pot, "payer": ledger.account_for(pot=pot)}
    offer = a_listing(ada, skills=[a_skill()])

    def grow(count: int) -> None:
        people = many.people(count)
        mine = many.settled(ada, people, listing=offer)
        many.settled(ada, people, listing=offer, **paid)
        many.settled(ben, [ada] * count)
        many.reflections(ada, mine)
        for state in ("proposed", "accepted", "delivered"):
            many.exchanges(ada, people, state)
        many.engagements(ada, people)
        many.group_sessions(ada, people)
        many.listings([ada] * count, "offer")
        many.listings([ada] * count, "request", member=None, pot=pot)
        many.pots(ada, count)
        many.saved_searches(ada, count)

    pages = [
        "home", "past", "statement", "record", "engagements", "group_sessions_mine", "searches", "my_listings", "earnings",
        "leaving",
    ]  # fmt: skip
    addresses = [at(name) for name in pages]
    addresses += [at(name, pot.pk) for name in ("pot", "pot_statement", "pot_people", "give", "pot_close")]
    addresses += [at("listing", offer.pk), f"/people/{ada.pk}/"]
    cost_the_same(signed_in(client, ada), addresses, grow)


def test_what_everybody_looks_through(client):
    ada, host, skill = a_member("Ada"), a_member("Host"), a_skill()

    def grow(count: int) -> None:
        people = many.people(count)
        for kind in ("offer", "request"):
            many.tag(many.listings(people, kind), skill)
        many.office_hours(people)
        many.group_sessions(host, people)
        many.pots(host, count)

    addresses = [
        at("board"),
        at("board", q="run chart"),
        at("board", kind="offer"),
        at("board", skill=skill.slug),
    ]
    addresses += [at(name) for name in ("office_hours_list", "group_sessions", "pots")]
    cost_the_same(signed_in(client, ada), addresses, grow)


def test_the_brokers_desk(client):
    broker, ada, host = a_broker(), a_member("Ada"), a_member("Host")
    give_credits(ledger.account_for(member=ada), 60)

    def grow(count: int) -> None:
        people = many.people(count)
        many.settled(ada, people)
        many.exchanges(ada, people, "proposed")  # expire soon: stuck
        many.disputes(ada, people)
        many.claims(ada, people)
        many.suggested_skills(people)
        many.listings(people, "request", posted_at=many.timezone.now() - 9 * many.DAY)
        many.cycles(people)
        for start in range(0, count, 500):
            many.objections(host, people[start : start + 500])
        many.waiting(count)
        many.imports(broker, count)
        many.policies(broker, count)

    pages = [
        "desk", "desk_newcomers", "desk_stuck", "disputes", "claims", "suggested_skills", "unanswered", "desk_cycles",
        "group_session_objections", "desk_imports", "policy", "desk_people", "desk_organisations", "desk_exports",
    ]  # fmt: skip
    addresses = [
        *map(at, pages),
        at("desk_member", ada.pk),
        at("desk_people", kind="gives"),
        at("desk_people", q="body"),
    ]
    cost_the_same(signed_in(client, broker), addresses, grow)
    assert Profile.objects.count() > MANY
