"""Eight processes on real connections, all in the same few accounts and exchanges at once, for a while.

The suite has 6 seconds for it; `SOAK_SECONDS=60` is the whole thing. It stops by itself.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.timebank.factories import a_broker, a_member, give_credits, some_office_hours
from tests.timebank.group_sessions.factories import a_session
from tests.timebank.ledger.books import sql
from timebank.actions import ledger
from timebank.models import GroupSession, Hold
from timebank.queries.verification import findings

pytestmark = pytest.mark.realdb

PROCESSES = 8
SECONDS = float(os.environ.get("SOAK_SECONDS", "6"))
ROOT = Path(__file__).resolve().parents[3]


def test_eight_processes_in_the_same_accounts_leave_the_books_right_and_never_deadlock(real_db):
    a_broker()
    people = [a_member() for _number in range(6)]
    for one in people:
        give_credits(ledger.account_for(member=one), 300)
    for one in people[:2]:
        a_session(one, places=2)
        some_office_hours(one)
    # A queue of their own, so that no other test's worker finds thousands of letters to send.
    broker = os.environ["REDIS_URL"].rsplit("/", 1)[0] + "/15"
    environment = {**os.environ, "DATABASE_URL": real_db.url, "REDIS_URL": broker, "ODHA_MODE": "test"}
    ran = subprocess.run(
        [sys.executable, "-m", "tests.timebank.ledger.soak", str(PROCESSES), str(SECONDS)],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=SECONDS + 120, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    done = json.loads(ran.stdout)

    print(f"{SECONDS:g} s:", ran.stdout)
    for what in ("gift", "many", "hold", "change_hold", "reverse", "propose", "exchange_moves", "place", "slot"):
        assert done.get(what), f"nobody came to {what}"
    assert sql("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == [(0,)]
    assert sql("SELECT sum(balance) FROM timebank_account") == [(0,)]
    [(exchanges, settled)] = sql(
        """SELECT count(*) FILTER (WHERE e.state = 'settled'), count(*) FILTER (WHERE e.state = 'settled' AND e.settled_minutes =
               (SELECT sum(x.minutes) FROM timebank_transfer t JOIN timebank_entry x ON x.transfer_id = t.id
                WHERE t.exchange_id = e.id AND x.account_id = e.payee_id))
           FROM timebank_exchange e"""
    )
    assert exchanges == settled  # each is paid what it says
    for session in GroupSession.objects.all():  # what is held is what the places cost
        held = Hold.objects.filter(group_session=session, state="active").count()
        assert held == session.bookings.filter(state="booked").count() <= session.places
    assert findings() == []
