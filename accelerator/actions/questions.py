"""Changing what an application asks: a new version is drafted, changed, looked at and published. What applicants have
been asked never changes under them."""

from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.utils.translation import gettext as _

import audit.actions
from accelerator import default_questions
from accelerator.actions import versions
from accelerator.models import Answer, AnswerComment, KeptText, Question, QuestionSet, Upload, Versioned, Wave
from accelerator.queries.apply import in_order
from accelerator.rules import access
from accelerator.rules.waves import Phase
from ui.errors import DomainError, Invalid, NotAllowed

FIELDS = ("section", "kind", "text", "short", "guidance", "example", "choices", "word_limit", "required",
          "required_if_key", "required_if_value", "reviewers_see")  # fmt: skip
NEEDED = {"sentence", "help"}  # questions that other pages read: they stay, whatever else changes


def new_version(*, by: Any, question_set: QuestionSet) -> QuestionSet:
    """A draft of the next version of a question set, with the questions of this one; the draft that there is, where one
    was begun. Raises NotAllowed for anybody but managers and administrators."""
    return versions.new_version(by=by, versioned=question_set, copy=_copy)


def begin(*, by: Any, name: str, like: QuestionSet | None = None) -> QuestionSet:
    """A draft of questions of another name: those of `like`, or only the ones that other pages need. As
    `versions.begin`."""

    def fill(draft: QuestionSet) -> None:
        if like is not None:
            _copy(like, draft)
        else:
            needed = [one for one in default_questions.QUESTIONS if one["key"] in NEEDED]
            Question.objects.bulk_create(
                Question(question_set=draft, position=position, **one) for position, one in enumerate(needed, start=1)
            )

    return versions.begin(by=by, model=QuestionSet, name=name, fill=fill)


def _copy(old: QuestionSet, draft: QuestionSet) -> None:
    Question.objects.bulk_create(
        Question(
            question_set=draft, key=one.key, position=one.position, **{name: getattr(one, name) for name in FIELDS}
        )
        for one in old.questions.all()
    )


@transaction.atomic
def save_question(*, by: Any, question: Question, **fields: Any) -> Question:
    """Changes a question of a draft. `fields` are those of `FIELDS`. Raises Invalid (choices, required_if_key),
    NotAllowed, DomainError once published."""
    draft = versions.draft_of(by, QuestionSet, question.question_set_id)
    question = draft.questions.get(pk=question.pk)
    for name in FIELDS:
        if name in fields:
            setattr(question, name, fields[name])
    if question.key in NEEDED and not question.required:
        raise Invalid(_("Other pages need this answer, so it must be asked for."), field="required")
    _check(draft, question)
    question.save()
    _place(draft, in_order(draft))
    return draft.questions.get(pk=question.pk)


def _place(draft: QuestionSet, ordered: list[Question]) -> None:
    """Gives the questions of a draft the places of this order."""
    places = sorted(one.position for one in ordered)
    if [one.position for one in ordered] == places:
        return
    for one, place in zip(ordered, places, strict=True):
        one.position = place
    draft.questions.update(position=F("position") + versions.OUT_OF_THE_WAY)
    Question.objects.bulk_update(ordered, ["position"])


@transaction.atomic
def add_question(*, by: Any, question_set: QuestionSet, **fields: Any) -> Question:
    """Adds a question to a draft, as the last of its group; its key is made from its short name. Raises as
    `save_question`."""
    draft = versions.draft_of(by, QuestionSet, question_set.pk)
    key = versions.free_key(draft.questions, fields["short"], "question")
    last = draft.questions.aggregate(last=Max("position"))["last"] or 0
    question = Question(question_set=draft, key=key, position=last + 1, **fields)
    _check(draft, question)
    question.save()
    _place(draft, in_order(draft))
    return draft.questions.get(pk=question.pk)


def _check(draft: QuestionSet, question: Question) -> None:
    """Raises Invalid where a question cannot be asked as it is."""
    choosing = question.kind in (Question.Kind.CHOICE, Question.Kind.SEVERAL)
    if choosing and len(question.choices) < 2:
        raise Invalid(_("Write at least two answers to choose from, one a line."), field="choices")
    if not choosing:
        question.choices = []
    if not question.is_free_text:
        question.word_limit = None
    if question.required_if_key:
        other = draft.questions.filter(key=question.required_if_key, position__lt=question.position).first()
        known = {choice[0] for choice in other.choices} if other is not None else set()
        if question.required_if_value not in known:
            raise Invalid(_("Choose an earlier question, and one of its answers."), field="required_if")


@transaction.atomic
def move_question(*, by: Any, question: Question, up: bool) -> Question:
    """Moves a question of a draft one place up or down in its group; from the edge of the group the whole group moves,
    as groups stay together. At the end nothing happens."""
    draft = versions.draft_of(by, QuestionSet, question.question_set_id)
    groups: dict[str, list[Question]] = {}
    for one in in_order(draft):
        groups.setdefault(one.section, []).append(one)
    mine = groups[question.section]
    if not _swapped(mine, next(n for n, one in enumerate(mine) if one.pk == question.pk), up=up):
        rows = list(groups.values())
        _swapped(rows, rows.index(mine), up=up)
        groups = {row[0].section: row for row in rows}
    _place(draft, [one for row in groups.values() for one in row])
    return draft.questions.get(pk=question.pk)


def _swapped(rows: list[Any], at: int, *, up: bool) -> bool:
    """Changes places with the one before or after; False, and nothing done, at the end."""
    to = at - 1 if up else at + 1
    if not 0 <= to < len(rows):
        return False
    rows[at], rows[to] = rows[to], rows[at]
    return True


@transaction.atomic
def remove_question(*, by: Any, question: Question) -> None:
    """Takes a question out of a draft. Raises DomainError for those that other pages need, or that another hangs on."""
    draft = versions.draft_of(by, QuestionSet, question.question_set_id)
    if question.key in NEEDED:
        raise DomainError(_("Other pages need this answer, so the question stays."))
    if draft.questions.filter(required_if_key=question.key).exists():
        raise DomainError(_("Another question hangs on this answer. Change that one first."))
    draft.questions.filter(pk=question.pk).delete()


@transaction.atomic
def use_in_wave(*, by: Any, wave: Wave, question_set: QuestionSet) -> Wave:
    """Has a wave ask this published version, until its call opens. Drafts that people prepare early keep their answers,
    files and kept texts, by the key of each question; what goes with no question any more stays with the old one, and
    is shown as such. Raises NotAllowed, DomainError."""
    wave = Wave.objects.select_for_update().get(pk=wave.pk)
    if not access.runs(by, wave):
        raise NotAllowed(_("Only those who run this wave can change it."))
    if question_set.state != Versioned.State.PUBLISHED:
        raise DomainError(_("Publish the questions first."))
    if wave.phase() != Phase.PLANNED:
        raise DomainError(_("The call has opened: everybody is asked the same, so the questions stay."))
    if wave.question_set_id == question_set.pk:
        return wave
    list(wave.applications.select_for_update().order_by("pk"))  # no answer is saved meanwhile
    fresh = {question.key: question for question in question_set.questions.all()}
    written: tuple[Any, ...] = (Answer, AnswerComment, Upload, KeptText)
    for model in written:
        moved = []
        for row in model.objects.filter(application__wave=wave).select_related("question"):
            question = fresh.get(row.question.key)
            if question is not None and question.takes_answers_of(row.question):
                row.question = question
                moved.append(row)
        model.objects.bulk_update(moved, ["question"])
    wave.question_set = question_set
    wave.save(update_fields=["question_set"])
    audit.actions.record(by=by, verb="accelerator.wave.questions", obj=wave, version=question_set.version)
    return wave
