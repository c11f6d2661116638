"""`cycles.build`: seconds to find the chains of two to four people among 10,000 members with 5 offers and 5 wants each, and
how many people they bring together. There is nothing to compare it with: the target is its own budget of 60 seconds.

It reads the board as the nightly search does (`queries.cycles.market`), makes the wants graph and chooses. The skills are
those of the starting tree, some asked for much more often than others. Run it alone with `python -m bench.cycles`.
"""

import os
import time

from bench.run import line
from bench.servers import own_servers

MEMBERS = int(os.environ.get("BENCH_MEMBERS", "10000"))
EACH = 5  # offers, and as many requests

BOARD = [
    """INSERT INTO people_user (password, name, email, conduct_accepted_at)
       SELECT '!', 'Person ' || n, 'person' || n || '@example.org', now() FROM generate_series(1, %(members)s) n""",
    "CREATE TEMP TABLE leaf AS SELECT row_number() OVER (ORDER BY slug) - 1 AS n, id FROM people_skill WHERE parent_id IS NOT NULL",
    """INSERT INTO timebank_listing (kind, member_id, posted_by_id, title, description, minutes, mode, place, days, times,
           availability, language, tags, key)
       SELECT kind, u.id, u.id, 'An hour', '', 60, 'both', '', '{}', '{}', '', '', '{}', ''
       FROM (SELECT id FROM people_user ORDER BY id) u
       CROSS JOIN (VALUES ('offer'), ('request')) kinds (kind) CROSS JOIN generate_series(1, %(each)s)""",
    # the square of a random number: the first skills are offered and wanted most
    """INSERT INTO timebank_listing_skills (listing_id, skill_id)
       SELECT drawn.id, leaf.id FROM (
           SELECT id, floor(power(random(), 2) * (SELECT count(*) FROM leaf))::integer AS n FROM timebank_listing ORDER BY id
       ) drawn JOIN leaf ON leaf.n = drawn.n""",
]


def write_board(*, members: int = MEMBERS, each: int = EACH) -> None:
    """Fills an empty, migrated database with the members and listings of the measure; the same ones each time."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        for statement in BOARD:
            cursor.execute(statement, {"members": members, "each": each})
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def main() -> None:
    """Prints the measures, over a server of the benchmark's own, which is removed afterwards."""
    from django.core.management import call_command

    with own_servers():
        call_command("migrate", verbosity=0, interactive=False)
        write_board()
        from timebank.cycles import best_cycles, wants_graph
        from timebank.queries.cycles import market

        began = time.monotonic()
        offers, wants = market()
        found = best_cycles(wants_graph(offers, wants))
        took = time.monotonic() - began
        people = [person for chain in found.chains for person in chain.people]
        if len(offers) != MEMBERS * EACH or not found.complete or len(people) != len(set(people)):
            raise RuntimeError(f"{len(offers)} offers, {len(people)} people, complete: {found.complete}")
        print(line(name="cycles.build", ours=round(took, 2), unit="s"), flush=True)
        print(line(name="cycles.people", ours=len(people), baseline=MEMBERS, unit="people in chains"), flush=True)


if __name__ == "__main__":
    main()
