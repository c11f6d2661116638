"""What happens when several things happen at once, on real connections and with a real worker."""

import datetime as dt
import itertools
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.db import connection, connections
from django.utils import timezone

from tests.live import celery
from tests.timebank.factories import a_member, a_proposal, a_settled_exchange, an_agreement, credits_of, key, record
from timebank.actions import calling_off, clock, disputes, exchanges, hours
from timebank.models import Account, Dispute, Exchange, Hold, HoursRecord, Transfer
from timebank.queries import verification
from ui.errors import DomainError


def at_once(*calls):
    """Runs each call in a thread with a connection of its own, all let go in the same moment; returns what they gave or raised."""
    gate = threading.Barrier(len(calls))

    def run(call):
        try:
            connection.ensure_connection()
            gate.wait(timeout=60)
            return call()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_two_simultaneous_confirmations_settle_once(real_db):
    for minutes in (120, 110):
        exchange = an_agreement()
        outcome = at_once(
            lambda e=exchange: record(e, e.provider, 120), lambda e=exchange, m=minutes: record(e, e.receiver, m)
        )
        assert not [error for error in outcome if isinstance(error, Exception)]
        exchange.refresh_from_db()
        assert (exchange.state, exchange.settled_minutes) == ("settled", (120 + minutes) // 2)
        assert Transfer.objects.filter(exchange=exchange).count() == 1
        assert credits_of(exchange.provider) == (exchange.settled_minutes, 0)


def test_one_confirmation_sent_five_times_at_once_is_recorded_and_settles_once(real_db):
    exchange, form = an_agreement(), key()
    record(exchange, exchange.provider, 120)
    at_once(*[lambda: hours.record_hours(by=exchange.receiver, exchange=exchange, minutes=120, key=form)] * 5)
    assert HoursRecord.objects.count() == 2
    assert (credits_of(exchange.provider), credits_of(exchange.receiver)) == ((120, 0), (-120, 0))


def test_accepting_against_withdrawing_has_one_winner_and_no_stray_hold(real_db):
    for _round in range(5):
        proposal = a_proposal()
        outcome = at_once(
            lambda p=proposal: exchanges.accept(by=p.provider, exchange=p),
            lambda p=proposal: exchanges.withdraw(by=p.receiver, exchange=p),
        )
        assert len([error for error in outcome if isinstance(error, DomainError)]) == 1
        state = Exchange.objects.values_list("state", flat=True).get(pk=proposal.pk)
        assert credits_of(proposal.receiver)[1] == (120 if state == "accepted" else 0)


def test_the_same_proposal_sent_twice_at_once_is_made_once(real_db):
    ada, ben, form = a_member(), a_member(), key()
    first, second = at_once(*[lambda: a_proposal(ada, ben, 60, key=form)] * 2)
    assert first == second
    assert Exchange.objects.count() == 1


def test_many_acceptances_never_promise_more_than_the_floor_allows(real_db):
    ben = a_member()
    proposals = [a_proposal(a_member(), ben, 180) for _number in range(5)]  # 15 hours, and 10 can be promised
    at_once(*[lambda p=p: exchanges.accept(by=p.provider, exchange=p) for p in proposals])
    assert Exchange.objects.filter(state="accepted").count() == 3
    assert credits_of(ben) == (0, 540)


MOVES = {
    "confirm": lambda e, who: record(e, who, 120),
    "confirm less": lambda e, who: record(e, who, 60),
    "dispute": lambda e, who: disputes.dispute(by=who, exchange=e, statement="It was short."),
    "cancel": lambda e, who: calling_off.cancel(by=who, exchange=e),
    "expire": lambda e, who: clock.lapse(exchange=e),
}


def test_balances_survive_any_two_moves_by_two_people_at_once_and_any_third_after(real_db):
    for one, other in itertools.combinations_with_replacement(MOVES, 2):
        exchange = an_agreement()
        long_ago = timezone.now() - dt.timedelta(days=91)
        Exchange.objects.filter(pk=exchange.pk).update(accepted_at=long_ago)
        outcome = at_once(
            lambda e=exchange, move=one: MOVES[move](e, e.provider),
            lambda e=exchange, move=other: MOVES[move](e, e.receiver),
        )
        assert all(isinstance(each, DomainError) for each in outcome if isinstance(each, Exception)), (
            one,
            other,
            outcome,
        )
        exchange.refresh_from_db()
        paid, held = exchange.settled_minutes or 0, credits_of(exchange.receiver)[1]
        assert credits_of(exchange.provider) == (paid, 0), (one, other)
        assert credits_of(exchange.receiver)[0] == -paid, (one, other)
        assert (held > 0) == (exchange.state in {"accepted", "delivered", "disputed"}), (one, other, exchange.state)
        assert Hold.objects.filter(exchange=exchange, state="active").count() == (held > 0)
    assert not verification.findings()


def test_two_brokers_decide_once(real_db):
    from tests.timebank.factories import a_broker, a_dispute

    exchange, one, two = a_dispute(heard=True), a_broker(), a_broker()
    outcome = at_once(
        lambda: disputes.decide(by=one, exchange=exchange, decision="settle", note="All of it"),
        lambda: disputes.decide(by=two, exchange=exchange, decision="cancel", note="None of it"),
    )
    assert len([error for error in outcome if isinstance(error, DomainError)]) == 1
    decision = Dispute.objects.get().decision
    assert credits_of(exchange.provider)[0] == (120 if decision == "settle" else 90)


def waiting_for_a_lock(database: str, timeout: float = 40) -> None:
    """Returns once some other connection to this database waits for a lock on the log."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
                "WHERE d.datname = %s AND NOT l.granted AND l.relation = 'audit_event'::regclass",
                [database],
            )
            if cursor.fetchone()[0]:
                return
        time.sleep(0.1)
    pytest.fail("The worker never came to the point where it was to be killed.")


def kill_tree(process) -> None:
    """Kills a process and its children as a power cut would: none of them can clean up."""
    children = [int(pid) for pid in os.listdir("/proc") if pid.isdigit() and _parent(pid) == process.pid]
    for pid in (process.pid, *children):
        os.kill(pid, signal.SIGKILL)
    process.wait(timeout=60)


def _parent(pid: str) -> int | None:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return int(stat.read().rsplit(")", 1)[1].split()[1])
    except OSError:
        return None


def test_a_worker_killed_in_the_middle_of_a_settlement_leaves_nothing_half_done(real_db, tmp_path):
    ada, ben = a_member(), a_member()
    for _time in range(2):
        a_settled_exchange(ada, ben, 60)
    exchange = an_agreement(ada, ben, 60)
    record(exchange, ada, 60)
    Exchange.objects.filter(pk=exchange.pk).update(delivered_at=timezone.now() - dt.timedelta(days=15))
    before = (credits_of(ada), credits_of(ben))

    (tmp_path / "first").mkdir()
    with psycopg.connect(real_db.url) as blocker:
        # The log is the last thing that a settlement writes: by then the credits have moved, and nothing is committed.
        blocker.execute("LOCK TABLE audit_event IN EXCLUSIVE MODE")
        with celery(database_url=real_db.url, folder=tmp_path / "first") as processes:
            waiting_for_a_lock(real_db.name)
            for process in processes.values():
                kill_tree(process)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and Account.objects.filter(balance=before[0][0] + 60).exists():
        time.sleep(0.1)

    exchange.refresh_from_db()
    assert (exchange.state, exchange.settled_minutes) == ("delivered", None)
    assert (credits_of(ada), credits_of(ben)) == before
    assert Hold.objects.get(exchange=exchange).state == "active"
    assert not Transfer.objects.filter(exchange=exchange).exists()
    assert not verification.findings()

    for _again in range(2):  # what comes after the crash settles it, once
        clock.sweep()
    exchange.refresh_from_db()
    assert (exchange.state, exchange.settled_minutes, exchange.silent) == ("settled", 60, True)
    assert Transfer.objects.filter(exchange=exchange).count() == 1
    assert credits_of(ada)[0] == before[0][0] + 60
    assert not verification.findings()
