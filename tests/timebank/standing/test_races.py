"""Newcomers with real connections: spending, becoming known, and letting go, all in the same second."""

import pytest

from people.actions import standing as people_standing
from people.models import Standing
from tests.timebank.factories import a_broker, a_member, an_administrator, an_agreement, record
from tests.timebank.ledger.books import gift, member
from tests.timebank.ledger.test_races import together
from timebank.actions import ledger, policy
from timebank.actions import standing as actions
from timebank.models import Account, Transfer, WaitingCredit
from timebank.queries.verification import findings

pytestmark = pytest.mark.realdb


def a_newcomers_account(name: str = "Nell Newcomer") -> Account:
    return ledger.account_for(member=member(name, known=False))


def now(account: Account) -> Account:
    account.refresh_from_db()
    return account


def refusals(results: list) -> int:
    unexpected = [
        result for result in results if isinstance(result, Exception) and not isinstance(result, ledger.NotEnough)
    ]
    assert not unexpected, unexpected
    return sum(isinstance(result, ledger.NotEnough) for result in results)


def test_two_spends_at_once_by_a_newcomer_go_no_deeper_than_the_first_floor(real_db):
    newcomer, others = a_newcomers_account(), [ledger.account_for(member=member()) for _n in range(4)]
    results = together([lambda to=to: gift(newcomer, to, 120) for to in others])
    assert refusals(results) == 3
    assert now(newcomer).balance == -120
    assert findings() == []


def test_two_newcomers_who_pass_on_at_once_what_they_received_stay_where_they_are(real_db):
    one, other, friend = (a_newcomers_account(name) for name in ("One", "Other", "Friend"))
    gift(one, other, 60)
    gift(other, one, 60)
    works = [lambda who=who: gift(who, friend, 60) for who in (one, other) for _n in range(3)]
    assert refusals(together(works)) == 4, "an hour is left to each"
    assert now(one).available == now(other).available == 0
    assert now(friend).available == 120
    assert findings() == []


def test_becoming_known_while_paying_neither_overdraws_nor_waits_for_ever(real_db):
    newcomer, old_hand, broker = a_newcomers_account(), ledger.account_for(member=member()), a_broker()
    works = [lambda: gift(newcomer, old_hand, 100) for _n in range(7)]
    works.insert(3, lambda: actions.vouch(by=broker, member=newcomer.member, reason="We met at the fair"))
    refused = refusals(together(works))
    assert 1 <= refused <= 6
    assert now(newcomer).balance == -100 * (7 - refused) and newcomer.floor == -600
    assert findings() == []


def test_known_on_three_grounds_in_one_moment_is_known_once(real_db):
    newcomer = a_newcomers_account()
    works = [
        lambda ground=ground: people_standing.begin(member=newcomer.member, ground=ground)
        for ground in ("import", "role", "address")
    ]
    assert sorted(together(works)) == [False, False, True]
    assert Standing.objects.filter(member=newcomer.member).count() == 1
    assert findings() == []


def test_an_account_opened_in_the_moment_of_becoming_known_has_the_floor_of_somebody_known(real_db):
    for _time in range(5):
        person = member(known=False)
        results = together(
            [
                lambda person=person: ledger.account_for(member=person),
                lambda person=person: people_standing.begin(member=person, ground="import"),
            ]
        )
        assert not [result for result in results if isinstance(result, Exception)], results
        opened = Account.objects.get(member=person)
        assert (opened.known, opened.floor) == (True, -600)
    assert findings() == []


def test_one_member_introduces_no_more_than_the_policy_says_however_many_settle_at_once(real_db):
    boss, old_hand = an_administrator(), a_member("Old Hand")
    policy.publish(policy=policy.draft(by=boss, reason="One at a time", introductions=1), by=boss)
    deals = []
    for _n in range(3):
        deal = an_agreement(old_hand, a_member(known=False), 60)
        record(deal, old_hand, 60)
        deals.append(deal)
    results = together([lambda deal=deal: record(deal, deal.receiver, 60) for deal in deals])
    assert not [result for result in results if isinstance(result, Exception)], results
    assert Standing.objects.filter(through=old_hand).count() == 1
    assert findings() == []


def test_letting_go_while_everybody_pays_meets_no_deadlock(real_db):
    newcomers = [a_newcomers_account(f"N{n}") for n in range(4)]
    for payer in newcomers:
        for payee in newcomers:
            if payer != payee:
                gift(payer, payee, 20)
    broker = a_broker()
    works = [lambda who=who: actions.vouch(by=broker, member=who.member, reason="Met") for who in newcomers[:2]]
    works += [lambda: actions.sweep(), lambda: actions.sweep()]
    works += [lambda a=a, b=b: gift(a, b, 15) for a in newcomers for b in newcomers if a.pk < b.pk]
    refusals(together(works))
    actions.sweep()
    open_rows = WaitingCredit.objects.filter(ended_at=None)
    assert not open_rows.filter(payer__known=True).exists() and not open_rows.filter(payee__known=True).exists()
    assert Transfer.objects.count() > 12
    assert findings() == []
