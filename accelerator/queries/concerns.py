"""What of the accelerator people can report or be worried about (`people.concerns`): each as one reader sees it, or, with no
reader, as whoever handles the concern does."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accelerator.models import AnswerComment, Application, CheckIn, Innovation, InnovationMember, Lesson, Submission
from accelerator.queries import apply, innovations, lessons
from people.concerns import Kind, Seen
from ui.errors import Missing


def _one(rows: QuerySet[Any], pk: Any) -> Any:
    """The row with this id. Raises Missing."""
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Missing(_("We cannot find that."))
    return found


def _team(innovation: Innovation) -> list[Any]:
    """Its people, the lead first, then its manager."""
    rows = InnovationMember.objects.filter(innovation=innovation).select_related("user").order_by("-lead", "id")
    return [row.user for row in rows] + ([innovation.manager] if innovation.manager else [])


def innovation(innovation_id: Any, viewer: Any) -> Seen:
    """An innovation, for those who see its page."""
    if viewer is None:
        found = _one(Innovation.objects.select_related("manager"), innovation_id)
    else:
        found = innovations.innovation_for(viewer, innovation_id)
    team = _team(found)
    return Seen(
        _("The innovation “%(title)s”") % {"title": found},
        reverse("accelerator:innovation", args=[found.pk]),
        {user: str(user) for user in team},
        words=f"{found.name}\n\n{found.summary}".strip(),
    )


def check_in(check_in_id: Any, viewer: Any) -> Seen:
    """One check-in, for those who may read it. A team writes of its own people too, so any of them may be meant."""
    found = _one(CheckIn.objects.select_related("by", "innovation__manager"), check_in_id)
    if viewer is not None:
        whole = innovations.innovation_for(viewer, found.innovation_id)
        if found not in innovations.checkins_shown(viewer, whole, limit=None):
            raise Missing(_("We cannot find that."))
    team = [user for user in _team(found.innovation) if user != found.by]
    return Seen(
        _("A check-in of “%(title)s”") % {"title": found.innovation},
        reverse("accelerator:innovation", args=[found.innovation_id]),
        {user: str(user) for user in [found.by, *team]},
        words="\n\n".join(filter(None, [found.progress, found.blockers, found.would_help])),
    )


def evidence(submission_id: Any, viewer: Any) -> Seen:
    """Evidence of a milestone with the comment on it, for those who see the innovation."""
    if viewer is None:
        rows = Submission.objects.select_related("by", "reviewed_by", "milestone__innovation__manager")
        found = _one(rows, submission_id)
    else:
        found = innovations.submission_for(viewer, submission_id)
    wrote = [user for user in (found.by, found.reviewed_by) if user is not None]
    return Seen(
        _("Evidence for “%(title)s”") % {"title": found.milestone},
        reverse("accelerator:milestone", args=[found.milestone_id]),
        {user: str(user) for user in wrote},
        {user.pk for user in _team(found.milestone.innovation)},
        "\n\n".join(filter(None, [found.account, found.comment])),
    )


def comment(comment_id: Any, viewer: Any) -> Seen:
    """What somebody said about one answer of an application, for those who work on it."""
    found = _one(AnswerComment.objects.select_related("author", "question", "application"), comment_id)
    if viewer is not None and apply.for_person(viewer, found.application_id) is None:
        raise Missing(_("We cannot find that."))
    application: Application = found.application
    return Seen(
        _("A comment on “%(title)s”") % {"title": found.question.text},
        reverse("accelerator:comments", args=[application.pk, found.question.key]),
        {found.author: str(found.author)},
        {application.lead_id, *application.co_applicants.values_list("user_id", flat=True)},
        found.text,
    )


def lesson(lesson_id: Any, viewer: Any) -> Seen:
    """One item of the learning log, whose writer has no name there."""
    rows = Lesson.objects.select_related("by") if viewer is None else lessons.listed(viewer).select_related("by")
    found = _one(rows, lesson_id)
    return Seen(
        _("An item of the learning log"),
        reverse("accelerator:lesson", args=[found.pk]),
        {found.by: str(found.by) if viewer is None else _("whoever wrote it")},
        {found.answered_by_id} - {None},
        "\n\n".join(filter(None, [found.text, found.reason])),
    )


KINDS = [
    Kind("innovation", innovation),
    Kind("check-in", check_in),
    Kind("evidence", evidence),
    Kind("comment", comment),
    Kind("lesson", lesson, public=True),
]
