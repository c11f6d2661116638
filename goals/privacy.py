"""What goals hand over in "download my data", and what they do when somebody closes their account."""

from django.utils import timezone

from goals.models import SignUp, StuckFlag
from ui.registries import AccountClosing, DataExport


def _export(user) -> list[dict]:
    sign_ups = SignUp.objects.filter(user=user).select_related("goal").prefetch_related("assessments", "flags")
    return [
        {
            "goal": sign_up.goal.title,
            "why": sign_up.why,
            "from": sign_up.goal.words_for(sign_up.baseline),
            "started": sign_up.starts_on.isoformat(),
            "ends": sign_up.ends_on.isoformat(),
            "state": sign_up.get_state_display(),
            "stopped_because": sign_up.abandoned_why,
            "assessments": [
                {
                    "at": said.at.isoformat(),
                    "where": sign_up.goal.words_for(said.level),
                    "confidence": said.confidence,
                    "note": said.note,
                    "stuck": said.said_stuck,
                }
                for said in sign_up.assessments.all()
            ],
        }
        for sign_up in sign_ups.order_by("created_at", "id")
    ]


def _close(user, by) -> None:
    """Goals end; words that a person wrote to themselves go, levels stay for the aggregates."""
    now = timezone.now()
    StuckFlag.objects.filter(sign_up__user=user, closed_at=None).update(
        closed_at=now, closed_because=StuckFlag.Closing.ENDED
    )
    SignUp.objects.filter(user=user, state=SignUp.State.ACTIVE).update(state=SignUp.State.ABANDONED, ended_at=now)
    SignUp.objects.filter(user=user).update(why="", abandoned_why="", may_be_asked=False)
    for sign_up in SignUp.objects.filter(user=user):
        for said in sign_up.assessments.exclude(note=""):
            said.forget_note()


EXPORT = DataExport("goals", _export, order=40)
CLOSING = AccountClosing(_close, order=40)
