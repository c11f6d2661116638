"""What the privacy page promises of applications, done by the nightly task."""

import datetime as dt

from django.db import transaction
from django.utils import timezone

from accelerator.actions import helping
from accelerator.models import (
    Answer,
    AnswerComment,
    Application,
    CoApplicant,
    KeptText,
    PatientFlag,
    QuestionHelp,
    Scribe,
    Upload,
)
from audit.actions import record
from ui.stored_files import forget

DRAFTS_KEPT = dt.timedelta(days=365)


def purge_drafts() -> int:
    """Deletes drafts that nobody has touched for 365 days, with their answers and files. Returns how many.

    A draft of a call that is still open stays, however old: its writer may be about to send it.
    """
    now = timezone.now()
    stale = (
        Application.objects.filter(state=Application.State.DRAFT, changed_at__lt=now - DRAFTS_KEPT)
        .exclude(wave__call_closes__gt=now)
        .order_by("id")
    )
    return sum(_purge(application.pk, now) for application in stale)


@transaction.atomic
def _purge(application_id, now: dt.datetime) -> bool:
    """One draft, looked at again under lock. True where it went."""
    draft = (
        Application.objects.select_for_update()
        .filter(pk=application_id, state=Application.State.DRAFT, changed_at__lt=now - DRAFTS_KEPT)
        .first()
    )
    if draft is None:
        return False
    for upload in Upload.objects.filter(application=draft):
        forget(upload, "file", "copy")
    helping.end_all(draft)
    for model in (Answer, AnswerComment, KeptText, CoApplicant, Upload, QuestionHelp, Scribe, PatientFlag):
        model.objects.filter(application=draft).delete()
    record(by=None, verb="accelerator.application.purged", obj=draft)
    draft.delete()
    return True
