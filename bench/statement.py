"""`statement.page`: the statement of an account with 100,000 entries, against the same page of an account with 100.

Whole requests through Django (session, page, template) in this process, on a server of the benchmark's own: the first page
and pages deep in the past in turn, taking turns with the small account. `statement.page` is the 95th percentile in ms;
`statement.page.filtered` the same with a kind that is rare, a name, and days two years ago, which have to look through the
account; `statement.csv` is the seconds to send all 100,000 lines as a spreadsheet (baseline: one read of the entries from the database).
"""

import statistics
import time

from bench.ledger import KNOWN
from bench.run import line
from bench.servers import own_servers

LARGE, SMALL = 100_000, 100
TIMES = 100

HISTORY = """
SELECT count(public.ledger_post('exchange', CASE WHEN mine < other THEN ARRAY[mine, other] ELSE ARRAY[other, mine] END,
    CASE WHEN mine < other THEN ARRAY[-1, 1] ELSE ARRAY[1, -1] END, NULL, 'bench:' || id,
    p_exchange => id, p_at => now() - (%(count)s - n) * interval '15 minutes'))
FROM (
    SELECT id, payer_id AS mine, payee_id AS other, substr(key, 7)::integer AS n FROM timebank_exchange
    WHERE receiver_id = %(member)s AND substr(key, 7)::integer BETWEEN %(first)s AND %(first)s + 249 ORDER BY n
) agreed
"""
EXCHANGES = """
INSERT INTO timebank_exchange (provider_id, receiver_id, payer_id, payee_id, proposed_by_id, answer_by, minutes, online_link,
    place, state, reason, accepted_at, delivered_at, settled_at, settled_minutes, silent, provider_time, receiver_time, key)
SELECT other.member_id, mine.member_id, mine.id, other.id, mine.member_id, now(), 1, '', '', 'settled', '', now(), now(), now(), 1,
    false, 'own', 'own', 'bench:' || n
FROM (SELECT id, member_id FROM timebank_account WHERE member_id = %(member)s) mine
CROSS JOIN generate_series(1, %(count)s) n
JOIN (SELECT id, member_id, row_number() OVER (ORDER BY id) AS place FROM timebank_account
      WHERE member_id <> ALL (%(both)s)) other ON other.place = 1 + n %% 200
"""


def _prepare():
    """Two members with long and short histories among 200 others. Returns (large, small)."""
    from django.db import connection

    from people.models import User
    from timebank.actions import ledger
    from timebank.models import Account

    with connection.cursor() as cursor:
        cursor.execute(
            """WITH made AS (INSERT INTO people_user (password, name, email, conduct_accepted_at)
               SELECT '!', 'Person ' || n, 'person' || n || '@example.org', now() FROM generate_series(1, 202) n RETURNING id)
               INSERT INTO people_profile (user_id, pronouns, brings_you, communities, place, region, languages, availability, about)
               SELECT id, '', '{}', '{}', '', '', '', '', '' FROM made"""
        )
        cursor.execute(KNOWN)
        cursor.execute("INSERT INTO timebank_account (member_id, floor) SELECT id, -600 FROM people_user ORDER BY id")
    large, small = User.objects.order_by("pk")[:2]
    issuance = ledger.system_account(Account.ISSUANCE)
    for user in (large, small):
        legs = [(issuance.pk, -LARGE), (ledger.account_for(member=user).pk, LARGE)]
        ledger.post(kind="grant", legs=sorted(legs), by=None, key=f"bench:{user.pk}", memo="Benchmark")
    with connection.cursor() as cursor:
        for user, count in ((large, LARGE), (small, SMALL)):
            asked = {"member": user.pk, "count": count - 1, "both": [large.pk, small.pk]}
            cursor.execute(EXCHANGES, asked)
            cursor.execute("ANALYZE")
            for first in range(1, count, 250):  # each committed: many versions of one row in one transaction are slow
                cursor.execute(HISTORY, asked | {"first": first})
        cursor.execute("VACUUM ANALYZE")
    return large, small


def _client(user):
    from django.test import Client

    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    return client


def _ms(client, url: str) -> float:
    began = time.perf_counter()
    answer = client.get(url)
    taken = (time.perf_counter() - began) * 1000
    if answer.status_code != 200 or b"oda-statement" not in answer.content:
        raise RuntimeError(f"{url}: {answer.status_code}")
    return taken


def _p95(times: list[float]) -> float:
    return round(statistics.quantiles(times, n=20)[-1], 1)


def measure(large, small) -> None:
    """Prints the measures."""
    from django.db import connection
    from django.urls import reverse

    from timebank.actions import ledger

    page = reverse("timebank:statement")
    clients = {LARGE: _client(large), SMALL: _client(small)}
    taken: dict[int, list[float]] = {LARGE: [], SMALL: []}
    for turn in range(TIMES + 10):
        for entries, client in clients.items():
            place = "" if turn % 2 else f"?before={1 + entries * (turn % 10 + 1) // 10}"
            taken[entries].append(_ms(client, page + place))
    ours, theirs = (_p95(times[10:]) for times in (taken[LARGE], taken[SMALL]))
    print(line(name="statement.page", ours=ours, baseline=theirs, unit="ms"), flush=True)

    rare = [
        "?kind=grant",
        "?who=person+77",
        "?until-day=1&until-month=1&until-year=" + str(time.localtime().tm_year - 1),
    ]
    filtered = [_ms(clients[LARGE], page + asked) for _time in range(7) for asked in rare]
    print(line(name="statement.page.filtered", ours=_p95(filtered), unit="ms"), flush=True)

    account = ledger.account_for(member=large)
    began = time.perf_counter()
    read = sum(1 for _line in clients[LARGE].get(reverse("timebank:statement_csv")).streaming_content) - 1
    ours = round(time.perf_counter() - began, 2)
    if read != LARGE:
        raise RuntimeError(f"{read} lines")
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM timebank_entry WHERE account_id = %s", [account.pk])
        cursor.fetchall()
    print(line(name="statement.csv", ours=ours, baseline=round(time.perf_counter() - began, 2), unit="s"), flush=True)


def main() -> None:
    """Prints the measures, over servers of the benchmark's own, which are removed afterwards."""
    from django.core.management import call_command

    with own_servers():
        call_command("migrate", verbosity=0, interactive=False)
        measure(*_prepare())


if __name__ == "__main__":
    main()
