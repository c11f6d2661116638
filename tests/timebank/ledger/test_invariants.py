"""Raw SQL, as the owner of the tables, tries to break each of the eight invariants. The database refuses every time.

LG001 … LG008 are the SQLSTATEs of I1 … I8; 23505 is a unique index and 23514 a check constraint.
"""

import pytest

from tests.timebank.factories import a_floor
from tests.timebank.ledger.books import account, exchange, gift, grant, refused, sql, unique_key
from timebank.actions import ledger
from timebank.models import Account

pytestmark = pytest.mark.django_db

NEW_TRANSFER = """INSERT INTO timebank_transfer (kind, legs, memo, exchange_id, reverses_id, hold_id)
                  VALUES (%s, %s, %s, %s, %s, %s) RETURNING id"""


def transfer(kind="donation", legs=2, memo="", exchange_id=None, reverses_id=None, hold_id=None):
    """A transfer without entries, put in by hand."""
    return sql(NEW_TRANSFER, kind, legs, memo, exchange_id, reverses_id, hold_id)[0][0]


def entry(transfer_id, to, minutes, *, version=None, balance=None):
    """An entry put in by hand; correct unless told otherwise."""
    [(now, at)] = sql("SELECT balance, version FROM timebank_account WHERE id = %s", to.pk)
    sql(
        """INSERT INTO timebank_entry (account_id, account_version, transfer_id, minutes, balance_after)
           VALUES (%s, %s, %s, %s, %s)""",
        to.pk, at + 1 if version is None else version, transfer_id, minutes, now + minutes if balance is None else balance,
    )  # fmt: skip


@pytest.fixture
def ada():
    return account(600, "Ada")


@pytest.fixture
def ben():
    return account(600, "Ben")


@pytest.fixture
def issuance():
    return ledger.system_account(Account.ISSUANCE)


@pytest.fixture
def community():
    return ledger.system_account(Account.COMMUNITY_POT)


def test_a_correct_transfer_by_hand_is_accepted_so_the_refusals_below_mean_something(ada, ben):
    made = transfer()
    entry(made, ada, -60)
    entry(made, ben, 60)
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    ada.refresh_from_db()
    assert (ada.balance, ada.version) == (540, 2)


class TestI1EntriesSumToZero:
    def test_entries_that_do_not_balance(self, ada, ben):
        with refused("LG001"):
            made = transfer()
            entry(made, ada, -60)
            entry(made, ben, 61)

    def test_a_single_entry(self, ada):
        with refused("LG001"):
            entry(transfer(), ada, 60)

    def test_a_transfer_that_says_it_has_one_leg(self):
        with refused("23514"):
            transfer(legs=1)

    def test_a_transfer_without_entries(self):
        with refused("LG001"):
            transfer()

    def test_two_entries_of_one_account(self, ada):
        with refused("23505"):
            made = transfer()
            entry(made, ada, 60)
            entry(made, ada, -60)

    def test_a_zero_entry(self, ada):
        with refused("23514"):
            entry(transfer(), ada, 0)

    def test_balanced_legs_added_to_an_old_transfer(self, ada, ben):
        old = gift(ada, ben, 60)
        cy, di = account(600, "Cy"), account(600, "Di")
        with refused("LG001"):
            entry(old.pk, cy, -30)
            entry(old.pk, di, 30)

    def test_entries_of_a_transfer_that_does_not_exist(self, ada):
        with refused("LG001"):
            entry("00000000-0000-7000-8000-000000000000", ada, 60)


class TestI2AppendOnly:
    @pytest.mark.parametrize("table", ["entry", "transfer", "idempotencykey", "floorchange"])
    @pytest.mark.parametrize("verb", ["DELETE FROM timebank_{}", "TRUNCATE timebank_{} CASCADE"])
    def test_nothing_is_taken_away(self, ada, ben, table, verb):
        gift(ada, ben, 60)
        sql("SET CONSTRAINTS ALL IMMEDIATE")
        with refused("LG002"):
            sql(verb.format(table))

    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE timebank_entry SET minutes = minutes * 2",
            "UPDATE timebank_entry SET minutes = -minutes, balance_after = 0",
            "UPDATE timebank_entry SET transfer_id = (SELECT min(id::text)::uuid FROM timebank_transfer)",
            "UPDATE timebank_entry SET account_id = (SELECT max(id::text)::uuid FROM timebank_account)",
            "UPDATE timebank_transfer SET memo = 'something else'",
            "UPDATE timebank_transfer SET created_at = now() - interval '1 year'",
            "UPDATE timebank_transfer SET actor_id = NULL WHERE false",
            "UPDATE timebank_idempotencykey SET key = key || '!'",
            "INSERT INTO timebank_entry SELECT * FROM timebank_entry LIMIT 1 "
            "ON CONFLICT (account_id, account_version) DO UPDATE SET minutes = 1",
        ],
    )
    def test_nothing_is_changed(self, ada, ben, change):
        gift(ada, ben, 60)
        with refused("LG002"):
            sql(change)

    def test_a_leg_is_not_moved_between_transfers(self, ada, ben):
        one, other = gift(ada, ben, 60), gift(ada, ben, 60)
        with refused("LG002"):
            sql("UPDATE timebank_entry SET transfer_id = %s WHERE transfer_id = %s", other.pk, one.pk)

    def test_replication_mode_does_not_switch_the_guards_off(self, ada, ben):
        gift(ada, ben, 60)
        sql("SET CONSTRAINTS ALL IMMEDIATE")
        sql("SET LOCAL session_replication_role = replica")
        with refused("LG002"):
            sql("DELETE FROM timebank_entry")
        with refused("LG003"):
            sql("UPDATE timebank_account SET balance = balance + 60")


class TestI3OnlyEntriesAndHoldsMoveAccounts:
    @pytest.mark.parametrize(
        "change",
        [
            "balance = balance + 60",
            "held = held + 60",
            "version = version + 1",
            "version = version - 1",
            "balance = 0, version = 0",
            "balance = balance + 60, version = version + 1",
            "id = uuidv7()",
        ],
    )
    def test_no_other_change(self, ada, change):
        with refused("LG003"):
            sql(f"UPDATE timebank_account SET {change} WHERE id = %s", ada.pk)

    def test_not_even_back_to_an_older_entry(self, ada, ben):
        gift(ada, ben, 60)
        with refused("LG003"):
            sql("UPDATE timebank_account SET balance = 600, version = 1 WHERE id = %s", ada.pk)

    def test_an_account_does_not_change_hands(self, ada, ben):
        with refused("LG003"):
            sql("UPDATE timebank_account SET member_id = NULL, system = 'community_pot' WHERE id = %s", ada.pk)

    @pytest.mark.parametrize(
        ("columns", "values"), [("balance", "60"), ("held", "60"), ("version", "1"), ("closed_at", "now()")]
    )
    def test_an_account_opens_empty(self, actor, columns, values):
        with refused("LG003"):
            sql(f"INSERT INTO timebank_account (member_id, floor, {columns}) VALUES (%s, -600, {values})", actor.pk)

    @pytest.mark.parametrize("verb", ["DELETE FROM timebank_account", "TRUNCATE timebank_account CASCADE"])
    def test_accounts_stay(self, ada, verb):
        sql("SET CONSTRAINTS ALL IMMEDIATE")
        with refused("LG003"):
            sql(verb)

    def test_an_entry_with_a_version_that_is_not_the_next(self, ada):
        with refused("LG003"):
            entry(transfer(), ada, 60, version=7)

    def test_an_entry_with_a_version_that_was_used(self, ada):
        with refused("23505"):
            entry(transfer(), ada, 60, version=1)

    def test_an_entry_whose_balance_does_not_follow(self, ada):
        with refused("LG003"):
            entry(transfer(), ada, 60, balance=6000)

    def test_several_entries_at_once_whose_balances_do_not_follow(self, ada, ben):
        with refused("LG003"):
            made = [transfer(), transfer()]
            sql(
                """INSERT INTO timebank_entry (account_id, account_version, transfer_id, minutes, balance_after)
                   VALUES (%s, 2, %s, 60, 6000), (%s, 3, %s, 60, 720)""",
                ada.pk, made[0], ada.pk, made[1],
            )  # fmt: skip

    def test_several_correct_entries_at_once_are_accepted(self, ada, ben):
        made = [transfer(), transfer()]
        sql(
            """INSERT INTO timebank_entry (account_id, account_version, transfer_id, minutes, balance_after)
               VALUES (%s, 2, %s, 60, 660), (%s, 3, %s, -30, 630), (%s, 2, %s, -60, 540), (%s, 3, %s, 30, 570)""",
            ada.pk, made[0], ada.pk, made[1], ben.pk, made[0], ben.pk, made[1],
        )  # fmt: skip
        sql("SET CONSTRAINTS ALL IMMEDIATE")
        ada.refresh_from_db()
        assert (ada.balance, ada.version) == (630, 3)


class TestI4Floor:
    def test_a_posting_under_the_floor(self, ada, ben):
        with refused("LG004"):
            made = transfer()
            entry(made, ada, -1201)
            entry(made, ben, 1201)

    def test_a_posting_that_would_spend_what_is_held(self, ada, ben):
        ledger.place_hold(account_id=ada.pk, minutes=1000, exchange=None, by=None, key=unique_key())
        with refused("LG004"):
            made = transfer()
            entry(made, ada, -201)
            entry(made, ben, 201)

    def test_a_hold_under_the_floor(self, ada):
        with refused("LG004"):
            sql("INSERT INTO timebank_hold (account_id, minutes) VALUES (%s, 1201)", ada.pk)

    def test_a_hold_that_grows_under_the_floor(self, ada):
        hold = ledger.place_hold(account_id=ada.pk, minutes=1000, exchange=None, by=None, key=unique_key())
        with refused("LG004"):
            sql("UPDATE timebank_hold SET minutes = 1201 WHERE id = %s", hold.pk)

    def test_under_the_floor_one_may_earn_but_not_spend(self, ada, ben):
        gift(ada, ben, ada.available)
        a_floor(-300)
        made = transfer()
        entry(made, ada, 60)
        entry(made, ben, -60)
        with refused("LG004"):
            made = transfer()
            entry(made, ada, -1)
            entry(made, ben, 1)

    def test_only_issuance_has_no_floor(self, ada):
        with refused("23514"):
            sql("UPDATE timebank_account SET floor = NULL WHERE id = %s", ada.pk)
        with refused("23514"):
            sql("UPDATE timebank_account SET floor = 0 WHERE system = 'issuance'")


class TestI5OnceOnly:
    def test_an_exchange_settles_once(self, ada, ben):
        agreed = exchange(ada, ben)
        made = transfer("exchange", exchange_id=agreed.pk)
        entry(made, ada, -60)
        entry(made, ben, 60)
        with refused("23505"):
            transfer("exchange", exchange_id=agreed.pk)

    def test_an_exchange_settlement_names_its_exchange(self):
        with refused("23514"):
            transfer("exchange")

    def test_a_second_reversal(self, ada, ben):
        paid = gift(ada, ben, 60)
        ledger.reverse(transfer=paid, by=None, reason="Wrong person", key=unique_key())
        with refused("23505"):
            made = transfer("reversal", memo="Again", reverses_id=paid.pk)
            entry(made, ada, 60)
            entry(made, ben, -60)

    def test_a_reversal_of_other_minutes(self, ada, ben):
        paid = gift(ada, ben, 60)
        with refused("LG005"):
            made = transfer("reversal", memo="Half", reverses_id=paid.pk)
            entry(made, ada, 30)
            entry(made, ben, -30)

    def test_a_reversal_in_the_same_direction(self, ada, ben):
        paid = gift(ada, ben, 60)
        with refused("LG005"):
            made = transfer("reversal", memo="Twice", reverses_id=paid.pk)
            entry(made, ada, -60)
            entry(made, ben, 60)

    def test_a_reversal_between_other_accounts(self, ada, ben):
        paid = gift(ada, ben, 60)
        cy = account(600, "Cy")
        with refused("LG005"):
            made = transfer("reversal", memo="Cy pays", reverses_id=paid.pk)
            entry(made, ada, 60)
            entry(made, cy, -60)

    def test_a_reversal_with_more_legs(self, ada, ben):
        paid = gift(ada, ben, 60)
        cy = account(600, "Cy")
        di = account(600, "Di")
        with refused("LG005"):
            made = transfer("reversal", memo="And more", legs=4, reverses_id=paid.pk)
            entry(made, ada, 60)
            entry(made, ben, -60)
            entry(made, cy, 10)
            entry(made, di, -10)

    def test_a_reversal_of_a_reversal(self, ada, ben):
        back = ledger.reverse(transfer=gift(ada, ben, 60), by=None, reason="Wrong person", key=unique_key())
        with refused("LG005"):
            made = transfer("reversal", memo="Undo the undoing", reverses_id=back.pk)
            entry(made, ada, -60)
            entry(made, ben, 60)

    def test_a_reversal_says_what_it_reverses_and_nothing_else_does(self, ada, ben):
        paid = gift(ada, ben, 60)
        with refused("23514"):
            transfer("reversal", memo="Of nothing")
        with refused("23514"):
            transfer("donation", reverses_id=paid.pk)

    @pytest.mark.parametrize("state", ["released", "expired"])
    @pytest.mark.parametrize("back", ["active", "released", "expired", "settled"])
    def test_a_hold_ends_once_and_never_comes_back(self, ada, state, back):
        hold = ledger.place_hold(account_id=ada.pk, minutes=60, exchange=None, by=None, key=unique_key())
        ledger.end_hold(hold_id=hold.pk, state=state, by=None, key=unique_key())
        ended = "NULL" if back == "active" else "now()"
        with refused("LG005"):
            sql(f"UPDATE timebank_hold SET state = %s, ended_at = {ended} WHERE id = %s", back, hold.pk)

    @pytest.mark.parametrize(
        "change",
        [
            "minutes = 30",
            "state = 'settled', ended_at = now()",
            "state = 'released', ended_at = now(), minutes = 90",
            "placed_at = now() - interval '1 day'",
            "account_id = (SELECT id FROM timebank_account WHERE system = 'community_pot')",
        ],
    )
    def test_a_hold_only_grows_or_ends(self, ada, change):
        hold = ledger.place_hold(account_id=ada.pk, minutes=60, exchange=None, by=None, key=unique_key())
        with refused("LG005"):
            sql(f"UPDATE timebank_hold SET {change} WHERE id = %s", hold.pk)

    def test_a_hold_begins_active(self, ada):
        with refused("LG005"):
            sql(
                "INSERT INTO timebank_hold (account_id, minutes, state, ended_at) VALUES (%s, 60, 'released', now())",
                ada.pk,
            )

    @pytest.mark.parametrize("verb", ["DELETE FROM timebank_hold", "TRUNCATE timebank_hold CASCADE"])
    def test_holds_stay(self, ada, verb):
        ledger.place_hold(account_id=ada.pk, minutes=60, exchange=None, by=None, key=unique_key())
        sql("SET CONSTRAINTS ALL IMMEDIATE")
        with refused("LG003"):
            sql(verb)

    def test_a_transfer_that_names_a_hold_without_settling_it(self, ada, ben):
        hold = ledger.place_hold(account_id=ada.pk, minutes=60, exchange=None, by=None, key=unique_key())
        with refused("LG005"):
            made = transfer(hold_id=hold.pk)
            entry(made, ada, -60)
            entry(made, ben, 60)

    def test_a_hold_is_settled_by_one_transfer_only(self, ada, ben):
        hold = ledger.place_hold(account_id=ada.pk, minutes=60, exchange=None, by=None, key=unique_key())
        gift(ada, ben, 60, ends_hold=hold)
        with refused("23505"):
            transfer(hold_id=hold.pk)


class TestI6KeysOnce:
    def test_one_actor_uses_a_key_once_across_transfers_and_holds(self, ada, ben):
        gift(ada, ben, 60, key="tap-1")
        hold = ledger.place_hold(account_id=ada.pk, minutes=60, exchange=None, by=None, key=unique_key())
        with refused("23505"):
            sql(
                "INSERT INTO timebank_idempotencykey (actor_id, key, request_hash, hold_id) VALUES (%s, %s, '', %s)",
                ada.member_id, "tap-1", hold.pk,
            )  # fmt: skip

    def test_no_actor_counts_as_one(self, ada):
        hold = ledger.place_hold(account_id=ada.pk, minutes=60, exchange=None, by=None, key="auto:1")
        with refused("23505"):
            sql(
                "INSERT INTO timebank_idempotencykey (key, request_hash, hold_id) VALUES (%s, '', %s)",
                "auto:1", hold.pk,
            )  # fmt: skip

    def test_a_key_is_something_and_has_one_result(self, ada):
        with refused("23514"):
            sql("INSERT INTO timebank_idempotencykey (key, request_hash) VALUES ('nothing', '')")


class TestI7CreditsComeFromIssuance:
    @pytest.mark.parametrize("kind", ["donation", "allowance", "tariff", "adjustment", "leaver_sweep"])
    def test_not_by_another_kind(self, ada, issuance, kind):
        with refused("LG007"):
            made = transfer(kind, memo="Because")
            entry(made, issuance, -60)
            entry(made, ada, 60)

    @pytest.mark.parametrize("kind", ["grant", "write_off", "adjustment"])
    def test_a_grant_a_write_off_and_an_adjustment_need_a_reason(self, kind):
        with refused("23514"):
            transfer(kind)

    def test_a_kind_that_there_is_not(self, ada, ben):
        with refused("23514"):
            made = transfer("bribe")
            entry(made, ada, -60)
            entry(made, ben, 60)

    def test_a_grant_does_not_take_credits_away(self, ada, issuance):
        with refused("LG007"):
            made = transfer("grant", memo="Taken back")
            entry(made, ada, -60)
            entry(made, issuance, 60)

    def test_reversing_a_grant_returns_them(self, issuance):
        dee = account(0, "Dee")
        made = ledger.post(
            kind="grant", legs=[(issuance.pk, -60), (dee.pk, 60)], by=None, key=unique_key(), memo="By mistake"
        )
        ledger.reverse(transfer=made, by=None, reason="It was for Di", key=unique_key())
        issuance.refresh_from_db()
        dee.refresh_from_db()
        assert (issuance.balance, dee.balance) == (0, 0)

    def test_a_write_off_while_the_community_pot_has_credits(self, ada, issuance, community):
        grant(community, 30)
        with refused("LG007"):
            made = transfer("write_off", memo="A leaver's debt")
            entry(made, issuance, -60)
            entry(made, ada, 60)

    def test_a_write_off_where_it_is_empty(self, ada, issuance):
        made = transfer("write_off", memo="A leaver's debt")
        entry(made, issuance, -60)
        entry(made, ada, 60)
        sql("SET CONSTRAINTS ALL IMMEDIATE")

    def test_issuance_promises_nothing(self, issuance):
        with refused("LG007"):
            sql("INSERT INTO timebank_hold (account_id, minutes) VALUES (%s, 60)", issuance.pk)


class TestI8ClosedAccounts:
    @pytest.fixture
    def gone(self):
        leaver = account(0, "Lee Leaver")
        Account.objects.filter(pk=leaver.pk).update(closed_at="2026-01-01T00:00Z")
        leaver.refresh_from_db()
        return leaver

    def test_no_entry(self, ada, gone):
        with refused("LG008"):
            made = transfer()
            entry(made, ada, -60)
            entry(made, gone, 60)

    def test_no_hold(self, gone):
        with refused("LG008"):
            sql("INSERT INTO timebank_hold (account_id, minutes) VALUES (%s, 60)", gone.pk)

    def test_not_with_a_balance(self, ada):
        with refused("23514"):
            sql("UPDATE timebank_account SET closed_at = now() WHERE id = %s", ada.pk)

    def test_not_with_a_hold(self):
        empty = account(0, "Em")
        ledger.place_hold(account_id=empty.pk, minutes=60, exchange=None, by=None, key=unique_key())
        with refused("23514"):
            sql("UPDATE timebank_account SET closed_at = now() WHERE id = %s", empty.pk)

    def test_it_does_not_open_again(self, gone):
        with refused("LG008"):
            sql("UPDATE timebank_account SET closed_at = NULL WHERE id = %s", gone.pk)


class TestWhoOwnsAnAccount:
    def test_exactly_one_of_member_pot_and_system(self, actor):
        with refused("23514"):
            sql("INSERT INTO timebank_account (floor) VALUES (0)")
        with refused("23514"):
            sql("INSERT INTO timebank_account (member_id, system, floor) VALUES (%s, 'community_pot', 0)", actor.pk)
        with refused("23514"):
            sql("INSERT INTO timebank_account (system, floor) VALUES ('slush_fund', 0)")


class TestTheWebRole:
    """The site runs as a role that has DML on the tables and owns none of them."""

    @pytest.fixture(autouse=True)
    def _as_web(self, ada, ben):
        sql("CREATE ROLE odha_web_test")
        sql("GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA public TO odha_web_test")
        sql("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO odha_web_test")
        sql("SET CONSTRAINTS ALL IMMEDIATE")
        sql("SET CONSTRAINTS ALL DEFERRED")
        sql("SET LOCAL ROLE odha_web_test")

    def test_posts_holds_and_settles(self, ada, ben):
        hold = ledger.place_hold(account_id=ada.pk, minutes=60, exchange=None, by=None, key=unique_key())
        gift(ada, ben, 45, ends_hold=hold)
        sql("SET CONSTRAINTS ALL IMMEDIATE")
        ada.refresh_from_db()
        assert (ada.balance, ada.held) == (555, 0)

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ("DELETE FROM timebank_entry", "LG002"),
            ("TRUNCATE timebank_transfer CASCADE", "LG002"),
            ("UPDATE timebank_account SET balance = 6000", "LG003"),
            ("INSERT INTO timebank_transfer (kind, legs, memo) VALUES ('donation', 2, '')", "LG001"),
            ("ALTER TABLE timebank_entry DISABLE TRIGGER ALL", "42501"),
            ("DROP TRIGGER ledger_guard ON timebank_account", "42501"),
            ("SET session_replication_role = replica", "42501"),
        ],
    )
    def test_is_refused_like_everybody(self, change, code):
        with refused(code):
            sql(change)
