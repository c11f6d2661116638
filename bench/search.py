"""`search.p95` and `search.growth`: how long the board takes to find things.

Searches as people type them (common and rare words, several words, misspelt ones, filters, nothing at all) over listings
of as many members, through `queries.board.search`: words, facets with counts, one page of listings, all its queries.
What has no words is counted once a minute, as on the site: the warm-up does it.
`search.p95` is at 100,000 listings, in milliseconds; the baseline is the same searches with ILIKE on title and
description, one page and no facets, on the same server in the same run. `search.growth` is p95 at 100,000 by p95 at 1,000
listings, and its baseline is the same for ILIKE.

`BENCH_LISTINGS` is how many. Run it alone with `python -m bench.search`.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from bench.run import line
from bench.servers import own_servers

MANY = int(os.environ.get("BENCH_LISTINGS", "100000"))
FEW = 1_000
ROUNDS = 5

# Words of the field with how often they occur: a listing is made of one of each column and a tail of rarer ones.
VERBS = "Teaching|Help with|An hour of|Advice on|Reviewing|Second pair of eyes for|Introduction to|Practising"
THINGS = (
    "run charts|process maps|user research|a business case|accessibility|procurement|a safety case|data analysis|"
    "interviews|facilitation|a literature search|statistics|prototypes|information governance|health economics|writing|"
    "presenting|film|service design|coaching|co-production|research ethics|integration|spreadsheets|patient stories"
)
PLACES = "Leeds|York|Hull|Bristol|Cardiff|Ynys Môn|Glasgow|Belfast|Norwich|Truro|Derby|Stoke|Luton|Bath|Ely"
WARDS = (
    "falls|sepsis|discharge|outpatients|maternity|theatres|pharmacy|dementia|frailty|stroke|imaging|therapies|clinics"
)

FILL = """
WITH words AS (
    SELECT string_to_array(%(verbs)s, '|') AS verbs, string_to_array(%(things)s, '|') AS things,
        string_to_array(%(wards)s, '|') AS wards, string_to_array(%(places)s, '|') AS places
), people AS (
    INSERT INTO people_user (password, name, email, conduct_accepted_at)
    SELECT '!', 'Person ' || n, 'searched' || n || '@example.org', now() FROM generate_series(%(first)s, %(last)s) n
    RETURNING id
), numbered AS (
    SELECT id, row_number() OVER () + %(first)s - 1 AS n FROM people
)
INSERT INTO timebank_listing (kind, member_id, posted_by_id, posted_at, shown_at, title, description, minutes, mode, place,
    days, times, availability, language, tags, key)
SELECT CASE WHEN n %% 3 = 0 THEN 'request' ELSE 'offer' END, id, id, now() - n * interval '1 minute', now(),
    verbs[1 + n %% array_length(verbs, 1)] || ' ' || things[1 + (n / 7) %% array_length(things, 1)],
    'For ' || wards[1 + (n / 11) %% array_length(wards, 1)] || ' and ' || wards[1 + (n / 13) %% array_length(wards, 1)]
        || CASE WHEN n %% 3 = 0 THEN ', or whatever you need' ELSE '' END || '. Topic t' || n %% 9973 || ' of group g' || n %% 211 || '.',
    CASE WHEN n %% 5 = 0 THEN NULL ELSE 30 + 30 * (n %% 8) END,
    (ARRAY['remote', 'remote', 'both', 'on_site'])[1 + n %% 4],
    CASE WHEN n %% 4 < 2 THEN '' ELSE places[1 + (n / 3) %% array_length(places, 1)] END,
    '{}', '{}', '', CASE WHEN n %% 17 = 0 THEN 'Welsh' ELSE '' END, '{}', ''
FROM numbered, words
"""
TAG = """
INSERT INTO timebank_listing_skills (listing_id, skill_id)
SELECT l.id, s.id
FROM (SELECT id, row_number() OVER (ORDER BY posted_at DESC) AS n FROM timebank_listing
      WHERE NOT EXISTS (SELECT FROM timebank_listing_skills t WHERE t.listing_id = timebank_listing.id)) l
JOIN (SELECT id, row_number() OVER (ORDER BY slug) - 1 AS n, count(*) OVER () AS all_skills FROM people_skill
      WHERE parent_id IS NOT NULL) s ON s.n IN (l.n %% s.all_skills, (l.n * 7) %% s.all_skills)
"""

SEARCHES: list[dict[str, str]] = [
    {"q": "research"},
    {"q": "run charts"},
    {"q": "coaching", "kind": "offer"},
    {"q": "reserch"},
    {"q": "acessibility clinics"},
    {"q": "safety case dementia"},
    {"q": "ynys mon"},
    {"q": "statist"},
    {"q": "interviews", "mode": "on_site", "place": "Leeds"},
    {"q": "procurement", "skill": "business"},
    {"q": "t4711"},
    {"q": "zeppelin"},
    {"q": "whatever you need"},
    {"skill": "user-research", "kind": "request"},
    {"language": "Welsh"},
    {"kind": "request", "hours": "ongoing"},
    {},
]
LIKE = """
SELECT id FROM timebank_listing
WHERE closed_at IS NULL AND paused_at IS NULL AND (title ILIKE %(like)s OR description ILIKE %(like)s)
ORDER BY posted_at DESC, id DESC LIMIT 20
"""
LIKE_COUNT = """
SELECT count(*) FROM timebank_listing
WHERE closed_at IS NULL AND paused_at IS NULL AND (title ILIKE %(like)s OR description ILIKE %(like)s)
"""


def _fill(first: int, last: int) -> None:
    """Members and their listings, one each, with two skills, as the triggers of the board write them."""
    from django.db import connection

    words = {"verbs": VERBS, "things": THINGS, "wards": WARDS, "places": PLACES}
    with connection.cursor() as cursor:
        cursor.execute(FILL, words | {"first": first, "last": last})
        cursor.execute(TAG, {})
        cursor.execute("VACUUM ANALYZE")


def _p95(work: Callable[[dict[str, str]], Any]) -> float:
    """Milliseconds in which 95 in 100 searches are done; each search `ROUNDS` times after one to warm up."""
    for asked in SEARCHES:
        work(asked)
    took = []
    for _round in range(ROUNDS):
        for asked in SEARCHES:
            began = time.perf_counter()
            work(asked)
            took.append((time.perf_counter() - began) * 1000)
    return statistics.quantiles(took, n=20)[-1]


def _measured() -> Iterator[tuple[str, float, float]]:
    """(name, ours, baseline) of each measure."""
    from django.core.management import call_command
    from django.db import connection

    from people.models import User
    from timebank.queries.board import Asked, search

    call_command("migrate", verbosity=0, interactive=False)
    viewer = User.objects.create_user("viewer@example.org", name="Viewer")

    def ours(asked: dict[str, str]) -> None:
        search(viewer, Asked.of(asked))

    def like(asked: dict[str, str]) -> None:
        with connection.cursor() as cursor:
            for sql in (LIKE, LIKE_COUNT):
                cursor.execute(sql, {"like": f"%{asked.get('q', '')}%"})
                cursor.fetchall()

    p95: dict[tuple[str, int], float] = {}
    for first, last in ((1, FEW), (FEW + 1, MANY)):
        _fill(first, last)
        p95["ours", last], p95["like", last] = _p95(ours), _p95(like)
    yield "search.p95", round(p95["ours", MANY], 1), round(p95["like", MANY], 1)
    growth = {side: round(p95[side, MANY] / p95[side, FEW], 2) for side in ("ours", "like")}
    yield "search.growth", growth["ours"], growth["like"]


def main() -> None:
    """Prints the measures, over servers of the benchmark's own, which are removed afterwards."""
    with own_servers():
        for name, ours, baseline in _measured():
            unit = "ms" if name == "search.p95" else "times"
            print(line(name=name, ours=ours, baseline=baseline, unit=unit), flush=True)


if __name__ == "__main__":
    main()
