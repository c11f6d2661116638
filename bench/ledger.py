"""`ledger.post`: transactions a second through the public action, against pgbench's TPC-B.

Eight client processes, each with a connection of its own, on the same server, in the same run, both sides for
`SECONDS`: pgbench first, then ours, then both again, and the medians are compared. Run it alone with
`python -m bench.ledger`, or with `make bench`. The server keeps fsync on, as production does.
"""

import multiprocessing
import os
import random
import re
import statistics
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from bench.run import Measure

CLIENTS = 8
SCALE = 10
SECONDS = int(os.environ.get("BENCH_SECONDS", "8"))
ROUNDS = 2
ACCOUNTS = 10_000


def _setup() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("ODHA_MODE", "test")
    import django

    django.setup()


def _prepare() -> list[uuid.UUID]:
    """Members with accounts, all with enough credits."""
    from django.db import connection

    from timebank.actions import ledger
    from timebank.models import Account

    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO people_user (password, name, conduct_accepted_at)
               SELECT '!', 'Person ' || n, now() FROM generate_series(1, %s) n""",
            [ACCOUNTS],
        )
        cursor.execute("INSERT INTO timebank_account (member_id, floor) SELECT id, -600 FROM people_user ORDER BY id")
    ids = list(Account.objects.filter(member__isnull=False).order_by("pk").values_list("pk", flat=True))
    issuance = ledger.system_account(Account.ISSUANCE)
    for start in range(0, len(ids), 1000):
        some = ids[start : start + 1000]
        legs = [(pk, 1_000_000) for pk in some] + [(issuance.pk, -1_000_000 * len(some))]
        ledger.post(kind="grant", legs=legs, by=None, key=f"bench:{start}", memo="Benchmark")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    connection.close()
    return ids


def _poster(number: int, ids: list, until: float) -> int:
    """One client: gifts between random members until the time is up."""
    _setup()
    from people.models import User
    from timebank.actions.ledger import post

    chosen = random.Random(number)
    people = list(User.objects.order_by("pk")[number * 100 : number * 100 + 100])
    run = uuid.uuid4().hex
    count = 0
    while time.monotonic() < until:
        payer, payee = chosen.sample(ids, 2)
        minutes = chosen.randint(1, 120)
        post(
            kind="donation",
            legs=[(payer, -minutes), (payee, minutes)],
            by=chosen.choice(people),
            key=f"{run}:{count}",
            memo="Thank you",
        )
        count += 1
    return count


def _clients(work, *args) -> float:
    """Transactions a second of CLIENTS processes that run `work(number, *args, until)`, each giving its count."""
    context = multiprocessing.get_context("spawn")
    ready, done = context.Barrier(CLIENTS), context.Queue()
    processes = [context.Process(target=_client, args=(ready, done, work, n, *args)) for n in range(CLIENTS)]
    for process in processes:
        process.start()
    total = sum(done.get(timeout=SECONDS + 300) for _ in processes)
    for process in processes:
        process.join()
    return total / SECONDS


def _client(ready, done, work, number: int, *args) -> None:
    _setup()
    from django.db import connection

    connection.ensure_connection()
    ready.wait()  # everybody has imported Django and is connected
    done.put(work(number, *args, time.monotonic() + SECONDS))


def _pgbench(bin_folder: Path, url: str, *args: str) -> str:
    done = subprocess.run(
        [str(bin_folder / "pgbench"), *args, url],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"]},
    )
    return done.stdout


def _tpcb(bin_folder: Path, url: str) -> float:
    out = _pgbench(bin_folder, url, "-M", "prepared", "-c", str(CLIENTS), "-j", "2", "-T", str(SECONDS), "-n")
    found = re.search(r"tps = ([\d.]+)", out)
    if found is None:
        raise RuntimeError(out)
    return float(found[1])


def measures() -> Iterator[Measure]:
    """`ledger.post` over a server of the benchmark's own, with fsync on, removed afterwards."""
    from config.stack.servers import Postgres

    with tempfile.TemporaryDirectory(prefix="odha-bench-") as home:
        server = Postgres(Path(home))
        server.start()
        try:
            server.ensure_database()
            yield from _measured(server.url(), server.bin)
        finally:
            server.stop()
            server.delete()


def _measured(url: str, bin_folder: Path) -> Iterator[Measure]:
    os.environ["DATABASE_URL"] = url
    _setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    ids = _prepare()
    _pgbench(bin_folder, url, "-i", "-q", "-s", str(SCALE))
    tpcb, post = [], []
    for _ in range(ROUNDS):
        tpcb.append(_tpcb(bin_folder, url))
        post.append(_clients(_poster, ids))
    yield Measure(
        "ledger.post", round(statistics.median(post)), "transactions/s", baseline=round(statistics.median(tpcb))
    )


if __name__ == "__main__":
    for measure in measures():
        print(measure.line(), flush=True)
