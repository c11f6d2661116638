"""What closing an account ends in the accelerator."""

from typing import Any

from django.db import transaction

from accelerator.actions import access_fund, coaching, helping, parting
from accelerator.actions.review import hand_back
from accelerator.models import AccessClaim, Application, Assignment, CallWish, FitCheck, QuestionHelp

UNPAID = [AccessClaim.State.WAITING, AccessClaim.State.AGREED]


@transaction.atomic
def leave(*, user: Any) -> None:
    """What closing an account does here: reviews that are not handed in are handed back, so that somebody else is asked.
    Requests for help with a question, and for coaching, are taken back where nobody has agreed to help. Innovations that
    they manage, and places on a team, go to somebody else. Reviews that are in, and applications that were sent, stay
    without a name, and without the reason for which their writer had more time."""
    for assignment in Assignment.objects.filter(reviewer=user, state__in=Assignment.OPEN).order_by("pk"):
        hand_back(by=user, assignment=assignment)
    access_fund.leave(user=user)
    CallWish.objects.filter(user=user).delete()
    Application.objects.filter(lead=user).exclude(extended_because="").update(extended_because="")
    FitCheck.objects.filter(user=user).update(user=None, fits_by=None, fits_reason="")
    asking = QuestionHelp.objects.filter(application__lead=user, ended_at=None).values("application")
    for application in Application.objects.filter(pk__in=asking).order_by("pk"):
        helping.end_all(application)
    coaching.end_for(user=user)
    parting.part(user=user)


def told(user: Any) -> dict[str, int] | None:
    """What the page before closing an account says of the accelerator; None where nothing of it would change."""
    reviews = Assignment.objects.filter(reviewer=user, state__in=Assignment.OPEN).count()
    drafts = Application.objects.filter(lead=user, state=Application.State.DRAFT).count()
    claims = AccessClaim.objects.filter(claimant=user, state__in=UNPAID).count()
    found = {"reviews": reviews, "drafts": drafts, "claims": claims, **parting.told(user)}
    return found if any(found.values()) else None
