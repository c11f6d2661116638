"""With the guards switched off by a superuser the books can be spoilt; `verify_ledger` finds each kind of damage."""

import json
from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.timebank.factories import a_floor
from tests.timebank.ledger.books import account, exchange, gift, grant, sql, unique_key
from timebank.actions import ledger
from timebank.models import Account, LedgerCheck
from timebank.queries.verification import findings

pytestmark = pytest.mark.django_db

TABLES = ["account", "transfer", "entry", "hold", "idempotencykey", "waitingcredit"]


@contextmanager
def guards_off():
    """What only somebody with DDL can do."""
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    for table in TABLES:
        sql(f"ALTER TABLE timebank_{table} DISABLE TRIGGER ALL")
    yield
    for table in TABLES:
        sql(f"ALTER TABLE timebank_{table} ENABLE TRIGGER USER")
    for table, name in sql(
        "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgname LIKE 'ledger_%%' AND tgenabled <> 'A'"
    ):
        sql(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


def invariants() -> set[str]:
    return {finding.invariant for finding in findings()}


@pytest.fixture
def scene():
    """Books in good order, with something of everything in them."""
    ada, ben, cy = account(600, "Ada"), account(600, "Ben"), account(0, "Cy")
    hold = ledger.place_hold(account_id=ada.pk, minutes=60, exchange=None, by=None, key=unique_key())
    gift(ada, ben, 60, ends_hold=hold)
    ledger.place_hold(account_id=ada.pk, minutes=30, exchange=None, by=None, key=unique_key())
    paid = gift(ada, ben, 15)
    ledger.reverse(transfer=paid, by=None, reason="Wrong person", key=unique_key())
    ledger.close_account(account=cy, by=None, key=unique_key())
    ada.refresh_from_db()
    ben.refresh_from_db()
    return ada, ben, cy


def test_books_in_good_order_have_a_clean_bill(scene):
    assert findings() == []
    out = StringIO()
    call_command("verify_ledger", "--json", stdout=out)
    assert json.loads(out.getvalue())["ok"] is True


@pytest.mark.parametrize(
    ("invariant", "damage"),
    [
        ("I1", "UPDATE timebank_entry SET minutes = minutes + 1 WHERE account_id = '{ada}' AND account_version = 2"),
        ("I1", "DELETE FROM timebank_entry WHERE account_id = '{ben}' AND account_version = 2"),
        ("I1", "INSERT INTO timebank_transfer (kind, legs, memo) VALUES ('donation', 2, '')"),
        ("I1", "UPDATE timebank_entry SET minutes = 0 WHERE account_id = '{ada}' AND account_version = 2"),
        ("I2", "DELETE FROM timebank_entry WHERE account_id = '{ada}' AND account_version = 2"),
        ("I2", "UPDATE timebank_entry SET balance_after = 5 WHERE account_id = '{ada}' AND account_version = 2"),
        ("I3", "UPDATE timebank_account SET balance = balance + 60 WHERE id = '{ada}'"),
        ("I3", "UPDATE timebank_account SET held = 0 WHERE id = '{ada}'"),
        ("I3", "UPDATE timebank_account SET version = 9 WHERE id = '{ada}'"),
        ("I3", "UPDATE timebank_hold SET minutes = 45 WHERE state = 'active'"),
        ("I4", "UPDATE timebank_account SET floor = 9000 WHERE id = '{ada}'"),
        ("I4", "UPDATE timebank_account SET floor = NULL WHERE id = '{ada}'"),
        ("I4", "UPDATE timebank_account SET member_id = NULL WHERE id = '{ada}'"),
        ("I5", "UPDATE timebank_transfer SET kind = 'bribe' WHERE kind = 'donation'"),
        ("I5", "UPDATE timebank_transfer SET kind = 'donation' WHERE kind = 'reversal'"),
        ("I5", "UPDATE timebank_transfer SET hold_id = NULL"),
        ("I5", "UPDATE timebank_hold SET state = 'released' WHERE state = 'settled'"),
        ("I5", "UPDATE timebank_entry SET minutes = minutes * 2 WHERE account_version = 4"),
        ("I6", "DELETE FROM timebank_idempotencykey"),
        ("I7", "UPDATE timebank_account SET balance = balance + 60 WHERE system = 'issuance'"),
        ("I7", "UPDATE timebank_transfer SET kind = 'donation' WHERE kind = 'grant'"),
        ("I7", "UPDATE timebank_transfer SET memo = '' WHERE kind = 'reversal'"),
        ("I8", "UPDATE timebank_hold SET account_id = '{cy}' WHERE state = 'active'"),
    ],
)
def test_each_kind_of_damage_is_found(scene, invariant, damage):
    ada, ben, cy = scene
    with guards_off():
        sql(damage.format(ada=ada.pk, ben=ben.pk, cy=cy.pk))
    assert invariant in invariants()


def test_an_exchange_settled_twice_is_found(scene):
    ada, ben, _cy = scene
    agreed = exchange(ada, ben)
    legs = [(ada.pk, -60), (ben.pk, 60)]
    if ada.pk > ben.pk:
        legs.reverse()
    ledger.post(kind="exchange", legs=legs, by=None, key="one", exchange=agreed)
    ledger.post(kind="adjustment", legs=legs, by=None, key="two", exchange=agreed, memo="More")
    with guards_off():
        sql("DROP INDEX transfer_exchange_settles_once")
        sql("UPDATE timebank_transfer SET kind = 'exchange' WHERE kind = 'adjustment'")
    assert "I5" in invariants()


def test_a_write_off_from_issuance_while_the_community_pot_had_credits_is_found(scene):
    ada, _ben, _cy = scene
    grant(ledger.system_account(Account.COMMUNITY_POT), 60)
    grant(ada, 60)
    with guards_off():
        sql(
            "UPDATE timebank_transfer SET kind = 'write_off' WHERE id = (SELECT max(id::text)::uuid FROM timebank_transfer)"
        )
    assert "I7" in invariants()


def test_a_guard_that_is_switched_off_is_found_though_nothing_was_spoilt(scene):
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    sql("ALTER TABLE timebank_entry DISABLE TRIGGER ledger_append_only")
    assert [(f.invariant, f.id) for f in findings()] == [("I2", "timebank_entry")]


def test_under_the_floor_is_explained_by_a_reversal_or_a_change_of_floor(scene):
    ada, ben, _cy = scene
    gift(ada, ben, ada.available)
    a_floor(-300)
    ada.refresh_from_db()
    assert ada.available == -300
    assert findings() == []
    dora, eve = account(0, "Dora"), account(0, "Eve")
    paid = gift(eve, dora, 10)
    gift(dora, eve, 310)
    ledger.reverse(transfer=paid, by=None, reason="Wrong", key=unique_key())
    dora.refresh_from_db()
    assert dora.available == -10
    assert findings() == []


def test_the_command_lists_what_is_off_and_fails(scene):
    with guards_off():
        sql("UPDATE timebank_account SET balance = balance + 60 WHERE id = %s", scene[0].pk)
    out = StringIO()
    with pytest.raises(CommandError) as failure:
        call_command("verify_ledger", stdout=out)
    assert failure.value.returncode == 1
    assert str(scene[0].pk) in out.getvalue()


def test_the_nightly_check_keeps_what_it_found(scene):
    assert ledger.check_and_record().passed
    with guards_off():
        sql("UPDATE timebank_account SET balance = balance + 60 WHERE id = %s", scene[0].pk)
    ledger.check_and_record()
    kept = LedgerCheck.objects.latest()
    assert not kept.passed
    assert {finding["invariant"] for finding in kept.findings} == {"I3", "I7"}
