"""Running a pot together, joining it, spending from it, finishing it: who may, and that a closed pot can do nothing."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from notifications.models import InboxItem
from people.models import User
from tests.timebank.factories import (
    a_broker,
    a_listing,
    a_member,
    a_pot,
    a_proposal,
    a_settled_exchange,
    a_skill,
    an_agreement,
    credits_of,
    key,
)
from tests.timebank.group_sessions.factories import a_draft, a_place, begin, note, scan
from timebank.actions import calling_off, exchanges, group_sessions, ledger, listings, pot_people, pots
from timebank.models import Account, Listing, PotInvitation, PotMember, PotNamed
from timebank.queries import verification
from timebank.queries.pot_page import pot_page
from ui.errors import DomainError, Invalid, Missing, NotAllowed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _the_books_balance():
    yield
    assert not verification.findings()


def told(user, words):
    return InboxItem.objects.filter(user=user, subject__contains=words).exists()


def two_stewards():
    one, two = a_member("One"), a_member("Two")
    pot = a_pot(one)
    pot_people.invite(by=one, pot=pot, email=two.email)
    pot_people.answer_invitation(by=two, pot=pot, yes=True)
    return pot, one, two


# ── opening: its needs post themselves ──


def test_the_needs_of_a_new_pot_post_themselves_with_its_hours_shared_in_quarters():
    ada, skills = a_member(), [a_skill("User research"), a_skill("Improvement method")]
    pot = pots.open_pot(
        by=ada, kind="project", name="Falls on Ward 6", aim="Fewer falls", skills=skills, wanted_minutes=75,
        ask_for_skills=True,
    )  # fmt: skip
    found = {row.title: row for row in Listing.objects.filter(pot=pot, kind="request")}
    assert sorted(found) == ["Improvement method for Falls on Ward 6", "User research for Falls on Ward 6"]
    assert sorted(row.minutes for row in found.values()) == [30, 45]
    assert {row.purpose for row in found.values()} == {pot.purpose}
    assert list(found["User research for Falls on Ward 6"].skills.all()) == [skills[0]]
    helper = a_member()
    done = a_proposal(helper, ada, 30, by=helper, listing=found["User research for Falls on Ward 6"])
    assert (done.pot, done.receiver) == (pot, ada)


def test_a_pot_without_hours_asks_for_its_skills_as_agreed():
    pot = pots.open_pot(
        by=a_member(), kind="project", name="x" * 120, aim="Fewer falls", skills=[a_skill()], ask_for_skills=True
    )
    (need,) = Listing.objects.filter(pot=pot)
    assert (need.minutes, len(need.title)) == (None, 100)


# ── stewards ──


def test_somebody_who_was_asked_and_said_yes_may_spend():
    pot, _one, two = two_stewards()
    gift = pots.give(by=two, from_pot=pot, to_pot=None, minutes=30, key=key())
    assert not gift.replayed
    assert credits_of(pot) == (570, 0)


def test_saying_no_leaves_it_as_it_was_and_a_second_click_too():
    one, two = a_member(), a_member()
    pot = a_pot(one)
    for _click in range(2):
        pot_people.invite(by=one, pot=pot, email=two.email)
    assert PotInvitation.objects.count() == 1
    for _click in range(2):
        pot_people.answer_invitation(by=two, pot=pot, yes=False)
    assert not pots.is_steward(two, pot)
    assert told(one, "says no")
    with pytest.raises(Missing):
        pot_people.answer_invitation(by=a_member(), pot=pot, yes=True)


def test_who_still_gives_time_that_the_pot_pays_for_settles_that_first():
    one, two, three = a_member(), a_member(), a_member()
    pot = a_pot(one)
    agreed = an_agreement(two, one, 60, pot=pot)
    a_draft(three, pot=pot, sponsored_minutes=30)
    for person in (two, three):
        pot_people.invite(by=one, pot=pot, email=person.email)
        with pytest.raises(DomainError, match="Settle that first"):
            pot_people.answer_invitation(by=person, pot=pot, yes=True)
    calling_off.cancel(by=two, exchange=agreed)
    pot_people.answer_invitation(by=two, pot=pot, yes=True)
    assert pots.is_steward(two, pot)


def test_the_last_steward_stays():
    pot, one, two = two_stewards()
    pot_people.resign(by=one, pot=pot)
    pot_people.resign(by=one, pot=pot)  # a second click
    assert told(two, "stepped down")
    with pytest.raises(DomainError, match="only steward"):
        pot_people.resign(by=two, pot=pot)
    with pytest.raises(NotAllowed):
        pots.give(by=one, from_pot=pot, to_pot=None, minutes=30, key=key())
    with pytest.raises(Missing):
        pot_people.resign(by=a_member(), pot=pot)


def test_nobody_asks_themselves_to_run_a_pot():
    one = a_member()
    with pytest.raises(Invalid) as refused:
        pot_people.invite(by=one, pot=a_pot(one), email=one.email)
    assert refused.value.field == "email"


# ── members ──


def test_joining_by_link_lets_somebody_hear_and_offer_but_not_spend():
    ada, ben = a_member("Ada"), a_member("Ben")
    pot = a_pot(ada)
    for _click in range(2):
        pot_people.join(by=ben, code=pot.join_code.lower())
    assert PotMember.objects.count() == 1
    assert told(ada, "Ben joined")
    a_listing(ada, "request", "Somebody to count falls", pot=pot)
    assert told(ben, "asks for help: Somebody to count falls")
    assert a_proposal(ben, ada, 60, by=ben, pot=pot).state == "proposed"
    with pytest.raises(NotAllowed):
        pots.give(by=ben, from_pot=pot, to_pot=None, minutes=30, key=key())
    pot_people.leave_pot(by=ben, pot=pot)
    a_listing(ada, "request", "Somebody to draw it", pot=pot)
    assert not told(ben, "Somebody to draw it")


def test_a_new_link_ends_the_old_one_and_wrong_codes_lead_nowhere():
    ada, ben = a_member(), a_member()
    pot = a_pot(ada)
    old = pot.join_code
    new = pot_people.new_link(by=ada, pot=pot).join_code
    assert new != old
    allowance = pots.open_pot(by=None, kind="innovation", name="An idea", stewards=[ada])
    for code in (old, "ZZZZZZ", "", allowance.join_code):
        with pytest.raises(Missing):
            pot_people.join(by=ben, code=code)
    assert pot_people.join(by=ben, code=new).pot == pot


def test_helpers_are_named_only_if_they_say_so():
    ada, ben, cas, reader = a_member("Ada"), a_member("Ben"), a_member("Cas"), a_member()
    pot = a_pot(ada)
    a_settled_exchange(ben, ada, 60, pot=pot)
    a_settled_exchange(cas, ada, 30, pot=pot)
    assert (pot_page(pot.pk, reader).helpers, pot_page(pot.pk, reader).unnamed) == ([], 2)
    for _click in range(2):
        pot_people.be_named(by=ben, pot=pot, yes=True)
    assert (pot_page(pot.pk, reader).helpers, pot_page(pot.pk, reader).unnamed) == ([ben], 1)
    with pytest.raises(NotAllowed, match="gave time"):
        pot_people.be_named(by=reader, pot=pot, yes=True)
    pot_people.be_named(by=ben, pot=pot, yes=False)
    assert not PotNamed.objects.exists()


def test_the_page_says_hours_by_kind_of_help_group_sessions_included():
    ada, ben, cas = a_member(), a_member(), a_member()
    pot = a_pot(ada)
    research = a_listing(ben, skills=[a_skill("User research")])
    a_settled_exchange(ben, ada, 60, pot=pot, listing=research)
    a_settled_exchange(cas, ada, 30, pot=pot)
    draft = a_draft(cas, pot=pot, sponsored_minutes=150, most_minutes=0, skills=[a_skill("Improvement method")])
    group_sessions.answer_to_sponsor(by=ada, session=draft, yes=True)
    session = group_sessions.publish(by=cas, session=draft)
    guest = a_place(session)
    begin(session)
    scan(session, guest.user)
    note(session)
    found = pot_page(pot.pk, a_member())
    assert dict(found.by_kind) == {"Improvement": 150, "Digital and design": 60, "Something else": 30}
    assert (found.used, found.people, len(found.sessions)) == (240, 2, 1)


# ── finishing ──


def test_finishing_says_what_changed_to_everybody_who_helped_and_the_rest_goes_on():
    ada, ben, cas = a_member(), a_member(), a_member()
    pot, heir = a_pot(ada), a_pot(a_member(), 0, name="Quieter nights")
    a_settled_exchange(ben, ada, 60, pot=pot)
    pot_people.join(by=cas, code=pot.join_code)
    a_listing(ada, "request", "Count falls", pot=pot)
    asked, offered = a_proposal(cas, ada, 60, pot=pot), a_proposal(cas, ada, 30, by=cas, pot=pot)
    for _click in range(2):
        pots.close_pot(by=ada, pot=pot, close_out="Falls at night fell from 9 to 4.", key="k", to_pot=heir)
    assert (credits_of(pot), credits_of(heir)) == ((0, 0), (540, 0))
    assert all(told(person, "What your time did") for person in (ben, cas))
    asked.refresh_from_db()
    offered.refresh_from_db()
    assert (asked.state, offered.state) == ("withdrawn", "declined")
    assert not Listing.objects.open().filter(pot=pot).exists()
    assert pot_page(pot.pk, ben).rest_to == "9 h went to Quieter nights."


def test_the_rest_goes_to_the_community_pot_unless_another_is_chosen():
    ada = a_member()
    pot = a_pot(ada, 90)
    pots.close_pot(by=ada, pot=pot, close_out="Done", key="k")
    assert ledger.system_account(Account.COMMUNITY_POT).balance == 90


def test_what_is_promised_is_settled_first():
    ada = a_member()
    pot = a_pot(ada)
    an_agreement(a_member(), ada, 60, pot=pot)
    with pytest.raises(DomainError, match="still held"), transaction.atomic():
        pots.close_pot(by=ada, pot=pot, close_out="Done", key="k")
    pot.refresh_from_db()
    assert pot.closed_at is None


@pytest.mark.parametrize(
    ("fields", "at"), [({"close_out": " "}, "close_out"), ({"close_out": "x" * 4001}, "close_out"), ({}, "to_pot")]
)
def test_what_cannot_be_said_when_finishing(fields, at):
    ada = a_member()
    pot = a_pot(ada)
    closed = a_pot(ada, 0)
    pots.close_pot(by=ada, pot=closed, close_out="Done", key="first")
    closed.refresh_from_db()
    asked = {"close_out": "Done", "to_pot": closed if not fields else None, **fields}
    with pytest.raises(Invalid) as refused:
        pots.close_pot(by=ada, pot=pot, key="k", **asked)
    assert refused.value.field == at
    with pytest.raises(Invalid):
        pots.close_pot(by=ada, pot=pot, close_out="Done", to_pot=pot, key="k")


MOVES = {
    "invite": lambda pot, by: pot_people.invite(by=by, pot=pot, email=a_member().email),
    "new link": lambda pot, by: pot_people.new_link(by=by, pot=pot),
    "edit": lambda pot, by: pots.edit_pot(by=by, pot=pot, name="New", aim="Newer"),
    "ask": lambda pot, by: listings.post_listing(by=by, kind="request", title="Help", pot=pot),
    "propose": lambda pot, by: exchanges.propose(
        by=by, provider=a_member(), receiver=by, pot=pot, minutes=60, key=key()
    ),
    "give away": lambda pot, by: pots.give(by=by, from_pot=pot, to_pot=None, minutes=15, key=key()),
    "close": lambda pot, by: pots.close_pot(by=by, pot=pot, close_out="Done", key=key()),
}
ANYBODY = {
    "give to it": lambda pot, by: pots.give(by=by, to_pot=pot, minutes=15, key=key()),
    "join": lambda pot, by: pot_people.join(by=by, code=pot.join_code),
}


@pytest.mark.parametrize("move", MOVES)
def test_only_its_stewards_of_today_can_spend_from_and_change_a_pot(move):
    pot, one, two = two_stewards()
    pot_people.resign(by=two, pot=pot)
    joined = a_member()
    pot_people.join(by=joined, code=pot.join_code)
    people = {"steward": one, "was one": two, "joined": joined, "stranger": a_member(), "broker": a_broker()}
    may = set()
    for who, user in people.items():
        try:
            with transaction.atomic():
                MOVES[move](pot, user)
                may.add(who)
                raise ZeroDivisionError
        except (DomainError, ZeroDivisionError):
            pass
    assert may == {"steward"}
    User.objects.filter(pk=one.pk).update(suspended_at=timezone.now())
    one.refresh_from_db()
    with pytest.raises(DomainError):
        MOVES[move](pot, one)


@pytest.mark.parametrize("move", [name for name in {**MOVES, **ANYBODY} if name != "close"])
def test_a_closed_pot_can_do_nothing(move):
    ada = a_member()
    a_settled_exchange(ada, a_member(), 60)
    pot = a_pot(ada)
    pots.close_pot(by=ada, pot=pot, close_out="Done", key="k")
    pot.refresh_from_db()
    with pytest.raises(DomainError, match="closed"):
        {**MOVES, **ANYBODY}[move](pot, ada)
    assert credits_of(pot) == (0, 0)
    with pytest.raises(DomainError), transaction.atomic():
        a_draft(a_member(), pot=pot, sponsored_minutes=30)


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"aim": " "}, "aim"),
        ({"wanted_minutes": 0}, "wanted_minutes"),
    ],
)
def test_what_a_pot_cannot_be_is_said_at_its_field(fields, at):
    ada = a_member()
    pot = a_pot(ada)
    with pytest.raises(Invalid) as refused:
        pots.edit_pot(by=ada, pot=pot, **{"name": "New", "aim": "Newer", **fields})
    assert refused.value.field == at


def test_a_new_aim_is_what_the_hours_are_for_from_then_on():
    ada = a_member()
    pot = pots.edit_pot(by=ada, pot=a_pot(ada), name="Steady steps", aim="No falls", skills=[a_skill()])
    pot.purpose.refresh_from_db()
    assert (pot.aim, pot.purpose.label, list(pot.purpose.skills.all())) == ("No falls", "Steady steps", [a_skill()])


def test_the_database_keeps_one_open_invitation_one_membership_and_one_name_each():
    ada, ben = a_member(), a_member()
    pot = a_pot(ada)
    invitation = pot_people.invite(by=ada, pot=pot, email=ben.email)
    for model, fields in (
        (PotInvitation, {"invited_by": ada, "email": ben.email}),
        (PotMember, {}),
        (PotNamed, {}),
    ):
        model.objects.get_or_create(pot=pot, user=ben, defaults=fields)
        with pytest.raises(IntegrityError), transaction.atomic():
            model.objects.create(pot=pot, user=ben, **fields)
    with pytest.raises(IntegrityError), transaction.atomic():
        PotInvitation.objects.filter(pk=invitation.pk).update(answer="accepted")
