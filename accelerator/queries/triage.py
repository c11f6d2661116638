"""The quick first look: where each application stands, what is out, and what one person has before them."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils import timezone

from accelerator.models import Application, Assignment, ReviewPhase, TriageAnswer, Wave
from accelerator.queries.kept import too_close
from accelerator.rules import triage as rules
from people.rules import has_role


def phase_of(wave: Wave) -> ReviewPhase | None:
    """The wave's first look; None where it has none."""
    return wave.review_phases.filter(kind=ReviewPhase.Kind.TRIAGE).first()


def standings(wave: Wave) -> dict[Any, str]:
    """application id → where it stands, for those of which somebody has said something. One query."""
    given: dict[Any, list[tuple[str, bool]]] = defaultdict(list)
    needed = 1
    rows = TriageAnswer.objects.filter(phase__wave=wave).order_by("at", "id")
    for pk, answer, manager, least in rows.values_list(
        "application_id", "answer", "as_manager", "phase__minimum_reviews"
    ):
        given[pk].append((answer, manager))
        needed = least
    return {pk: rules.standing(answers, needed) for pk, answers in given.items()}


def out(wave: Wave) -> set[Any]:
    """The applications that go no further after the first look. One query."""
    return {pk for pk, standing in standings(wave).items() if standing == rules.OUT}


def unlooked(wave: Wave, given_out: Iterable[tuple[Any, Any]]) -> int:
    """How many of the applications that would be given out (pairs with their reader) nobody has settled in the first look;
    none where the wave has no first look. Two queries."""
    if phase_of(wave) is None:
        return 0
    read = {application for application, _reader in given_out}
    read -= set(Assignment.objects.filter(phase__wave=wave).values_list("application_id", flat=True))
    stands = standings(wave)
    return sum(stands.get(pk, rules.WAITING) in (rules.WAITING, rules.TALK) for pk in read)


def is_out(application: Application) -> bool:
    """Whether this application goes no further after the first look. One query."""
    return _standing(_answers(application)) == rules.OUT


def reasons_out(application: Application) -> list[str]:
    """What the applicant reads of a "not this time", oldest first; nothing where it was not the first look's word."""
    answers = _answers(application)
    if _standing(answers) != rules.OUT:
        return []
    return [answer.reason for answer in answers if answer.answer == rules.NO]


def _answers(application: Application) -> list[TriageAnswer]:
    rows = TriageAnswer.objects.filter(application=application, phase__wave=application.wave_id)
    return list(rows.select_related("phase", "by").order_by("at", "id"))


def _standing(answers: list[TriageAnswer]) -> str:
    needed = answers[0].phase.minimum_reviews if answers else 1
    return rules.standing([(one.answer, one.as_manager) for one in answers], needed)


def first_looks_for(user: Any) -> list[Wave]:
    """The waves in whose first look this reviewer is asked to take part now. One query beside their roles."""
    now, readers = timezone.now(), ReviewPhase.Readers
    running = ReviewPhase.objects.filter(kind=ReviewPhase.Kind.TRIAGE, starts__lte=now, ends__gt=now)
    asked = running.filter(Q(readers=readers.PANEL) | Q(readers=readers.SOME, chosen=user))
    phases = asked.select_related("wave").order_by("ends", "id").distinct()
    return [phase.wave for phase in phases if has_role(user, "reviewer", phase.wave_id)]


@dataclass(frozen=True)
class Row:
    """One application in somebody's first look. `standing` only for those who run the wave: to others it would tell
    what the rest have said."""

    application: Application
    mine: TriageAnswer | None
    standing: str

    @property
    def label(self) -> Any:
        return rules.LABELS[self.standing]


@dataclass(frozen=True)
class Look:
    """The first look of a wave as one person has it before them."""

    phase: ReviewPhase
    runs: bool
    rows: list[Row]

    @property
    def waiting(self) -> list[Row]:
        """What this person has said nothing about yet; for a manager, what is not settled."""
        if self.runs:
            return [row for row in self.rows if row.standing in (rules.WAITING, rules.TALK)]
        return [row for row in self.rows if row.mine is None]

    @property
    def said(self) -> list[Row]:
        waiting = self.waiting
        return [row for row in self.rows if row not in waiting]

    @property
    def counts(self) -> list[tuple[Any, int]]:
        found = Counter(row.standing for row in self.rows)
        return [(label, found[standing]) for standing, label in rules.LABELS.items()]


def look(user: Any, phase: ReviewPhase, *, runs: bool) -> Look:
    """All applications that this person may judge in the first look, as one who `runs` the wave or as a reviewer, in the
    order in which they came. One that a conflict keeps from them, or that is with reviewers already, is left out.
    Constant in queries."""
    found = phase.wave.applications.submitted().exclude(
        pk__in=Assignment.objects.filter(phase__wave=phase.wave_id).values("application")
    )
    found = found.exclude(decision__sent_at__isnull=False).exclude(too_close(user))
    applications = list(found.order_by("submitted_at", "id"))
    mine = {one.application_id: one for one in TriageAnswer.objects.filter(phase=phase, by=user)}
    stands = standings(phase.wave) if runs else {}
    return Look(
        phase,
        runs,
        [
            Row(application, mine.get(application.pk), stands.get(application.pk, rules.WAITING))
            for application in applications
        ],
    )


@dataclass(frozen=True)
class Said:
    """What somebody said, with their name where the reader may know it."""

    answer: str
    reason: str
    who: str


def others(user: Any, application: Application, *, with_names: bool) -> list[Said]:
    """What the others said of an application; ask only where the reader may see it. One query."""
    return [
        Said(one.get_answer_display(), one.reason, str(one.by) if with_names else "")
        for one in _answers(application)
        if one.by_id != user.pk
    ]


def export_for(user: Any) -> list[dict[str, Any]]:
    """What somebody said in first looks, as plain data; whose the applications are is not theirs to take along."""
    rows = TriageAnswer.objects.filter(by=user).select_related("application").order_by("at", "id")
    return [
        {"application": one.application.reference, "answer": one.answer, "reason": one.reason, "at": one.at.isoformat()}
        for one in rows
    ]
