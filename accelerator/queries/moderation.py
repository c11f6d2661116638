"""The moderation table: one statement counts, spreads, adjusts and places every application of a wave, and gives back one page.

The numbers are those of `rules.review.spread` and of `rules.agreement` (`adjusted`, `places`), made by PostgreSQL.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Avg
from django.utils import timezone
from django.utils.translation import gettext as _

from accelerator.models import Answer, Assignment, BulkMove, Decision, ReviewPhase, Score, Wave
from accelerator.queries.agreement import Agreement, of_phase
from accelerator.queries.review import identities, readable
from accelerator.rules import apply as apply_rules
from accelerator.rules import review as rules

SORTS = ("score", "adjusted", "disagreement", "reference")
STANDINGS = ("open", *Decision.Outcome.values)


@dataclass(frozen=True)
class Asked:
    """Which applications, in which order, as in the address of the table."""

    sort: str = "score"
    standing: str = ""  # open | accept | reserve | decline; empty means all
    short: bool = False  # only those with fewer reviews in than the phase asks for

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Asked":
        """From a mapping of anything: what is unknown is left out."""
        sort, standing = given.get("sort"), given.get("standing")
        return cls(
            sort if sort in SORTS else "score", standing if standing in STANDINGS else "", given.get("short") == "1"
        )


@dataclass(frozen=True)
class ModerationRow:
    """One application on the table. `adjusted` is its mean with each reviewer's strictness taken out; it stands beside the
    raw mean, with the place that either gives among all applications of the wave."""

    pk: UUID
    reference: str
    sentence: str
    outcome: str
    sent_at: dt.datetime | None
    open_reviews: int
    spread: rules.Spread
    adjusted: float | None
    place: int | None
    adjusted_place: int | None

    @property
    def outcome_label(self) -> str:
        return Decision.Outcome(self.outcome).label if self.outcome else ""


# Totals are rounded before they are compared, so that equal means share a place in whatever order they were added up.
FOUND = "FROM accelerator_application app LEFT JOIN accelerator_decision decision ON decision.application_id = app.id"
ASKED = """
WHERE app.wave_id = %(wave)s AND app.state = 'submitted' AND app.id != ALL(%(kept)s::uuid[])
    AND (%(standing)s = '' OR coalesce(decision.outcome, 'open') = %(standing)s)
    AND (NOT %(short)s OR (SELECT count(*) FROM accelerator_assignment a
        WHERE a.application_id = app.id AND a.phase_id = %(phase)s AND a.state = 'done') < %(minimum)s)
"""
COUNT = f"SELECT count(*) {FOUND} {ASKED}"
TABLE = f"""
WITH total AS (
    SELECT a.application_id, a.reviewer_id, sum(c.weight * s.score)::float8 / sum(c.weight) AS total
    FROM accelerator_assignment a
    JOIN accelerator_application app ON app.id = a.application_id AND app.state = 'submitted'
        AND app.id != ALL(%(kept)s::uuid[])
    JOIN accelerator_score s ON s.assignment_id = a.id AND s.score IS NOT NULL
    JOIN accelerator_criterion c ON c.id = s.criterion_id
    WHERE a.phase_id = %(phase)s AND a.state = 'done'
    GROUP BY a.id
), spread AS (
    SELECT application_id, count(*) AS n, avg(total) AS mean, stddev_samp(total) AS sd,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY total) AS median, avg(total * coalesce(factor, 1)) AS adjusted
    FROM total LEFT JOIN unnest(%(reviewers)s::uuid[], %(factors)s::float8[]) AS strict (reviewer, factor)
        ON reviewer = reviewer_id
    GROUP BY application_id
), placed AS (
    SELECT spread.*, rank() OVER (ORDER BY round(mean::numeric, 9) DESC) AS place,
        rank() OVER (ORDER BY round(adjusted::numeric, 9) DESC) AS adjusted_place
    FROM spread
), waiting AS (
    SELECT application_id, count(*) AS n FROM accelerator_assignment
    WHERE phase_id = %(phase)s AND state IN ('offered', 'accepted') GROUP BY application_id
)
SELECT app.id, app.reference, app.sentence, coalesce(decision.outcome, ''), decision.sent_at, coalesce(waiting.n, 0),
    coalesce(placed.n, 0), mean, median, sd, adjusted, place, adjusted_place
{FOUND} LEFT JOIN placed ON placed.application_id = app.id LEFT JOIN waiting ON waiting.application_id = app.id
{ASKED} ORDER BY {{order}}, app.reference LIMIT %(limit)s OFFSET %(offset)s
"""  # noqa: S608 - constants above
ORDERS = {
    "score": "place NULLS LAST",
    "adjusted": "adjusted_place NULLS LAST",
    "disagreement": "round(sd::numeric, 9) DESC NULLS LAST",
    "reference": "app.reference",
}


class Table:
    """The applications that were asked for: a sequence of `ModerationRow` for a paginator. Two queries a page, however
    many applications. Those that are `kept` from the reader are in no count and no place."""

    def __init__(
        self, wave: Wave, phase: ReviewPhase | None, asked: Asked, agreement: Agreement, kept: Collection[Any] = ()
    ):
        self.agreement, self.order = agreement, ORDERS[asked.sort]
        strict = {pk: factor for pk, factor in agreement.strictness.items() if factor}
        self.parameters: dict[str, Any] = {
            "wave": wave.pk,
            "kept": list(kept),
            "phase": phase.pk if phase else None,
            "minimum": phase.minimum_reviews if phase else 0,
            "standing": asked.standing,
            "short": asked.short,
            "reviewers": list(strict),
            "factors": list(strict.values()),
        }

    def __len__(self) -> int:
        return self._rows(COUNT)[0][0]

    def __getitem__(self, part: slice) -> list[ModerationRow]:
        offset = part.start or 0
        limit = None if part.stop is None else part.stop - offset
        rows = self._rows(TABLE.format(order=self.order), limit=limit, offset=offset)
        return [ModerationRow(*[*row[:6], rules.Spread(*row[6:10]), *row[10:]]) for row in rows]

    def _rows(self, sql: str, **more: Any) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(sql, self.parameters | more)
            return cursor.fetchall()


def moderation(wave: Wave, phase: ReviewPhase | None, asked: Asked | None = None, kept: Collection[Any] = ()) -> Table:
    """Every submitted application of a wave that was asked for, with the spread of its totals in `phase`: best first (raw
    or adjusted), or most disputed first, or by reference. Without those that are `kept` from whoever asks."""
    return Table(wave, phase, asked or Asked(), of_phase(phase, without=kept), kept)


def export(
    wave: Wave, phase: ReviewPhase | None, asked: Asked | None = None, kept: Collection[Any] = ()
) -> tuple[list[str], list[list[Any]]]:
    """The table as it was asked for, with the mean of each criterion and every answer that reviewers see, as columns and
    rows, without anybody's name or address. A constant number of queries however many applications."""
    questions = list(wave.question_set.questions.filter(reviewers_see=True).order_by("position"))
    by_id = {question.pk: question for question in questions}
    answers: dict[Any, dict[Any, str]] = defaultdict(dict)
    rows = moderation(wave, phase, asked, kept)[:]
    hidden = identities([row.pk for row in rows])
    for answer in Answer.objects.filter(application__in=list(hidden), question__in=questions):
        value = readable(answer)
        lines = apply_rules.display(by_id[answer.question_id], value) if not apply_rules.is_empty(value) else []
        answers[answer.application_id][answer.question_id] = rules.mask("\n".join(lines), hidden[answer.application_id])
    criteria = list(phase.rubric.criteria.all()) if phase and phase.rubric else []
    means = _by_criterion(phase, list(hidden))
    columns = [
        _("Number"), _("Reviews in"), _("Reviews still out"), _("Mean of 5"), _("Median"), _("Spread (sd)"), _("Place"),
        _("Adjusted mean"), _("Adjusted place"), _("Decision"), _("Letter sent"),
        *(_("%(criterion)s (mean)") % {"criterion": one.name} for one in criteria),
        *(question.short for question in questions),
    ]  # fmt: skip
    return columns, [
        [
            row.reference, row.spread.n, row.open_reviews, _two(row.spread.mean), _two(row.spread.median), _two(row.spread.sd),
            row.place, _two(row.adjusted), row.adjusted_place, row.outcome_label,
            timezone.localdate(row.sent_at).isoformat() if row.sent_at else "",
            *(_two(means.get((row.pk, one.pk))) for one in criteria),
            *(answers[row.pk].get(question.pk, "") for question in questions),
        ]
        for row in rows
    ]  # fmt: skip


def _two(number: float | None) -> float | None:
    return None if number is None else round(number, 2)


def _by_criterion(phase: ReviewPhase | None, application_ids: list[Any]) -> dict[tuple[Any, Any], float]:
    """(application id, criterion id) → the mean of what was given in a phase; abstentions left out. One query."""
    given = Score.objects.filter(
        assignment__phase=phase, assignment__application__in=application_ids, assignment__state=Assignment.State.DONE
    )
    rows = given.values_list("assignment__application_id", "criterion_id").annotate(mean=Avg("score"))
    return {(application, criterion): mean for application, criterion, mean in rows if mean is not None}


def last_move(wave: Wave, kept: Collection[Any] = ()) -> BulkMove | None:
    """The last bulk move of a wave, where it can still be taken back: no letter of it has gone, it was not undone, and it
    decided nothing that is `kept` from whoever asks."""
    move = wave.bulk_moves.select_related("by").order_by("-at", "-id").first()
    if move is None or move.undone_at or not {str(pk) for pk in kept}.isdisjoint(move.before):
        return None
    gone = Decision.objects.filter(application__in=move.before, outcome=move.outcome, sent_at__isnull=False)
    return None if gone.exists() else move
