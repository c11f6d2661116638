"""Real connections, committed data: what many people do in the same second."""

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.db import connection

from tests.timebank.factories import a_floor
from tests.timebank.ledger.books import account, gift, grant, sql
from timebank.actions import ledger
from timebank.models import Account, Entry, Transfer
from timebank.queries.verification import findings

pytestmark = pytest.mark.realdb


def together(works: list) -> list:
    """Runs every work at once, each in a thread with a connection of its own; results or exceptions, in order."""
    start = threading.Barrier(len(works))

    def one(work):
        try:
            connection.ensure_connection()
            start.wait(60)
            return work()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))


def test_five_hundred_times_one_hundred_there_and_back_ends_at_zero_without_deadlock(real_db):
    ada, ben = account(0, "Ada"), account(0, "Ben")
    a_floor(-50_000)
    payers = [(ada, ben), (ben, ada)]

    def hundred(n: int):
        payer, payee = payers[n % 2]
        return lambda: [
            ledger.post(kind="donation", legs=[(payer.pk, -100), (payee.pk, 100)], by=None, key=f"{n}:{i}")
            for i in range(125)
        ]

    results = together([hundred(n) for n in range(8)])
    assert [len(result) for result in results] == [125] * 8
    for one in (ada, ben):
        one.refresh_from_db()
    assert (ada.balance, ben.balance, ada.version, ben.version) == (0, 0, 1000, 1000)
    assert findings() == []


def test_the_same_key_at_the_same_time_moves_once(real_db):
    ada, ben = account(600, "Ada"), account(0, "Ben")
    by = ada.member
    pay = lambda: ledger.post(kind="donation", legs=[(ada.pk, -600), (ben.pk, 600)], by=by, key="tap")  # noqa: E731
    results = together([pay] * 6)
    assert len({result.pk for result in results}) == 1
    assert sorted(result.replayed for result in results) == [False] + [True] * 5
    assert Account.objects.get(pk=ben.pk).balance == 600


def test_five_payments_of_three_hours_from_ten_never_overdraw(real_db):
    ada, ben = account(600, "Ada"), account(0, "Ben")
    a_floor(0)
    pay = lambda n: lambda: gift(ada, ben, 180, key=f"{n}")  # noqa: E731
    _loaded = ada.member
    results = together([pay(n) for n in range(5)])
    assert sum(isinstance(result, Transfer) for result in results) == 3
    assert sum(isinstance(result, ledger.NotEnough) for result in results) == 2
    ada.refresh_from_db()
    assert ada.balance == 60


def test_holds_and_payments_at_once_never_promise_the_same_minute_twice(real_db):
    ada, ben = account(600, "Ada"), account(0, "Ben")
    a_floor(0)
    works = [lambda n=n: gift(ada, ben, 180, key=f"pay {n}") for n in range(3)]
    works += [
        lambda n=n: ledger.place_hold(account_id=ada.pk, minutes=180, exchange=None, by=None, key=f"hold {n}")
        for n in range(3)
    ]
    _loaded = ada.member
    results = together(works)
    assert sum(isinstance(result, ledger.NotEnough) for result in results) == 3
    ada.refresh_from_db()
    assert ada.available == 60
    assert findings() == []


def test_two_endings_of_one_hold_end_it_once(real_db):
    ada, ben = account(600, "Ada"), account(0, "Ben")
    hold = ledger.place_hold(account_id=ada.pk, minutes=60, exchange=None, by=None, key="hold")
    _loaded = ada.member
    results = together(
        [
            lambda: gift(ada, ben, 60, key="pay", ends_hold=hold),
            lambda: ledger.end_hold(hold_id=hold.pk, state="released", by=None, key="release"),
        ]
    )
    assert sum(isinstance(result, Exception) for result in results) == 1
    assert findings() == []


def test_a_connection_killed_in_the_middle_leaves_nothing(real_db):
    ada, ben = account(600, "Ada"), account(0, "Ben")
    before = (Entry.objects.count(), Transfer.objects.count())
    with pytest.raises(psycopg.OperationalError), psycopg.connect(real_db.url) as other:
        other.execute(
            "SELECT public.ledger_post('donation', %s::uuid[], %s::int[], NULL, 'half')",
            [sorted([ada.pk, ben.pk]), [-60, 60] if ada.pk < ben.pk else [60, -60]],
        )
        sql("SELECT pg_terminate_backend(%s)", other.info.backend_pid)
        other.execute("SELECT 1")
    assert (Entry.objects.count(), Transfer.objects.count()) == before
    grant(ben, 30)  # nobody holds a lock
    assert findings() == []
    retried = ledger.post(kind="donation", legs=[(ada.pk, -60), (ben.pk, 60)], by=None, key="half")
    assert not retried.replayed
