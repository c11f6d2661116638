"""Planning a wave and publishing what it asks and scores."""

import datetime as dt
from typing import Any, TypeVar

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import audit.actions
from accelerator import default_questions
from accelerator.models import Criterion, Programme, Question, QuestionSet, ReviewPhase, Rubric, Versioned, Wave
from accelerator.rules import waves as rules
from people.rules import check_role
from ui.errors import DomainError

V = TypeVar("V", bound=Versioned)


@transaction.atomic
def publish(*, by: Any, versioned: V) -> V:
    """Puts a draft version (of a question set, a rubric, a roadmap template) in force; the version published before
    it is superseded and stays with the waves that use it. Raises DomainError where it is no draft."""
    if by is not None:
        check_role(by, "portfolio_manager", "administrator")
    model: Any = type(versioned)
    versioned = model.objects.select_for_update().get(pk=versioned.pk)
    if versioned.state != Versioned.State.DRAFT:
        raise DomainError(_("This version has been published already. Make a new version to change it."))
    model.objects.filter(name=versioned.name, state=Versioned.State.PUBLISHED).update(state=Versioned.State.SUPERSEDED)
    versioned.state, versioned.published_at = Versioned.State.PUBLISHED, timezone.now()
    versioned.save(update_fields=["state", "published_at"])
    audit.actions.record(by=by, verb="accelerator.version.published", obj=versioned, version=versioned.version)
    return versioned


@transaction.atomic
def default_question_set() -> QuestionSet:
    """The question set that ships, published; made on the first call, the same one afterwards."""
    name = default_questions.QUESTIONS_NAME
    found = QuestionSet.objects.filter(name=name, state=Versioned.State.PUBLISHED).first()
    if found:
        return found
    made = QuestionSet.objects.create(name=name)
    Question.objects.bulk_create(
        Question(question_set=made, position=position, **fields)
        for position, fields in enumerate(default_questions.QUESTIONS, start=1)
    )
    return publish(by=None, versioned=made)


@transaction.atomic
def default_rubric() -> Rubric:
    """The rubric that ships, published; made on the first call, the same one afterwards."""
    name = default_questions.RUBRIC_NAME
    found = Rubric.objects.filter(name=name, state=Versioned.State.PUBLISHED).first()
    if found:
        return found
    made = Rubric.objects.create(name=name)
    Criterion.objects.bulk_create(
        Criterion(rubric=made, position=position, **fields)
        for position, fields in enumerate(default_questions.CRITERIA, start=1)
    )
    return publish(by=None, versioned=made)


@transaction.atomic
def plan_wave(*, by: Any, programme: Programme, minimum_reviews: int = 2, **fields: Any) -> Wave:
    """Makes a wave with the four review phases that ship. `fields` are those of `Wave`; the question set and the
    rubric are the ones that ship where none is given. Raises NotAllowed, and DomainError where dates are muddled."""
    if by is not None:
        check_role(by, "portfolio_manager", "administrator")
    fields.setdefault("question_set", default_question_set())
    fields.setdefault("rubric", default_rubric())
    wave = Wave(programme=programme, **fields)
    if not rules.in_order(wave):
        raise DomainError(_("The dates of a wave must follow each other, from the opening of the call to the end."))
    wave.save()
    add_default_phases(wave=wave, minimum_reviews=minimum_reviews)
    audit.actions.record(by=by, verb="accelerator.wave.planned", obj=wave, capacity=wave.capacity)
    return wave


def add_default_phases(*, wave: Wave, minimum_reviews: int = 2) -> list[ReviewPhase]:
    """Triage (from the opening of the call), score, moderate and decide, up to the start of support."""
    closes = wave.call_closes
    support = timezone.make_aware(dt.datetime.combine(wave.support_starts, dt.time.min))
    span = max(support - closes, dt.timedelta(days=4))
    kinds, visible = ReviewPhase.Kind, ReviewPhase.Visible
    rows = [
        (kinds.TRIAGE, _("Triage"), _("We have it"), wave.call_opens, closes + span * 0.1, visible.ALWAYS, visible.ALWAYS),
        (kinds.SCORE, _("Score"), _("Being read"), closes, closes + span * 0.7, visible.NEVER, visible.AFTER_OWN),
        (kinds.MODERATE, _("Moderate"), _("Being talked about"), closes + span * 0.7, closes + span * 0.85,
         visible.ALWAYS, visible.ALWAYS),
        (kinds.DECIDE, _("Decide"), _("Nearly there"), closes + span * 0.85, closes + span,
         visible.ALWAYS, visible.ALWAYS),
    ]  # fmt: skip
    return ReviewPhase.objects.bulk_create(
        ReviewPhase(
            wave=wave,
            position=position,
            kind=kind,
            internal_label=internal,
            public_label=public,
            starts=starts,
            ends=ends,
            names=names,
            other_reviews=others,
            rubric=wave.rubric if kind == kinds.SCORE else None,
            minimum_reviews=minimum_reviews,
        )
        for position, (kind, internal, public, starts, ends, names, others) in enumerate(rows, start=1)
    )
