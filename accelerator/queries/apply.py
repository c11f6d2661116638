"""What the pages of waves and applying read."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from accelerator.invitations import hashed
from accelerator.models import Answer, Application, KeptText, Question, QuestionSet, Scribe, Upload, Wave
from accelerator.rules import apply as rules
from accelerator.rules.review import active_phase
from notifications.models import OutboxMessage
from people.rules import has_role


def read_answers(application: Application) -> dict[str, Any]:
    """question key → value of everything answered; a file question holds the names of its files. Two queries."""
    answers = {answer.question.key: answer.value for answer in application.answers.select_related("question")}
    for upload in application.uploads.filter(removed_at=None).select_related("question").order_by("id"):
        answers.setdefault(upload.question.key, []).append(upload.name)
    return answers


def public_waves() -> QuerySet[Wave]:
    """Every wave, the latest call first."""
    return Wave.objects.select_related("programme").order_by("-call_opens", "id")


def wave_in_front() -> Wave | None:
    """The wave that the front page shows: the open call that closes first; else the next to open; else the last."""
    now = timezone.now()
    waves = Wave.objects.select_related("programme")
    return waves.call_open(now).first() or waves.call_ahead(now).first() or waves.order_by("-call_opens", "id").first()


@dataclass(frozen=True)
class Task:
    """One question as a row of the task list. `state` is done, problem (saved, but not good enough) or to_do."""

    question: Question
    state: str
    problem: str
    optional: bool
    lines: list[str]


@dataclass(frozen=True)
class Progress:
    """An application's questions by section, and how many of those that must be answered are."""

    sections: list[tuple[str, list[Task]]]
    done: int
    total: int
    resume: str  # the key of the question to go on with; "" where all are done

    @property
    def asked(self) -> int:
        """How many questions there are in all: what the question pages count to."""
        return sum(len(tasks) for _section, tasks in self.sections)

    @property
    def complete(self) -> bool:
        """Whether it could be sent: nothing is missing and nothing is too long."""
        return not any(task.problem for _section, tasks in self.sections for task in tasks)


def in_order(question_set: QuestionSet) -> list[Question]:
    """The questions in the order of both the task list and the pages: section by section, as each first comes up."""
    questions = list(question_set.questions.order_by("position", "id"))
    sections = list(dict.fromkeys(question.section for question in questions))
    return sorted(questions, key=lambda question: sections.index(question.section))


def progress(application: Application) -> Progress:
    """The task list of an application. Four queries however many questions."""
    assert application.wave is not None
    questions = in_order(application.wave.question_set)
    answers = read_answers(application)
    sections: OrderedDict[str, list[Task]] = OrderedDict()
    done = total = 0
    unfinished: list[str] = []
    for question in questions:
        value = answers.get(question.key)
        wrong = rules.problem(question, value, answers)
        empty = rules.is_empty(value)
        state = "to_do" if empty else "problem" if wrong else "done"
        required = rules.is_required(question, answers)
        if required:
            total, done = total + 1, done + (state == "done")
        if wrong:
            unfinished.append(question.key)
        task = Task(question, state, wrong, not required, rules.display(question, value) if not empty else [])
        sections.setdefault(question.section, []).append(task)
    last = application.last_question
    resume = next((key for key in unfinished if key == last), unfinished[0] if unfinished else "")
    return Progress(list(sections.items()), done, total, resume)


@dataclass(frozen=True)
class QuestionPage:
    """One question as a page: its answer, its neighbours, and what was kept beside it."""

    application: Application
    question: Question
    number: int
    total: int
    needed: bool
    value: Any
    version: int
    saved_at: Any
    saved_by: Any
    kept: KeptText | None
    upload: Upload | None
    next_key: str
    previous_key: str


def question_page(application: Application, key: str, user: Any) -> QuestionPage | None:
    """The page of the question `key`, None where the application has no such question."""
    if application.wave is None:
        return None
    questions = in_order(application.wave.question_set)
    at = next((i for i, question in enumerate(questions) if question.key == key), None)
    if at is None:
        return None
    question = questions[at]
    answer = Answer.objects.filter(application=application, question=question).select_related("saved_by").first()
    return QuestionPage(
        application=application,
        question=question,
        number=at + 1,
        total=len(questions),
        needed=rules.is_required(question, read_answers(application) if question.required_if_key else {}),
        value=answer.value if answer else None,
        version=answer.version if answer else 0,
        saved_at=answer.saved_at if answer else None,
        saved_by=answer.saved_by if answer else None,
        kept=KeptText.objects.filter(application=application, question=question, user=user).first(),
        upload=application.uploads.filter(question=question, removed_at=None).order_by("-id").first()
        if question.kind == Question.Kind.FILE
        else None,
        next_key=questions[at + 1].key if at + 1 < len(questions) else "",
        previous_key=questions[at - 1].key if at else "",
    )


def no_longer_asked(application: Application, user: Any) -> list[tuple[str, list[str]]]:
    """(question, lines of the answer) for what was written under questions that a later version of the wave's set does
    not ask; of what was kept beside the answers, only what `user` typed. Two queries."""
    assert application.wave is not None
    asked = application.wave.question_set_id
    answers = application.answers.exclude(question__question_set=asked).select_related("question")
    kept = application.kept_texts.filter(user=user).exclude(question__question_set=asked).select_related("question")
    rows: list[Answer | KeptText] = [*answers.order_by("question__position", "id")]
    rows += kept.order_by("question__position", "id")
    return [(row.question.text, rules.display(row.question, row.value)) for row in rows]


def question_of_earlier_version(application: Application, key: str) -> Question | None:
    """The question with this key in another version of the wave's set, the newest first: a page may have been open
    while the wave took up a version without it."""
    assert application.wave is not None
    versions = QuestionSet.objects.filter(name=application.wave.question_set.name)
    return Question.objects.filter(question_set__in=versions, key=key).order_by("-question_set__version").first()


def for_person(user: Any, application_id: Any) -> Application | None:
    """An application that `user` leads or joined, or writes down as a broker, with all that its pages read; None for
    everybody else's."""
    mine = Q(pk__in=Application.objects.of(user).values("pk"))
    if has_role(user, "broker"):
        asked = Scribe.objects.standing(timezone.now()).filter(broker=user, application__lead__closed_at=None)
        mine |= Q(pk__in=asked.filter(application__lead__suspended_at=None).values("application"))
    return (
        Application.objects.filter(mine)
        .select_related("wave__programme", "wave__question_set", "lead", "decision", "earlier__wave")
        .prefetch_related("co_applicants", "wave__review_phases")
        .filter(pk=application_id)
        .first()
    )


def standing(application: Application, *, call_open: bool = False) -> rules.Standing:
    """The calm public label of an application fetched by `for_person` or `mine`. `call_open`: there is a call that it
    could go to, were it kept."""
    now = timezone.now()
    phase = active_phase(application.wave.review_phases.all(), now) if application.wave else None
    decision = getattr(application, "decision", None)
    outcome = decision.outcome if decision is not None and decision.sent_at else ""
    return rules.standing(
        application,
        public_phase=phase.public_label if phase else "",
        outcome=outcome,
        shared=application.state == Application.State.DRAFT
        and any(co.accepted_at for co in application.co_applicants.all()),
        call_open=call_open,
        now=now,
    )


def mine(user: Any) -> list[tuple[Application, rules.Standing]]:
    """The applications in somebody's name, the newest first, each with its label. Constant in queries."""
    rows = (
        Application.objects.of(user)
        .select_related("wave", "decision", "lead")
        .prefetch_related("wave__review_phases", "co_applicants")
        .order_by("-created_at", "-id")
    )
    call_open = Wave.objects.call_open(timezone.now()).exists()
    return [(application, standing(application, call_open=call_open)) for application in rows]


def team_of(application: Application) -> list[str]:
    """The names of those who joined the lead, in the order of joining. One query."""
    joined = application.co_applicants.filter(accepted_at__isnull=False).select_related("user")
    return [str(row.user) for row in joined.order_by("accepted_at", "id")]


def asked_to_join(application: Application, *, all_ever: bool = False) -> list[str]:
    """The addresses that the lead asked to join, in the order of asking; whose they are stays out of it. Without
    `all_ever`, only those whose invitation stands and who have not joined. Two queries."""
    letters = OutboxMessage.objects.filter(kind="application_invited", key__startswith=f"{application.pk}:")
    asked = [key.partition(":")[2] for key in letters.order_by("id").values_list("key", flat=True)]
    if all_ever:
        return asked
    joined = application.co_applicants.filter(accepted_at__isnull=False).values_list("user__email", flat=True)
    gone = set(joined)
    return [email for email in asked if email not in gone and hashed(email) not in application.uninvited]
