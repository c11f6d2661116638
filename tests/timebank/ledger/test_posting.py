"""Posting and reversing through the actions: what moves, what is said, and what a second try does."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.timebank.ledger.books import account, books, exchange, gift, grant, unique_key
from timebank.actions import ledger
from timebank.models import Account, Entry, Transfer
from timebank.queries.ledger import under_floor
from ui.errors import DomainError, Invalid

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return account(600, "Ada")


@pytest.fixture
def ben():
    return account(0, "Ben")


def test_a_posting_moves_minutes_and_says_what_each_account_had_after(ada, ben):
    transfer = gift(ada, ben, 90, memo="Thank you")
    assert list(
        Entry.objects.filter(transfer=transfer).order_by("minutes").values_list("minutes", "balance_after")
    ) == [
        (-90, 510),
        (90, 90),
    ]
    kept = Transfer.objects.get(pk=transfer.pk)
    assert (kept.kind, kept.legs, kept.actor, kept.memo) == ("donation", 2, ada.member, "Thank you")
    assert kept.created_at == transfer.created_at


def test_a_posting_is_one_round_trip(ada, ben):
    legs = [(ada.pk, -60), (ben.pk, 60)]
    by = ada.member
    with CaptureQueriesContext(connection) as queries:
        ledger.post(kind="donation", legs=legs, by=by, key=unique_key())
    assert len(queries) == 1


def test_many_legs_move_together(ada, ben):
    cy = account(60, "Cy")
    ledger.post(kind="group_session", legs=[(ada.pk, -50), (cy.pk, -51), (ben.pk, 101)], by=None, key=unique_key())
    assert [a.balance for a in Account.objects.filter(pk__in=[ada.pk, ben.pk, cy.pk]).order_by("balance")] == [
        9,
        101,
        550,
    ]


def test_not_enough_says_what_there_is_and_what_is_missing(ada, ben):
    before = books()
    with pytest.raises(ledger.NotEnough) as refusal:
        gift(ada, ben, 1290)
    assert str(refusal.value) == "There is not enough in the account: 20 h can be spent, and 1 h 30 is missing."
    assert (refusal.value.available, refusal.value.missing, refusal.value.status) == (1200, 90, 409)
    assert books() == before


def test_the_callers_transaction_lives_on_after_not_enough(ada, ben):
    with pytest.raises(ledger.NotEnough):
        gift(ada, ben, 9999)
    gift(ada, ben, 60)
    assert Account.objects.get(pk=ben.pk).balance == 60


def test_everything_down_to_the_floor_can_be_spent_and_no_minute_more(ada, ben):
    gift(ada, ben, 1200)
    with pytest.raises(ledger.NotEnough):
        gift(ada, ben, 1)


def test_the_same_request_again_gives_the_first_result_and_moves_nothing(ada, ben):
    first = gift(ada, ben, 60, key="tap")
    before = books()
    again = gift(ada, ben, 60, key="tap")
    assert (again.pk, again.created_at, again.replayed) == (first.pk, first.created_at, True)
    assert books() == before


def test_a_replay_comes_before_any_check(ada, ben):
    first = gift(ada, ben, 1200, key="all of it")
    assert gift(ada, ben, 1200, key="all of it").pk == first.pk


def test_a_replay_does_not_depend_on_the_order_of_the_legs(ada, ben):
    legs = [(ada.pk, -60), (ben.pk, 60)]
    first = ledger.post(kind="donation", legs=legs, by=None, key="k")
    assert ledger.post(kind="donation", legs=legs[::-1], by=None, key="k").pk == first.pk


@pytest.mark.parametrize("other", [{"memo": "another"}, {"minutes": 61}])
def test_the_key_with_another_request_is_refused(ada, ben, other):
    gift(ada, ben, 60, key="tap")
    before = books()
    with pytest.raises(ledger.KeyUsed):
        gift(ada, ben, other.pop("minutes", 60), key="tap", **other)
    assert books() == before


def test_two_people_may_use_the_same_key(ada, ben):
    grant(ben, 60)
    gift(ada, ben, 60, key="1")
    gift(ben, ada, 60, key="1")
    assert Account.objects.get(pk=ada.pk).balance == 600


def test_a_key_of_a_hold_is_not_used_for_a_transfer(ada, ben):
    ledger.place_hold(account_id=ada.pk, minutes=60, exchange=None, by=ada.member, key="once")
    with pytest.raises(ledger.KeyUsed):
        gift(ada, ben, 60, key="once")


def test_a_failed_request_leaves_no_key(ada, ben):
    with pytest.raises(ledger.NotEnough):
        gift(ada, ben, 1260, key="again")
    grant(ada, 60)
    assert not gift(ada, ben, 1260, key="again").replayed


@pytest.mark.parametrize(
    "minutes", [0, -60, 1.5, True, "60", 3_000_000_000], ids=["zero", "negative", "part", "bool", "text", "huge"]
)
def test_amounts_that_cannot_be_are_refused_in_words(ada, ben, minutes):
    before = books()
    with pytest.raises(Invalid) as error:
        ledger.place_hold(account_id=ada.pk, minutes=minutes, exchange=None, by=None, key=unique_key())
    assert str(error.value).endswith(".")
    assert error.value.field == "minutes"
    assert books() == before


@pytest.mark.parametrize("legs", [[], [60], [60, -61], [60, -60, 0], [1.5, -1.5]])
def test_legs_that_cannot_be_are_refused(ada, ben, legs):
    accounts = [ada, ben, account(0, "Cy")]
    with pytest.raises(Invalid):
        ledger.post(
            kind="donation", legs=[(accounts[n].pk, minutes) for n, minutes in enumerate(legs)], by=None, key="k"
        )


def test_what_needs_a_reason_says_so_before_anything_is_written(ada, ben):
    with pytest.raises(Invalid) as error:
        ledger.post(kind="adjustment", legs=[(ada.pk, -60), (ben.pk, 60)], by=None, key="k", memo=" ")
    assert error.value.field == "memo"


def test_an_account_does_not_pay_itself(ada):
    with pytest.raises(Invalid, match="cannot pay itself"):
        gift(ada, ada, 60)


@pytest.mark.parametrize("key", ["", "k" * 201])
def test_every_posting_has_a_key(ada, ben, key):
    with pytest.raises(Invalid):
        gift(ada, ben, 60, key=key)


def test_an_unknown_account_is_refused(ada):
    with pytest.raises(DomainError, match="no such account"):
        ledger.post(kind="donation", legs=[(ada.pk, -60), (ada.member.pk, 60)], by=None, key="k")


def test_a_closed_account_takes_nothing(ada, ben):
    ledger.close_account(account=ben, by=None, key=unique_key())
    with pytest.raises(DomainError, match="closed"):
        gift(ada, ben, 60)


def test_an_exchange_settles_once_and_a_dispute_may_add_to_it(ada, ben):
    agreed = exchange(ada, ben)
    legs = [(ada.pk, -60), (ben.pk, 60)]
    ledger.post(kind="exchange", legs=legs, by=None, key="settle", exchange=agreed)
    with pytest.raises(DomainError, match="settled already"):
        ledger.post(kind="exchange", legs=legs, by=None, key="settle again", exchange=agreed)
    ledger.post(kind="adjustment", legs=legs, by=None, key="decided", memo="The broker decided", exchange=agreed)
    assert Account.objects.get(pk=ben.pk).balance == 120


class TestReversing:
    def test_it_is_undone_whole_and_says_why(self, ada, ben):
        paid = gift(ada, ben, 60)
        back = ledger.reverse(transfer=paid, by=ben.member, reason="Wrong person", key=unique_key())
        assert (back.reverses_id, back.memo, Account.objects.get(pk=ada.pk).balance) == (paid.pk, "Wrong person", 600)

    def test_it_may_take_an_account_under_its_floor_which_then_shows(self, ada, ben):
        paid = gift(ada, ben, 60)
        cy = account(0, "Cy")
        gift(ben, cy, 660)
        assert not under_floor()
        ledger.reverse(transfer=paid, by=None, reason="Wrong person", key=unique_key())
        assert [a.pk for a in under_floor()] == [ben.pk]
        with pytest.raises(ledger.NotEnough) as refusal:
            gift(ben, cy, 30)
        assert "0 h can be spent" in str(refusal.value)
        gift(cy, ben, 60)

    def test_the_same_reversal_again_is_the_first(self, ada, ben):
        paid = gift(ada, ben, 60)
        first = ledger.reverse(transfer=paid, by=None, reason="Wrong", key="undo")
        assert ledger.reverse(transfer=paid, by=None, reason="Wrong", key="undo").pk == first.pk

    def test_not_twice_not_without_reason_and_not_a_reversal(self, ada, ben):
        paid = gift(ada, ben, 60)
        with pytest.raises(Invalid):
            ledger.reverse(transfer=paid, by=None, reason=" ", key="a")
        back = ledger.reverse(transfer=paid, by=None, reason="Wrong", key="b")
        with pytest.raises(DomainError, match="reversed already"):
            ledger.reverse(transfer=paid, by=None, reason="Wrong", key="c")
        with pytest.raises(DomainError, match="cannot be reversed"):
            ledger.reverse(transfer=back, by=None, reason="Wrong", key="d")


class TestClosing:
    def test_credits_go_to_the_community_pot(self, ada):
        ledger.close_account(account=ada, by=ada.member, key="bye")
        assert ledger.system_account(Account.COMMUNITY_POT).balance == 600
        ada.refresh_from_db()
        assert (ada.balance, ada.closed_at is None) == (0, False)

    def test_a_debt_is_written_off_by_the_community_pot_and_the_rest_by_issuance(self, ada, ben):
        gift(ben, ada, 100)
        community = ledger.system_account(Account.COMMUNITY_POT)
        grant(community, 40)
        ledger.close_account(account=ben, by=None, key="bye")
        community.refresh_from_db()
        assert community.balance == 0
        assert Account.objects.get(pk=ben.pk).closed_at is not None
        write_off = Transfer.objects.get(kind="write_off")
        assert sorted(write_off.entries.values_list("minutes", flat=True)) == [-60, -40, 100]

    def test_not_while_credits_are_held(self, ada):
        ledger.place_hold(account_id=ada.pk, minutes=60, exchange=None, by=None, key=unique_key())
        with pytest.raises(DomainError, match="1 h is still held"):
            ledger.close_account(account=ada, by=None, key="bye")

    def test_a_second_click_is_harmless(self, ada):
        ledger.close_account(account=ada, by=None, key="bye")
        ledger.close_account(account=ada, by=None, key="bye again")
        assert ledger.system_account(Account.COMMUNITY_POT).balance == 600
