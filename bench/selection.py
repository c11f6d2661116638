"""`allocation` and `moderation.page`: giving out a very large call, and the table that moderates one.

`allocation` is `accelerator.rules.allocation.allocate` for 10,000 applications and 300 reviewers, 3 reviews each, with
conflicts and expertise (seconds). It fails where the
loads of two reviewers differ by more than 1. `moderation.page` is the whole page for a wave of 5,000 applications with
3 reviews each (milliseconds, 95th percentile), against the same page with 100; its queries are counted on both.
"""

import random
import statistics
import time

from bench.run import line
from bench.servers import own_servers

APPLICATIONS = 10_000
REVIEWERS = 300
EACH = 3
ON_THE_PAGE = (100, 5_000)
TRIES = 20


def _allocation() -> None:
    from accelerator.rules.allocation import Need, Reader, allocate

    chosen = random.Random(2022)
    kinds = ("improvement", "digital", "business", "regulation")
    readers = [Reader(n, 120, knows=frozenset(chosen.sample(kinds, 2))) for n in range(REVIEWERS)]
    needs = [
        Need(
            f"{n:05}",
            EACH,
            frozenset(chosen.sample(kinds, chosen.randint(1, 3))),
            frozenset(chosen.randrange(REVIEWERS) for _ in range(chosen.randint(0, 6))),
        )
        for n in range(APPLICATIONS)
    ]
    began = time.perf_counter()
    plan = allocate(needs, readers)
    seconds = time.perf_counter() - began
    apart = max(plan.load.values()) - min(plan.load.values())
    if apart > 1 or plan.short:
        raise RuntimeError(f"loads differ by {apart}, {len(plan.short)} applications are short of readers")
    print(line(name="allocation", ours=round(seconds, 2), unit="s"), flush=True)
    print(line(name="allocation.apart", ours=apart, unit="reviews"), flush=True)


WAVE = """
WITH people AS (
    INSERT INTO people_user (password, name, email, conduct_accepted_at)
    SELECT '!', 'Lead ' || n, %(slug)s || n || '@example.org', now() FROM generate_series(1, %(count)s) n RETURNING id
), sent AS (
    INSERT INTO accelerator_application (reference, wave_id, lead_id, sentence, state, last_question,
        extended_because, uninvited, submitted_at)
    SELECT upper(substr(md5(id::text || %(slug)s), 1, 6)), %(wave)s, id, 'A sentence of an idea', 'submitted', '', '', '{}', now()
    FROM people ON CONFLICT DO NOTHING RETURNING id
), given AS (
    INSERT INTO accelerator_assignment (phase_id, application_id, reviewer_id, state, for_applicant, for_panel, submitted_at)
    SELECT %(phase)s, sent.id, reviewer.id, 'done', 'Clear.', '', now()
    FROM sent CROSS JOIN LATERAL (
        SELECT id FROM people_user WHERE email LIKE 'reviewer%%' AND sent.id IS NOT NULL ORDER BY random() LIMIT 3
    ) reviewer RETURNING id
)
INSERT INTO accelerator_score (assignment_id, criterion_id, score, abstained)
SELECT given.id, c.id, floor(random() * 6), false FROM given, accelerator_criterion c WHERE c.rubric_id = %(rubric)s
"""


def _moderation() -> None:
    import datetime as dt

    from django.core.management import call_command
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from accelerator.actions import waves
    from accelerator.models import Programme, Wave
    from people.models import User
    from tests.signing_in import sign_in

    call_command("migrate", verbosity=0, interactive=False)
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO people_user (password, name, email, conduct_accepted_at)
               SELECT '!', 'Reviewer ' || n, 'reviewer' || n || '@example.org', now() FROM generate_series(1, %s) n""",
            [REVIEWERS],
        )
    manager = User.objects.create_user("manager@example.org", name="Mo", conduct_accepted_at=timezone.now())
    manager.role_grants.create(role="portfolio_manager", reason="Benchmark")
    programme = Programme.objects.create(slug="bench", name="Benchmark")
    now, day = timezone.now(), dt.timedelta(days=1)
    client = sign_in(Client(headers={"host": "localhost"}), manager)
    measured, queries = {}, {}
    for count in ON_THE_PAGE:
        dates = [timezone.localdate() + n * day for n in (30, 120, 240, 330)]
        wave = waves.plan_wave(
            by=None, programme=programme, slug=f"bench-{count}", name=f"Wave of {count}", call_opens=now - 40 * day,
            call_closes=now - day, **dict(zip(("support_starts", "community_starts", "evaluation_starts", "ends"), dates, strict=True)),
        )  # fmt: skip
        wave = Wave.objects.get(pk=wave.pk)
        phase = wave.review_phases.get(kind="score")
        with connection.cursor() as cursor:
            cursor.execute(
                WAVE, {"count": count, "slug": wave.slug, "wave": wave.pk, "phase": phase.pk, "rubric": wave.rubric_id}
            )
            cursor.execute("ANALYZE")
        url, times = f"/selection/{wave.slug}/", []
        if client.get(url).status_code != 200:
            raise RuntimeError(f"{url} answers {client.get(url).status_code}")
        with CaptureQueriesContext(connection) as seen:
            client.get(url)
        queries[count] = len(seen)
        for _ in range(TRIES):
            began = time.perf_counter()
            client.get(url)
            times.append((time.perf_counter() - began) * 1000)
        measured[count] = statistics.quantiles(times, n=20)[-1]
    few, many = ON_THE_PAGE
    print(
        line(name="moderation.page", ours=round(measured[many]), baseline=round(measured[few]), unit="ms"), flush=True
    )
    print(line(name="moderation.queries", ours=queries[many], baseline=queries[few], unit="queries"), flush=True)
    connection.close()


def main() -> None:
    """Prints the measures, over a server of the benchmark's own."""
    with own_servers():
        _allocation()
        _moderation()


if __name__ == "__main__":
    main()
