"""The bound: whatever throw-away accounts do among themselves, an accomplice who is known gets no more from them than the
first floor of each, and the ordinary floor of those few whom the accomplice may introduce.

With N accounts, of which K have become known: at most 2 h × N + 8 h × K, and K is at most 5 in thirty days for each
established accomplice, however large N is. Nothing that they pay each other raises it."""

import pytest
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from people.models import Standing
from tests.timebank.factories import a_member, a_pot, an_agreement, key, record
from tests.timebank.ledger.test_model import STORIES
from timebank.actions import ledger, pots
from timebank.actions import standing as actions
from timebank.models import Account, Policy
from timebank.queries.verification import findings
from ui.errors import DomainError

pytestmark = pytest.mark.django_db

THROWN_AWAY = 7
minutes = st.sampled_from([15, 30, 45, 60, 120, 240, 600])
places = st.integers(0, THROWN_AWAY - 1)


class Conspiracy(RuleBasedStateMachine):
    """Accounts of one person, and an established accomplice who plays along."""

    def __init__(self) -> None:
        super().__init__()
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.accomplice = a_member("Accomplice")
        self.thrown = [a_member(f"Throw-away {n}", known=False) for n in range(THROWN_AWAY)]
        self.pot = a_pot(self.thrown[0], 0)
        ledger.account_for(member=self.accomplice)
        self.policy = Policy.objects.in_force()

    def try_it(self, move) -> None:
        try:
            with transaction.atomic():
                move()
        except DomainError:
            pass

    def help(self, provider, receiver, minutes: int) -> None:
        def move() -> None:
            deal = an_agreement(provider, receiver, minutes)
            record(deal, provider, minutes)
            record(deal, receiver, minutes)

        self.try_it(move)

    @rule(giver=places, taker=places, minutes=minutes)
    def among_themselves(self, giver: int, taker: int, minutes: int) -> None:
        if giver != taker:
            self.help(self.thrown[giver], self.thrown[taker], minutes)

    @rule(payer=places, minutes=minutes)
    def pay_the_accomplice(self, payer: int, minutes: int) -> None:
        self.help(self.accomplice, self.thrown[payer], minutes)

    @rule(earner=places, minutes=minutes)
    def earn_from_the_accomplice(self, earner: int, minutes: int) -> None:
        self.help(self.thrown[earner], self.accomplice, minutes)

    @rule(giver=places, minutes=minutes)
    def give_to_their_pot(self, giver: int, minutes: int) -> None:
        self.try_it(lambda: pots.give(by=self.thrown[giver], to_pot=self.pot, minutes=minutes, key=key()))

    @rule(minutes=minutes)
    def the_pot_pays_the_accomplice(self, minutes: int) -> None:
        def move() -> None:
            deal = an_agreement(self.accomplice, self.thrown[0], minutes, pot=self.pot)
            record(deal, self.accomplice, minutes)
            record(deal, self.thrown[0], minutes)

        self.try_it(move)

    @rule()
    def what_waits_is_let_go_where_it_may(self) -> None:
        actions.sweep()

    @invariant()
    def the_accomplice_has_no_more_than_the_bound(self) -> None:
        introduced = Standing.objects.filter(member__in=self.thrown, known=True).count()
        first, ordinary = -self.policy.first_floor, -self.policy.member_floor
        assert introduced <= self.policy.introductions
        bound = first * THROWN_AWAY + (ordinary - first) * introduced
        gained = Account.objects.get(member=self.accomplice).balance
        assert gained <= bound, (gained, bound)
        if not introduced:
            assert gained <= first * THROWN_AWAY

    def teardown(self) -> None:
        try:
            assert findings() == []
        finally:
            transaction.set_rollback(True)
            self.undone.__exit__(None, None, None)


def test_the_bound_holds_whatever_they_do():
    run_state_machine_as_test(Conspiracy, settings=settings(STORIES, max_examples=max(1, STORIES.max_examples // 2)))
