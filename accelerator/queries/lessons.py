"""The learning log: the list that everybody reads, what waits for an answer, and what a next wave takes with it."""

from typing import Any

from django.db.models import Q, QuerySet

from accelerator.models import Lesson, Programme, Wave
from people.rules import live_grants

SHOWN_ON_THE_CARD = 3


def listed(viewer: Any, *, answer: str = "", programme: Programme | None = None) -> QuerySet[Lesson]:
    """The log, the newest first. What nobody has answered is shown to those who are signed in. Those for a programme
    include what is for all."""
    rows = Lesson.objects.exclude(answer=Lesson.Answer.REMOVED).select_related("programme", "wave")
    if not viewer.is_authenticated:
        rows = rows.exclude(answer=Lesson.Answer.WAITING)
    if answer:
        rows = rows.filter(answer=answer)
    if programme is not None:
        rows = rows.filter(Q(programme=programme) | Q(programme=None))
    return rows.order_by("-at", "-id")


def _run_by(user: Any) -> Q | None:
    """Which items `user` may answer: all; or of the waves that they run, those waves' programmes, and what is for all.
    None where they run nothing."""
    scopes = [scope for role, scope in live_grants(user) if role == "portfolio_manager"]
    if not scopes or not user.is_present:
        return None
    if "" in scopes:
        return Q()
    programmes = Wave.objects.filter(pk__in=scopes).values("programme")
    return Q(wave__in=scopes) | Q(wave=None, programme__in=programmes) | Q(programme=None)


def answerable(user: Any) -> QuerySet[Lesson]:
    """What `user` may answer, answered or not."""
    mine = _run_by(user)
    return Lesson.objects.none() if mine is None else Lesson.objects.filter(mine)


def may_answer(user: Any, lesson: Lesson) -> bool:
    """Whether `user` runs what an item is about."""
    return answerable(user).filter(pk=lesson.pk).exists()


def adopted_for(wave: Wave) -> QuerySet[Lesson]:
    """What a wave after this one takes with it: everything adopted for its programme or for all, the oldest first."""
    adopted = Lesson.objects.filter(answer=Lesson.Answer.ADOPTED).select_related("programme", "wave")
    return adopted.filter(Q(programme=wave.programme_id) | Q(programme=None)).order_by("at", "id")


def taken_by(wave: Wave) -> QuerySet[Lesson]:
    """What a wave took with it when it was copied and is still in the log, the oldest first."""
    return (
        wave.taken_lessons.exclude(answer=Lesson.Answer.REMOVED)
        .select_related("programme", "wave")
        .order_by("at", "id")
    )


def waiting_card(user: Any) -> dict[str, Any] | None:
    """What waits for an answer of `user`, the oldest first; None where nothing does."""
    waiting = answerable(user).filter(answer=Lesson.Answer.WAITING).select_related("programme", "wave")
    found = list(waiting.order_by("at", "id")[: SHOWN_ON_THE_CARD + 1])
    if not found:
        return None
    more = waiting.count() - SHOWN_ON_THE_CARD if len(found) > SHOWN_ON_THE_CARD else 0
    return {"lessons": found[:SHOWN_ON_THE_CARD], "more": more}


def export_for(user: Any) -> list[dict[str, Any]]:
    """What somebody wrote in the log, and what became of it, as plain data."""
    return [
        {
            "about": one.about, "text": one.text, "written": one.at.isoformat(), "answer": one.answer,
            "reason": one.reason, "answered": one.answered_at.isoformat() if one.answered_at else None,
        }
        for one in Lesson.objects.filter(by=user).select_related("programme", "wave").order_by("at", "id")
    ]  # fmt: skip
