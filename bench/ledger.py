"""`ledger.post` and `ledger.settle`: transactions a second through the public actions, against pgbench's TPC-B.

`ledger.post` is `actions.ledger.post`, a gift between two of many members. `ledger.settle` is
`actions.hours.record_hours` by the second side of an accepted exchange: it keeps the record, settles, logs, and owes
both sides a letter. Three measures on one server of the benchmark's own, with fsync on as in production: pgbench
(`-M prepared`, scale 10, 8 clients), then ours with 8 client processes, a connection each; then all again, `ROUNDS`
times, a checkpoint before each and a warm-up in each. The medians are compared.

`BENCH_SECONDS` is how long each takes. Run it alone with `python -m bench.ledger`.
"""

import multiprocessing
import os
import random
import re
import statistics
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.run import line
from bench.servers import own_servers, set_up_django

CLIENTS = 8
SCALE = 10
SECONDS = int(os.environ.get("BENCH_SECONDS", "8"))
WARM_UP = 1.0  # seconds
ROUNDS = 3
MEMBERS = 100_000
EXCHANGES_A_CLIENT = 1_500 * (SECONDS + 2) // CLIENTS  # agreed and half recorded before each round of settling
PEOPLE_A_CLIENT = 100  # who post gifts


def _prepare() -> None:
    """Members with accounts, all with enough credits."""
    from django.db import connection

    from timebank.actions import ledger
    from timebank.models import Account

    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO people_user (password, name, email, conduct_accepted_at)
               SELECT '!', 'Person ' || n, 'person' || n || '@example.org', now() FROM generate_series(1, %s) n""",
            [MEMBERS],
        )
        cursor.execute(KNOWN)
        cursor.execute("INSERT INTO timebank_account (member_id, floor) SELECT id, -600 FROM people_user ORDER BY id")
    ids = list(Account.objects.filter(member__isnull=False).order_by("pk").values_list("pk", flat=True))
    issuance = ledger.system_account(Account.ISSUANCE)
    for start in range(0, len(ids), 1000):
        some = ids[start : start + 1000]
        legs = [(pk, 1_000_000) for pk in some] + [(issuance.pk, -1_000_000 * len(some))]
        ledger.post(kind="grant", legs=legs, by=None, key=f"bench:{start}", memo="Benchmark")
    with connection.cursor() as cursor:
        cursor.execute(HISTORY, {"count": MEMBERS // 2})
        cursor.execute("VACUUM ANALYZE")
    connection.close()


# Everybody is known, as nearly everybody is: what newcomers pay each other costs more, and is rare.
KNOWN = """
INSERT INTO people_standing (member_id, number, known, ground, reason)
SELECT id, 1, true, 'import', '' FROM people_user ORDER BY id
"""

# Plans are made for tables that have grown: over an empty ledger the planner rightly prefers to read a table whole.
HISTORY = """
SELECT count(public.ledger_post('donation', ARRAY[one.id, other.id], ARRAY[-1, 1], NULL, 'bench:history:' || n))
FROM generate_series(1, %(count)s) n
JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place FROM timebank_account WHERE member_id IS NOT NULL) one
  ON one.place = 2 * n - 1
JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place FROM timebank_account WHERE member_id IS NOT NULL) other
  ON other.place = 2 * n
"""

AGREE = """
WITH pair AS (
    SELECT n, giver.id AS payee, giver.member_id AS provider, taker.id AS payer, taker.member_id AS receiver
    FROM generate_series(1, %(count)s) n
    JOIN (SELECT *, row_number() OVER (ORDER BY id) AS place FROM timebank_account WHERE member_id IS NOT NULL) giver
      ON giver.place = n
    JOIN (SELECT *, row_number() OVER (ORDER BY id DESC) AS place FROM timebank_account WHERE member_id IS NOT NULL) taker
      ON taker.place = n
), agreed AS (
    INSERT INTO timebank_exchange (provider_id, receiver_id, payer_id, payee_id, proposed_by_id, answer_by, minutes,
        online_link, place, state, state_by_id, reason, accepted_at, delivered_at, silent, provider_time, receiver_time, key)
    SELECT provider, receiver, payer, payee, receiver, now(), 60, '', '', 'delivered', provider, '', now(), now(), false,
        '', '', %(round)s || n
    FROM pair RETURNING id, provider_id, payer_id
), held AS (
    INSERT INTO timebank_hold (account_id, minutes, exchange_id) SELECT payer_id, 60, id FROM agreed
)
INSERT INTO timebank_hoursrecord (exchange_id, side, minutes, time_kind, recorded_by_id, key)
SELECT id, 'provider', 60, 'own', provider_id, %(round)s || id FROM agreed
"""


def _agree() -> None:
    """Exchanges whose provider has recorded an hour, enough for one round of settling."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(AGREE, {"count": EXCHANGES_A_CLIENT * CLIENTS, "round": f"bench:{uuid.uuid4().hex}:"})
        cursor.execute("VACUUM ANALYZE timebank_exchange, timebank_hold, timebank_hoursrecord, timebank_account")
    connection.close()


def _poster(number: int) -> Callable[[], object]:
    """One client's work: a gift between two random members."""
    from people.models import User
    from timebank.actions.ledger import post
    from timebank.models import Account

    ids = list(Account.objects.filter(member__isnull=False).order_by("pk").values_list("pk", flat=True))
    people = list(User.objects.order_by("pk")[number * PEOPLE_A_CLIENT : (number + 1) * PEOPLE_A_CLIENT])
    chosen = random.Random(number)
    run = uuid.uuid4().hex
    count = iter(range(10**9))

    def work() -> None:
        payer, payee = chosen.sample(ids, 2)
        minutes = chosen.randint(1, 120)
        post(
            kind="donation",
            legs=[(payer, -minutes), (payee, minutes)],
            by=chosen.choice(people),
            key=f"{run}:{next(count)}",
            memo="Thank you",
        )

    return work


def _settler(number: int) -> Callable[[], object]:
    """One client's work: the receiver confirms the hour of the next exchange, which settles it."""
    from timebank.actions.hours import record_hours
    from timebank.models import Exchange

    rows = Exchange.objects.filter(state="delivered").order_by("pk").select_related("receiver")
    waiting = iter(list(rows[number * EXCHANGES_A_CLIENT : (number + 1) * EXCHANGES_A_CLIENT]))

    def work() -> None:
        exchange = next(waiting)
        settled = record_hours(by=exchange.receiver, exchange=exchange, minutes=60, key=f"bench:{exchange.pk}")
        if settled.state != "settled":
            raise RuntimeError(f"{settled.pk} is {settled.state}")

    return work


def _client(ready, done, maker: Callable[[int], Callable[[], object]], number: int) -> None:
    """A client process: warms up, waits for the others, works for SECONDS, says how often."""
    set_up_django()
    try:
        work = maker(number)
        until = time.monotonic() + WARM_UP
        while time.monotonic() < until:
            work()
        ready.wait(120)
        count, until = 0, time.monotonic() + SECONDS
        while time.monotonic() < until:
            work()
            count += 1
        done.put(count)
    except BaseException as error:
        ready.abort()
        done.put(repr(error))
        raise


def _clients(maker: Callable[[int], Callable[[], object]]) -> float:
    """Transactions a second of CLIENTS processes. Raises RuntimeError where one failed."""
    context = multiprocessing.get_context("spawn")
    ready, done = context.Barrier(CLIENTS), context.Queue()
    processes = [context.Process(target=_client, args=(ready, done, maker, n)) for n in range(CLIENTS)]
    for process in processes:
        process.start()
    counts = [done.get(timeout=SECONDS + 300) for _ in processes]
    for process in processes:
        process.join()
    if failed := [count for count in counts if not isinstance(count, int)]:
        raise RuntimeError(failed[0])
    return sum(counts) / SECONDS


def _pgbench(bin_folder: Path, url: str, *args: str) -> str:
    done = subprocess.run(
        [str(bin_folder / "pgbench"), *args, url], capture_output=True, text=True, check=True,
        env={"PATH": os.environ["PATH"]},
    )  # fmt: skip
    return done.stdout


def _tpcb(bin_folder: Path, url: str) -> float:
    out = ""
    for seconds in (WARM_UP, SECONDS):
        arguments = ("-M", "prepared", "-c", str(CLIENTS), "-j", "2", "-T", str(int(seconds)), "-n")
        out = _pgbench(bin_folder, url, *arguments)
    found = re.search(r"tps = ([\d.]+)", out)
    if found is None:
        raise RuntimeError(out)
    return float(found[1])


def _measured(url: str, bin_folder: Path) -> Iterator[tuple[str, float, float]]:
    """(name, ours, baseline) of each measure, in transactions a second."""
    import psycopg
    from django.core.management import call_command

    def checkpoint() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CHECKPOINT")

    call_command("migrate", verbosity=0, interactive=False)
    _prepare()
    _pgbench(bin_folder, url, "-i", "-q", "-s", str(SCALE))
    tps: dict[str, list[float]] = {"tpcb": [], "post": [], "settle": []}
    for _ in range(ROUNDS):
        checkpoint()
        tps["tpcb"].append(_tpcb(bin_folder, url))
        checkpoint()
        tps["post"].append(_clients(_poster))
        _agree()
        checkpoint()
        tps["settle"].append(_clients(_settler))
    middle = {name: round(statistics.median(values)) for name, values in tps.items()}
    yield "ledger.post", middle["post"], middle["tpcb"]
    yield "ledger.settle", middle["settle"], middle["tpcb"]


def main() -> None:
    """Prints the measures, over servers of the benchmark's own, which are removed afterwards."""
    with own_servers() as server:
        for name, ours, baseline in _measured(server.url(), server.bin):
            print(line(name=name, ours=ours, baseline=baseline, unit="transactions/s"), flush=True)


if __name__ == "__main__":
    main()
