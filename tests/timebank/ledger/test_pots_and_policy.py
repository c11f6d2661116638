"""Pots, grants and the policy through their actions."""

import pytest

from people.models import RoleGrant
from tests.timebank.ledger.books import account, grant, member, unique_key
from timebank.actions import ledger, policy, pots
from timebank.models import Account, FloorChange, Policy
from ui.errors import Invalid, NotAllowed

pytestmark = pytest.mark.django_db


def test_a_member_opens_a_project_pot_and_others_give_to_it():
    ada, ben = account(600, "Ada"), account(600, "Ben")
    pot = pots.open_pot(by=ada.member, kind="project", name="Falls on ward 7", aim="Fewer falls", wanted_minutes=600)
    pots.give(by=ben.member, to_pot=pot, minutes=60, key=unique_key())
    assert ledger.account_for(pot=pot).balance == 60
    assert pot.purpose.label == "Falls on ward 7"
    with pytest.raises(NotAllowed):
        pots.give(by=ben.member, to_pot=None, from_pot=pot, minutes=30, key=unique_key())
    pots.give(by=ada.member, to_pot=None, from_pot=pot, minutes=30, key=unique_key())
    assert ledger.system_account(Account.COMMUNITY_POT).balance == 30


def test_a_gift_never_takes_a_member_below_zero():
    ada = account(0, "Ada")
    pot = pots.open_pot(by=ada.member, kind="project", name="Falls on ward 7")
    there = ledger.account_for(pot=pot)
    grant(there, 60)
    giver = ledger.account_for(member=ada.member)
    with pytest.raises(Invalid, match="no hours to give"):
        pots.give(by=ada.member, to_pot=pot, minutes=1, key=unique_key())
    grant(giver, 113)
    for minutes in (114, 100_000):  # within the floor, and beyond it
        with pytest.raises(Invalid, match="You have 1 h 53 to give") as refused:
            pots.give(by=ada.member, to_pot=pot, minutes=minutes, key=unique_key())
        assert refused.value.field == "minutes"
    there.refresh_from_db(), giver.refresh_from_db()
    assert (giver.balance, there.balance) == (113, 60)
    key = unique_key()
    gifts = {pots.give(by=ada.member, to_pot=pot, minutes=113, key=key).pk for _click in range(2)}
    giver.refresh_from_db()
    assert len(gifts) == 1 and giver.balance == 0


def test_an_allowance_comes_from_the_fund_and_no_further():
    fund = pots.open_pot(by=None, kind="wave_fund", name="Wave 1")
    allowance = pots.open_pot(by=None, kind="innovation", name="An idea")
    grant(ledger.account_for(pot=fund), 600)
    pots.fund_allowance(by=None, fund=fund, pot=allowance, minutes=600, key=unique_key())
    with pytest.raises(ledger.NotEnough):
        pots.fund_allowance(by=None, fund=fund, pot=allowance, minutes=1, key=unique_key())


def test_a_grant_needs_a_role_and_a_reason():
    ada = account(0, "Ada")
    with pytest.raises(NotAllowed):
        pots.grant(by=ada.member, to_account=ada, minutes=60, reason="For me", key=unique_key())
    with pytest.raises(Invalid):
        pots.grant(by=None, to_account=ada, minutes=60, reason=" ", key=unique_key())


def test_a_hold_grows_and_does_not_shrink():
    ada = account(600, "Ada")
    hold = ledger.place_hold(account_id=ada.pk, minutes=60, exchange=None, by=None, key=unique_key())
    assert ledger.grow_hold(hold_id=hold.pk, minutes=90, by=None, key=unique_key()).minutes == 90
    with pytest.raises(Invalid):
        ledger.grow_hold(hold_id=hold.pk, minutes=30, by=None, key=unique_key())
    with pytest.raises(ledger.NotEnough):
        ledger.grow_hold(hold_id=hold.pk, minutes=1201, by=None, key=unique_key())


def test_a_new_policy_rewrites_floors_and_needs_an_administrator():
    ada, boss = account(0, "Ada"), member("Bo Boss")
    with pytest.raises(NotAllowed):
        policy.draft(by=boss, reason="Tighter", member_floor=-300)
    RoleGrant.objects.create(user=boss, role="administrator", reason="Test", by=boss)
    boss.__dict__.pop("_live_grants", None)
    policy.publish(policy=policy.draft(by=boss, reason="Tighter", member_floor=-300), by=boss)
    ada.refresh_from_db()
    assert (Policy.objects.in_force().member_floor, ada.floor) == (-300, -300)
    assert FloorChange.objects.get(account=ada).after == -300
