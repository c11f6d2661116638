"""Between calls: keeping an idea, going on with it in the next call, and being told when one opens."""

from typing import Any

from django.core.files import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accelerator.actions import apply, copies
from accelerator.actions.locking import locked
from accelerator.models import Answer, Application, CallWish, PatientFlag, Question, Upload, Wave
from accelerator.rules import apply as apply_rules
from accelerator.rules import keeping as rules
from audit.actions import record
from ui.errors import DomainError, Invalid, NotAllowed

LONGEST = 300  # characters of the sentence


@transaction.atomic
def keep(*, by: Any, sentence: str) -> Application:
    """Keeps an idea, in one sentence, until a call opens: in the next call that has a date, else without one. A second
    click finds it. Raises Invalid (sentence)."""
    sentence = sentence.strip()
    if not sentence or len(sentence) > LONGEST:
        raise Invalid(_("Write your idea in one sentence."), field="sentence")
    return apply.begin(by=by, wave=apply.wave_for_now(), sentence=sentence)


@transaction.atomic
def go_on(*, by: Any, application: Application, wave: Wave) -> Application:
    """Brings an idea to another call: a draft with what was answered before, files too, as far as the call asks it, and a
    link to the earlier one. What stands in that draft already stays. A second click finds the first one's.

    Raises NotAllowed for anybody but the lead, DomainError where the idea is still being decided or was accepted, or the
    call has closed."""
    earlier = locked(by, application.pk, edit=False)
    if not apply_rules.is_lead(by, earlier):
        raise NotAllowed(_("Only the person who led this application can go on with it."))
    now = timezone.now()
    if earlier.state == Application.State.DRAFT and earlier.wave_id == wave.pk and not rules.may_go_on(earlier, now):
        return earlier  # it is there already
    if not rules.may_go_on(earlier, now):
        raise DomainError(_("This application is still on its way, so it cannot go to another call."))
    draft = apply.begin(by=by, wave=wave, sentence=earlier.sentence)
    if draft.pk == earlier.pk or draft.earlier_id is not None:
        return draft
    draft.earlier = earlier
    draft.save(update_fields=["earlier"])
    asked = {question.key: question for question in wave.question_set.questions.all()}
    answered = set(draft.answers.values_list("question__key", flat=True))
    carried = [
        Answer(application=draft, question=asked[old.question.key], value=old.value, saved_by=by)
        for old in earlier.answers.select_related("question").order_by("question__position", "id")
        if old.question.key in asked
        and old.question.key not in answered
        and rules.fits(asked[old.question.key], old.question.kind, old.value)
    ]
    Answer.objects.bulk_create(carried)
    files = _carry_files(by, earlier, draft, asked)
    record(
        by=by,
        verb="accelerator.application.gone_on",
        obj=draft,
        earlier=str(earlier.pk),
        answers=len(carried),
        files=files,
    )
    return draft


def _carry_files(by: Any, earlier: Application, draft: Application, asked: dict[str, Question]) -> int:
    """Copies the files of an earlier application to a draft: new files of random names, hidden from reviewers until a
    manager clears them again. What was taken away stays behind, and so does what may name a patient. Returns how many."""
    there = set(draft.uploads.filter(removed_at=None).values_list("question__key", flat=True))
    flagged = PatientFlag.objects.filter(application=earlier, state=PatientFlag.State.OPEN).values("question")
    standing = (
        earlier.uploads.filter(removed_at=None)
        .exclude(file="")
        .exclude(question__in=flagged)
        .select_related("question")
    )
    carried = [
        old
        for old in standing.order_by("question__position", "id")
        if old.question.key not in there
        and old.question.key in asked
        and asked[old.question.key].kind == Question.Kind.FILE
    ]
    for old in carried:
        with old.file.open("rb") as content:
            carried_on = Upload.objects.create(
                application=draft, question=asked[old.question.key], file=File(content, name=old.name), name=old.name,
                content_type=old.content_type, size=old.size, uploaded_by=by,
            )  # fmt: skip
        copies.ask_for(carried_on)
    return len(carried)


@transaction.atomic
def tell_me(*, by: Any, wanted: bool) -> None:
    """Says, or takes back, that `by` wants to be told when a call opens. Twice changes nothing."""
    if by.closed_at is not None:
        raise NotAllowed(_("This account is closed."))
    if wanted:
        CallWish.objects.get_or_create(user=by)
    else:
        CallWish.objects.filter(user=by).delete()
