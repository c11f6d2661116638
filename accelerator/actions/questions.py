"""Changing what an application asks: a new version is drafted, changed, looked at and published. What applicants have
been asked never changes under them."""

from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

import audit.actions
from accelerator.actions import versions
from accelerator.models import Answer, AnswerComment, KeptText, Question, QuestionSet, Upload, Versioned, Wave
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
    return question


@transaction.atomic
def add_question(*, by: Any, question_set: QuestionSet, **fields: Any) -> Question:
    """Adds a question at the end of a draft; its key is made from its short name. Raises as `save_question`."""
    draft = versions.draft_of(by, QuestionSet, question_set.pk)
    key = versions.free_key(draft.questions, fields["short"], "question")
    last = draft.questions.aggregate(last=Max("position"))["last"] or 0
    question = Question(question_set=draft, key=key, position=last + 1, **fields)
    _check(draft, question)
    question.save()
    return question


def _check(draft: QuestionSet, question: Question) -> None:
    """Raises Invalid where a question cannot be asked as it is."""
    choosing = question.kind in (Question.Kind.CHOICE, Question.Kind.SEVERAL)
    if choosing and len(question.choices) < 2:
        raise Invalid(_("Write at least two answers to choose from, one a line."), field="choices")
    if not choosing:
        question.choices = []
    if question.required_if_key:
        other = draft.questions.filter(key=question.required_if_key, position__lt=question.position).first()
        known = {choice[0] for choice in other.choices} if other is not None else set()
        if question.required_if_value not in known:
            raise Invalid(_("Choose an earlier question, and one of its answers."), field="required_if")


@transaction.atomic
def move_question(*, by: Any, question: Question, up: bool) -> Question:
    """Swaps a question of a draft with the one before or after it; at the end nothing happens."""
    draft = versions.draft_of(by, QuestionSet, question.question_set_id)
    versions.swap(draft.questions, question, up=up)
    return draft.questions.get(pk=question.pk)


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
