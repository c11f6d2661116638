"""What the ledger's tests begin with: members with credits, and a way to see that the database refuses something."""

import datetime as dt
import itertools
from contextlib import contextmanager

import pytest
from django.db import Error, connection, transaction
from django.utils import timezone

from people.models import User
from tests.people.factories import make_known
from timebank.actions import ledger
from timebank.models import Account, Exchange

_numbers = itertools.count(1)


def unique_key() -> str:
    """An idempotency key that nobody used."""
    return f"test-{next(_numbers)}"


def member(name: str = "Mo Member", known: bool = True, **fields) -> User:
    """Somebody who may act; with `known=False` a newcomer."""
    fields.setdefault("conduct_accepted_at", timezone.now())
    user = User.objects.create_user(f"person{next(_numbers)}@example.org", name=name, **fields)
    if known:
        make_known(user)
    return user


def grant(account: Account, minutes: int) -> None:
    """Credits from issuance."""
    issuance = ledger.system_account(Account.ISSUANCE)
    ledger.post(
        kind="grant", legs=[(issuance.pk, -minutes), (account.pk, minutes)], by=None, key=unique_key(), memo="A start"
    )


def account(minutes: int = 0, name: str = "Mo Member", known: bool = True) -> Account:
    """A new member's account with credits."""
    opened = ledger.account_for(member=member(name, known=known))
    if minutes:
        grant(opened, minutes)
    opened.refresh_from_db()
    return opened


def exchange(payer: Account, payee: Account, minutes: int = 60) -> Exchange:
    """An exchange between the members of two accounts, as it is proposed."""
    return Exchange.objects.create(
        provider=payee.member, receiver=payer.member, payer=payer, payee=payee, proposed_by=payer.member,
        answer_by=timezone.now() + dt.timedelta(days=14), minutes=minutes, key=unique_key(),
    )  # fmt: skip


def gift(payer: Account, payee: Account, minutes: int, **more):
    """A posting of the simplest kind."""
    more.setdefault("key", unique_key())
    return ledger.post(kind="donation", legs=[(payer.pk, -minutes), (payee.pk, minutes)], by=payer.member, **more)


def sql(statement: str, *params) -> list[tuple]:
    """Runs raw SQL; the rows where there are any."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def refused(code: str):
    """The block, commit included, is refused by the database with this SQLSTATE, and nothing of it stays."""
    with pytest.raises(Error) as error, transaction.atomic():
        yield
        sql("SET CONSTRAINTS ALL IMMEDIATE")
    assert error.value.__cause__.sqlstate == code, error.value
    sql("SET CONSTRAINTS ALL DEFERRED")


def books() -> list[tuple]:
    """Everything that a failed action must leave as it was."""
    return [
        sql("SELECT id, balance, held, version FROM timebank_account ORDER BY id"),
        sql("SELECT count(*), sum(minutes) FROM timebank_entry"),
        sql("SELECT count(*) FROM timebank_transfer"),
        sql("SELECT id, state, minutes FROM timebank_hold ORDER BY id"),
        sql("SELECT count(*) FROM timebank_idempotencykey"),
    ]
