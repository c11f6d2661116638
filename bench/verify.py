"""`verify_ledger`: seconds to recompute all eight invariants over a million settled exchanges, against one sequential read of
the entries.

The books are those of 100,000 members: a grant each, then exchanges with their holds, keys and entries, as settling them
would have left them. They are written set by set with the guards off (the benchmark's own server allows it), in a minute
instead of half an hour; that they are right is what the measured check itself proves: it must find nothing. Then one
balance is put wrong, and it must find that.

`BENCH_EXCHANGES` is how many. Run it alone with `python -m bench.verify`.
"""

import os
import statistics
import time

from bench.ledger import KNOWN
from bench.run import line
from bench.servers import own_servers

MEMBERS = 100_000
EXCHANGES = int(os.environ.get("BENCH_EXCHANGES", "1000000"))
ROUNDS = 3
START = 10_000  # minutes granted to each member, so that nobody comes near their floor
TABLES = ("account", "transfer", "entry", "hold", "idempotencykey", "exchange")

OPEN = [
    """INSERT INTO people_user (password, name, email, conduct_accepted_at)
       SELECT '!', 'Person ' || n, 'person' || n || '@example.org', now() FROM generate_series(1, %(members)s) n""",
    KNOWN,
    "INSERT INTO timebank_account (member_id, floor) SELECT id, -600 FROM people_user ORDER BY id",
]

# A moment a minute: ids and moments in the order in which things happened. Who pays whom follows from the number alone.
BOOKS = [
    """CREATE TEMP TABLE place AS
       SELECT row_number() OVER (ORDER BY id) - 1 AS n, id, member_id FROM timebank_account WHERE member_id IS NOT NULL""",
    "ALTER TABLE place ADD PRIMARY KEY (n)",
    """CREATE TEMP TABLE happened AS
       SELECT s AS n, uuidv7() AS exchange, uuidv7() AS hold, uuidv7() AS transfer, 15 * (1 + s %% 8)::integer AS minutes,
              now() - interval '1 minute' * (%(exchanges)s - s) AS at, payer.id AS payer, payer.member_id AS receiver,
              payee.id AS payee, payee.member_id AS provider
       FROM generate_series(1::bigint, %(exchanges)s) s
       JOIN place payer ON payer.n = (s * 7919) %% %(members)s
       JOIN place payee ON payee.n = ((s * 7919) %% %(members)s + 1 + (s * 104729) %% (%(members)s - 1)) %% %(members)s""",
    """CREATE TEMP TABLE granted AS
       SELECT n / 1000 AS batch, uuidv7() AS transfer FROM place GROUP BY n / 1000""",
    """INSERT INTO timebank_exchange (id, provider_id, receiver_id, payer_id, payee_id, proposed_by_id, proposed_at, answer_by,
           minutes, online_link, place, state, state_at, state_by_id, reason, accepted_at, delivered_at, settled_at,
           settled_minutes, silent, provider_time, receiver_time, key)
       SELECT exchange, provider, receiver, payer, payee, receiver, at - interval '8 days', at, minutes, '', '', 'settled', at,
              receiver, '', at - interval '7 days', at - interval '1 day', at, minutes, false, 'own', 'own', 'bench:' || n
       FROM happened ORDER BY n""",
    """INSERT INTO timebank_hold (id, account_id, minutes, exchange_id, state, placed_at, ended_at)
       SELECT hold, payer, minutes, exchange, 'settled', at - interval '7 days', at FROM happened ORDER BY n""",
    """INSERT INTO timebank_transfer (id, kind, legs, memo, created_at)
       SELECT g.transfer, 'grant', count(*) + 1, 'Benchmark', now() - interval '1 minute' * (%(exchanges)s + 1)
       FROM granted g JOIN place ON place.n / 1000 = g.batch GROUP BY g.transfer""",
    """INSERT INTO timebank_transfer (id, kind, legs, actor_id, memo, exchange_id, hold_id, created_at)
       SELECT transfer, 'exchange', 2, receiver, '', exchange, hold, at FROM happened ORDER BY n""",
    """INSERT INTO timebank_idempotencykey (actor_id, key, request_hash, transfer_id)
       SELECT NULL, 'bench:' || batch, sha256('bench'), transfer FROM granted""",
    """INSERT INTO timebank_idempotencykey (actor_id, key, request_hash, hold_id)
       SELECT provider, 'accept:' || exchange, sha256('bench'), hold FROM happened ORDER BY n""",
    """INSERT INTO timebank_idempotencykey (actor_id, key, request_hash, transfer_id)
       SELECT receiver, 'settle:' || exchange, sha256('bench'), transfer FROM happened ORDER BY n""",
    """INSERT INTO timebank_entry (account_id, account_version, transfer_id, minutes, balance_after)
       SELECT account, row_number() OVER history, transfer, minutes, sum(minutes) OVER history
       FROM (
           SELECT id AS account, transfer, %(start)s AS minutes, 0 AS n, batch FROM place JOIN granted ON batch = place.n / 1000
           UNION ALL
           SELECT (SELECT id FROM timebank_account WHERE system = 'issuance'), transfer, -%(start)s * count(*), 0, batch
           FROM place JOIN granted ON batch = place.n / 1000 GROUP BY transfer, batch
           UNION ALL
           SELECT payer, transfer, -minutes, n, 0 FROM happened
           UNION ALL
           SELECT payee, transfer, minutes, n, 0 FROM happened
       ) legs
       WINDOW history AS (PARTITION BY account ORDER BY n, batch ROWS UNBOUNDED PRECEDING)
       ORDER BY n""",
    """UPDATE timebank_account a SET balance = e.balance, version = e.version
       FROM (SELECT account_id, sum(minutes) AS balance, max(account_version) AS version FROM timebank_entry GROUP BY 1) e
       WHERE e.account_id = a.id""",
]


def _guards(cursor, *, off: bool) -> None:
    """Switches every trigger of the books off, or back to how the migration left them."""
    for table in TABLES:
        cursor.execute(f"ALTER TABLE timebank_{table} {'DISABLE' if off else 'ENABLE'} TRIGGER ALL")
    if not off:
        cursor.execute("SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgname LIKE 'ledger\\_%'")
        for table, name in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


def write_books(*, members: int = MEMBERS, exchanges: int = EXCHANGES) -> None:
    """Fills an empty, migrated database with the books of the measure."""
    from django.db import connection, transaction

    numbers = {"members": members, "exchanges": exchanges, "start": START}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '256MB'")
        for statement in OPEN:
            cursor.execute(statement, numbers)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        _guards(cursor, off=True)
        for statement in BOOKS:
            cursor.execute(statement, numbers)
        _guards(cursor, off=False)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _one_read() -> float:
    """Seconds of one sequential read of all entries."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_indexscan = off")
        cursor.execute("SET LOCAL enable_indexonlyscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        began = time.monotonic()
        cursor.execute("SELECT count(*), sum(minutes), max(balance_after) FROM timebank_entry")
        cursor.fetchone()
        return time.monotonic() - began


def _check(expected: int) -> float:
    """Seconds of one run of the check. Raises RuntimeError unless it finds as many offences as there are."""
    from timebank.queries.verification import findings

    began = time.monotonic()
    found = findings()
    took = time.monotonic() - began
    if len(found) != expected:
        raise RuntimeError(f"{len(found)} found instead of {expected}: {found[:3]}")
    return took


def _prove_that_it_looks() -> None:
    """Puts one balance a minute wrong: the check must find the account, and that all no longer sum to 0."""
    from django.db import connection, transaction

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE timebank_account DISABLE TRIGGER ledger_guard")
            cursor.execute("UPDATE timebank_account SET balance = balance + 1 WHERE system = 'community_pot'")
            cursor.execute("ALTER TABLE timebank_account ENABLE ALWAYS TRIGGER ledger_guard")
        _check(2)
        transaction.set_rollback(True)


def main() -> None:
    """Prints the measure, over a server of the benchmark's own, which is removed afterwards."""
    from django.core.management import call_command

    with own_servers():
        call_command("migrate", verbosity=0, interactive=False)
        write_books()
        reads = [_one_read() for _ in range(ROUNDS)]
        checks = [_check(0) for _ in range(ROUNDS)]
        _prove_that_it_looks()
        print(
            line(
                name="verify_ledger",
                ours=round(statistics.median(checks), 2),
                baseline=round(statistics.median(reads), 3),
                unit="s",
            ),
            flush=True,
        )


if __name__ == "__main__":
    main()
