"""What reviewers and managers read. What a reviewer gets here holds nobody's identity: it never leaves the query."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q
from django.utils import timezone

from accelerator.models import (
    Answer,
    Application,
    Assignment,
    Criterion,
    HelpKind,
    PanelSeat,
    Question,
    ReviewPhase,
    Score,
    Upload,
    Wave,
)
from accelerator.queries.conflicts import conflicts
from accelerator.queries.kept import too_close
from accelerator.queries.phases import read_in, readers_of, scoring_now
from accelerator.rules import apply as apply_rules
from accelerator.rules import review as rules

State = Assignment.State


@dataclass(frozen=True)
class BlindAnswer:
    """A question and what was answered, as lines, without anything that names the writer."""

    question: str
    lines: list[str]
    key: str = ""  # of the question, where the answer could name a patient


@dataclass(frozen=True)
class BlindFile:
    """A file that a manager has cleared, under a neutral name, and the question that it answers."""

    id: UUID
    label: str
    key: str = ""


@dataclass(frozen=True)
class BlindApplication:
    """An application as a reviewer may see it. It has no field for a person, on purpose."""

    reference: str
    answers: list[BlindAnswer]
    files: list[BlindFile] = field(default_factory=list)
    unsafe: int = 0  # files that could not be made safe to show


def identities(application_ids: Iterable[Any]) -> dict[Any, set[str]]:
    """application id → names and organisations of its lead and those who were asked to join, to be masked in what
    they wrote."""
    found: dict[Any, set[str]] = {pk: set() for pk in application_ids}
    rows = Application.objects.filter(pk__in=found).values_list(
        "pk", "lead__name", "lead__email", "lead__profile__organisation__name",
        "co_applicants__user__name", "co_applicants__user__email", "co_applicants__user__profile__organisation__name",
    )  # fmt: skip
    for pk, *names in rows:
        found[pk].update(name for name in names if name)
    return found


def blind_application(assignment: Assignment) -> BlindApplication:
    """What the reviewer of `assignment` reads: the answers that its phase shows, masked until the phase shows names."""
    named = rules.shows(assignment.phase.names, own_done=assignment.state == State.DONE)
    return blind(assignment.application, assignment.phase, named=named)


def blind(application: Application, phase: ReviewPhase, *, named: bool) -> BlindApplication:
    """An application as it is read in `phase`; `named` where who wrote it is no secret to the reader any more. What a
    manager took out stays out."""
    pk, reference = application.pk, application.reference
    hidden = set() if named else identities([pk])[pk]
    rows = (
        application.answers.filter(question__in=Question.objects.filter(read_in(phase)))
        .select_related("question")
        .order_by("question__position")
    )
    answers = [
        BlindAnswer(
            row.question.text,
            [line if named else rules.mask(line, hidden) for line in apply_rules.display(row.question, readable(row))],
            row.question.key if row.question.is_free_text else "",
        )
        for row in rows
        if not apply_rules.is_empty(readable(row))
    ]
    cleared = application.uploads.filter(
        cleared_at__isnull=False, removed_at=None, question__in=Question.objects.filter(read_in(phase))
    ).order_by("id")
    rows_of_files = enumerate(cleared.values_list("pk", "question__key"), start=1)
    files = [BlindFile(upload, f"{reference}-{n}", key) for n, (upload, key) in rows_of_files]
    read = application.uploads.filter(removed_at=None, question__in=Question.objects.filter(read_in(phase)))
    return BlindApplication(reference, answers, files, read.filter(safety=Upload.Safety.REFUSED).count())


def readable(answer: Answer) -> Any:
    """What reviewers read of an answer: what a manager left of it, or all of it."""
    return answer.value if answer.redacted is None else answer.redacted


@dataclass(frozen=True)
class Writers:
    """Whose an application is, for those whom its phase shows it."""

    names: list[str]
    organisation: str


def writers(application_id: Any) -> Writers:
    """Those who wrote an application, the lead first. Ask only where the phase shows names. Two queries."""
    found = Application.objects.select_related("lead__profile__organisation").get(pk=application_id)
    joined = found.co_applicants.filter(accepted_at__isnull=False).select_related("user").order_by("accepted_at", "id")
    organisation = found.lead.profile.organisation
    return Writers([str(found.lead), *(str(one.user) for one in joined)], organisation.name if organisation else "")


def writers_for(assignment: Assignment) -> Writers | None:
    """Whose it is, if the phase lets this reviewer know by now; else None."""
    named = rules.shows(assignment.phase.names, own_done=assignment.state == State.DONE)
    return writers(assignment.application_id) if named else None


@dataclass(frozen=True)
class OtherReview:
    """Another reviewer's total and words, without a name unless the phase shows it."""

    total: float | None
    for_panel: str
    reviewer: str = ""


def other_reviews(assignment: Assignment) -> list[OtherReview] | None:
    """The reviews of others on the same application, if the phase lets this reviewer see them now; else None."""
    phase, own_done = assignment.phase, assignment.state == State.DONE
    if not rules.shows(phase.other_reviews, own_done=own_done):
        return None
    with_names = rules.shows(phase.reviewer_names, own_done=own_done)
    others = (
        Assignment.objects.filter(phase=phase, application=assignment.application_id, state=State.DONE)
        .exclude(pk=assignment.pk)
        .select_related("reviewer")
        .order_by("id")
    )
    totals = totals_of([other.pk for other in others])
    return [
        OtherReview(totals.get(other.pk), other.for_panel, str(other.reviewer) if with_names else "")
        for other in others
    ]


def totals_of(assignment_ids: Iterable[Any]) -> dict[Any, float | None]:
    """assignment id → its weighted total (None where everything was abstained). One query."""
    pairs: dict[Any, list[tuple[int, int | None]]] = {pk: [] for pk in assignment_ids}
    rows = Score.objects.filter(assignment__in=list(pairs)).values_list("assignment_id", "criterion__weight", "score")
    for pk, weight, score in rows:
        pairs[pk].append((weight, score))
    return {pk: rules.weighted_total(of_one) for pk, of_one in pairs.items()}


def given_in(assignment: Assignment) -> list[tuple[Criterion, Score | None]]:
    """Every criterion of a review's rubric with what its reviewer gave, for themselves. Two queries."""
    assert assignment.phase.rubric is not None  # a scoring phase has one
    given = {score.criterion_id: score for score in assignment.scores.all()}
    return [(criterion, given.get(criterion.pk)) for criterion in assignment.phase.rubric.criteria.all()]


@dataclass(frozen=True)
class Mine:
    """A reviewer's list: what waits, what is done, and how long one usually takes them. `done` and `total` are of the waves
    in which something waits; of all where nothing does."""

    rows: list[Assignment]
    done: int
    total: int
    minutes_each: int

    @property
    def left(self) -> int:
        return self.total - self.done

    @property
    def waiting(self) -> list[Assignment]:
        return [row for row in self.rows if row.state != State.DONE]

    @property
    def waves(self) -> list[Wave]:
        """The waves of what waits, each once."""
        return list({row.phase.wave_id: row.phase.wave for row in self.waiting}.values())

    @property
    def handed_in(self) -> list[Assignment]:
        return [row for row in self.rows if row.state == State.DONE]


def my_reviews(user: Any, *, with_ideas: bool = False) -> Mine:
    """The reviews that wait for `user`, then those that are done; what has its letter waits for nobody. Rows carry only
    what a reviewer may see: the reference, the state, the phase; `with_ideas` the idea in one sentence, without anybody's
    name. One query, or four."""
    fields = ("id", "state", "opened_at", "submitted_at", "phase__internal_label", "phase__ends", "phase__starts",
              "phase__question_keys", "phase__wave__name", "phase__wave__slug", "application__reference")  # fmt: skip
    rows = list(
        Assignment.objects.wanted()
        .filter(reviewer=user, state__in=[*Assignment.OPEN, State.DONE])
        .select_related("phase__wave", "application")
        .only(*fields)
        .order_by("phase__ends", "assigned_at", "id")
    )
    rows.sort(key=lambda row: row.state == State.DONE)
    done = [row for row in rows if row.state == State.DONE]
    durations = [
        (row.submitted_at - row.opened_at).total_seconds() / 60 for row in done if row.opened_at and row.submitted_at
    ]
    said = ideas(user, rows) if with_ideas else {}
    for row in rows:
        row.idea = said.get(row.application_id, "")  # type: ignore[attr-defined]  # for the template, which shows nothing else of it
    now_read = {row.phase.wave_id for row in rows if row.state != State.DONE}
    counted = [row for row in rows if row.phase.wave_id in now_read] if now_read else rows
    finished = sum(row.state == State.DONE for row in counted)
    return Mine(rows, finished, len(counted), rules.usual_minutes(durations))


SENTENCE = "sentence"  # the question that asks for the idea in one sentence


def ideas(user: Any, rows: Iterable[Assignment]) -> dict[Any, str]:
    """application id → the idea in one sentence, as a reviewer reads it: with what was taken out left out, and nobody's
    name whatever the phase shows. Not before the reviewer has promised to keep it to themselves, nor where the phase
    does not ask for it to be read. Three queries."""
    promised = set(PanelSeat.objects.filter(reviewer=user, promised_at__isnull=False).values_list("wave_id", flat=True))
    shown = [
        row.application_id
        for row in rows
        if (row.state == State.DONE or row.phase.wave_id in promised)
        and (not row.phase.question_keys or SENTENCE in row.phase.question_keys)
    ]
    hidden = identities(shown)
    said = Answer.objects.filter(application__in=shown, question__key=SENTENCE, question__reviewers_see=True)
    return {
        one.application_id: rules.mask(str(readable(one)), hidden[one.application_id]) for one in said.order_by("pk")
    }


def given_back(user: Any) -> list[Assignment]:
    """The reviews that this person handed back for lack of time in steps that have not ended: a slip can be mended."""
    rows = Assignment.objects.filter(reviewer=user, state=State.HANDED_BACK, phase__ends__gt=timezone.now())
    rows = rows.filter(application__state=Application.State.SUBMITTED, application__decision=None)
    fields = ("id", "state", "phase__wave__name", "application__reference")
    return list(rows.select_related("phase__wave", "application").only(*fields).order_by("-ended_at", "id"))


def my_review(user: Any, assignment_id: Any) -> Assignment | None:
    """One assignment of `user`, with phase and rubric; None for anybody else's, for those given back, and for what nobody
    waits for any more."""
    return (
        Assignment.objects.wanted()
        .filter(pk=assignment_id, reviewer=user, state__in=[*Assignment.OPEN, State.DONE])
        .select_related("phase__wave", "phase__rubric")
        .defer("application")
        .first()
    )


@dataclass(frozen=True)
class Candidate:
    """A reviewer who could be given an application, and what stands against it."""

    user: Any
    open_reviews: int
    conflicts: list[rules.Conflict]
    given: int = 0  # in this wave, those that are done with them
    room: int = PanelSeat.ROOM
    knows: list[str] = field(default_factory=list)  # in words
    has_it: bool = False  # offered, taken on or handed in already

    @property
    def blocked(self) -> bool:
        return any(conflict.blocks for conflict in self.conflicts)


def candidates(application: Application, without: Collection[Any] = ()) -> list[Candidate]:
    """All who may read in the wave's scoring phase: those who can first, and the least busy of them first. What they read
    of the applications `without` is not counted."""
    phase = score_phase(application.wave) if application.wave else None
    reviewers = sorted(readers_of(phase), key=lambda reader: (reader.name, reader.pk)) if phase else []
    theirs = Assignment.objects.wanted().filter(reviewer__in=reviewers, state__in=[*Assignment.OPEN, State.DONE])
    counted = (
        theirs.exclude(application__in=without)
        .values("reviewer")
        .annotate(
            waiting=Count("pk", filter=Q(state__in=Assignment.OPEN)),
            given=Count("pk", filter=Q(phase__wave=application.wave_id)),
        )
    )
    waiting, given = Counter[Any](), Counter[Any]()  # reviewer -> open in any wave; open and handed in, in this one
    for row in counted:
        waiting[row["reviewer"]], given[row["reviewer"]] = row["waiting"], row["given"]
    against = conflicts(application, [reviewer.pk for reviewer in reviewers])
    seats = {seat.reviewer_id: seat for seat in PanelSeat.objects.filter(wave=application.wave_id)}
    nobodys = PanelSeat()
    have = set(theirs.filter(phase=phase, application=application).values_list("reviewer_id", flat=True))
    found = []
    for reviewer in reviewers:
        seat = seats.get(reviewer.pk, nobodys)
        found.append(
            Candidate(
                reviewer, waiting[reviewer.pk], against[reviewer.pk], given[reviewer.pk], seat.room,
                kinds_in_words(seat.knows), reviewer.pk in have,
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: (one.blocked, one.given >= one.room, one.open_reviews))


def kinds_in_words(kinds: Iterable[str]) -> list[str]:
    """The names of kinds of help, in the order in which they are asked for."""
    return [str(label) for value, label in HelpKind.choices if value in kinds]


def has_promised(user: Any, wave: Wave) -> bool:
    """Whether this reviewer has promised to keep what they read in this wave to themselves."""
    return PanelSeat.objects.filter(wave=wave, reviewer=user, promised_at__isnull=False).exists()


# --- What managers see ---


def score_phases(wave: Wave) -> list[ReviewPhase]:
    """The wave's scoring phases, the last first."""
    return list(wave.review_phases.filter(kind=ReviewPhase.Kind.SCORE).order_by("-position"))


def score_phase(wave: Wave) -> ReviewPhase | None:
    """The wave's scoring phase; where it has several, the one that runs, else the last that has begun."""
    return scoring_now(wave)


def drafts(wave: Wave, by: Any) -> list[Application]:
    """The wave's drafts for a manager `by` who gives more time: whose they are and until when, and nothing that they wrote.
    Without those that are kept from `by`."""
    rows = wave.applications.filter(state=Application.State.DRAFT, lead__closed_at=None).exclude(too_close(by))
    rows = rows.select_related("lead", "wave").only(
        "id",
        "reference",
        "state",
        "extended_until",
        "extended_because",
        "lead__name",
        "lead__email",
        "wave__call_closes",
        "wave__slug",
    )
    return list(rows.order_by("lead__name", "id"))


@dataclass(frozen=True)
class ReviewForManager:
    """One assignment on a manager's page of an application."""

    assignment: Assignment
    total: float | None
    scores: list[tuple[Criterion, Score | None]]


def reviews_of(application: Application) -> list[ReviewForManager]:
    """All assignments of an application with scores, for its managers. Three queries."""
    assignments = list(
        Assignment.objects.filter(application=application)
        .select_related("reviewer", "phase__rubric")
        .prefetch_related("scores", "phase__rubric__criteria")
        .order_by("assigned_at", "id")
    )
    found = []
    for assignment in assignments:
        given = {score.criterion_id: score for score in assignment.scores.all()}
        criteria = list(assignment.phase.rubric.criteria.all()) if assignment.phase.rubric else []
        pairs = [(criterion.weight, given[criterion.pk].score) for criterion in criteria if criterion.pk in given]
        total = rules.weighted_total(pairs) if assignment.state == State.DONE else None
        found.append(
            ReviewForManager(assignment, total, [(criterion, given.get(criterion.pk)) for criterion in criteria])
        )
    return found


def managed_waves(user: Any) -> list[Any]:
    """The waves that `user` runs, with how much waits in each, the latest first: `submitted`, `drafts`, `decided`, `letters`;
    what is kept from them is in no count."""
    from people.rules import live_grants

    scopes = [scope for role, scope in live_grants(user) if role == "portfolio_manager"]
    seen = ~Q(applications__in=list(Application.objects.filter(too_close(user)).values_list("pk", flat=True)))
    waves = Wave.objects.select_related("programme").annotate(
        submitted=Count("applications", filter=seen & Q(applications__state="submitted"), distinct=True),
        drafts=Count("applications", filter=seen & Q(applications__state="draft"), distinct=True),
        decided=Count("applications__decision", filter=seen, distinct=True),
        letters=Count("applications__decision", filter=seen & Q(applications__decision__sent_at=None), distinct=True),
    )
    if "" not in scopes:
        waves = waves.filter(pk__in=scopes)
    return list(waves.order_by(F("call_opens").desc(), "id"))
