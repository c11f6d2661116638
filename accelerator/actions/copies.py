"""The copies that reviewers open instead of the files that people sent: made by the worker, refused where nothing safe can
be made, tried again, and taken away with the file."""

import datetime as dt
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

import audit.actions
from accelerator.actions.judging import judged
from accelerator.cleaning import run
from accelerator.cleaning.limits import WALL_SECONDS, Refused
from accelerator.models import Application, Upload
from accelerator.queries.access_fund import managers_of
from accelerator.queries.kept import is_kept_from
from accelerator.rules import quarantine as quarantine_rules
from notifications.actions import notify, notify_each
from ui.errors import DomainError
from ui.stored_files import forget

Safety, Why = Upload.Safety, Upload.Why
MOST_TRIES = 3  # a worker may be killed while it is at it; a file that kills workers must not do it for ever
AN_ATTEMPT = dt.timedelta(seconds=WALL_SECONDS + 60)  # after that long, whoever was at it is gone
MOST_AT_ONCE = 100  # that one sweep queues
LEFT = dt.timedelta(minutes=5)  # what waits for longer has no task any more


def ask_for(upload: Upload) -> None:
    """Has the worker make the copy, once what was done is committed."""
    from accelerator.tasks import make_copy as task  # the task calls this module

    transaction.on_commit(lambda: task.delay(str(upload.pk)), robust=True)


def make_copy(*, upload_id: Any) -> str:
    """Makes the copy of a file that has none yet. Several at once, and again after a worker was killed, make it once.
    Returns what became of it: "clean", "refused", or "" where there was nothing to do. Takes minutes at most, and holds
    no lock meanwhile."""
    upload = _begin(upload_id)
    if upload is None:
        return ""
    if upload.tries > MOST_TRIES:
        return _refused(upload, Why.FAILED)
    try:
        with upload.file.open("rb") as file:
            made = run.cleaned(file, upload.content_type)
    except FileNotFoundError:
        return _refused(upload, Why.GONE)
    except Refused as error:
        return _refused(upload, Why(error.why))
    return _clean(upload, made)


@transaction.atomic
def _begin(upload_id: Any) -> Upload | None:
    """The file whose turn it is, with this try counted; None where it has a copy, is refused or gone, or is being tried."""
    now = timezone.now()
    waiting = Upload.objects.filter(safety=Safety.WAITING, removed_at=None).exclude(file="")
    upload = waiting.select_for_update(of=("self",)).filter(pk=upload_id).first()
    if upload is None or (upload.tried_at is not None and now < upload.tried_at + AN_ATTEMPT):
        return None
    upload.tries, upload.tried_at = upload.tries + 1, now
    upload.save(update_fields=["tries", "tried_at"])
    return upload


def _locked_try(upload: Upload) -> Upload | None:
    """The file again, under lock; None where this try counts no more: it was taken away, or is being tried anew."""
    waiting = Upload.objects.select_for_update(of=("self",)).filter(safety=Safety.WAITING, removed_at=None)
    return waiting.select_related("application__wave").filter(pk=upload.pk, tried_at=upload.tried_at).first()


@transaction.atomic
def _clean(tried: Upload, made: run.Clean) -> str:
    upload = _locked_try(tried)
    if upload is None:
        return ""
    upload.copy = ContentFile(made.content, name="copy")
    upload.safety, upload.copy_kind, upload.tried_at = Safety.CLEAN, made.kind, None
    upload.save(update_fields=["safety", "copy", "copy_kind", "tried_at"])
    return Safety.CLEAN.value


@transaction.atomic
def _refused(tried: Upload, why: Upload.Why) -> str:
    upload = _locked_try(tried)
    if upload is None:
        return ""
    upload.safety, upload.refused_because, upload.tried_at = Safety.REFUSED, why, None
    upload.save(update_fields=["safety", "refused_because", "tried_at"])
    audit.actions.record(by=None, verb="accelerator.upload.refused", obj=upload, why=why.value)
    if upload.application.state == Application.State.SUBMITTED:
        tell_managers(upload)
    return Safety.REFUSED.value


def tell_managers(upload: Upload) -> None:
    """Tells those who run the wave that reviewers will not see a file of an application that was sent. Once a file."""
    application = upload.application
    if application.wave is None:
        return
    notify_each(
        people=[one for one in managers_of(application.wave) if not is_kept_from(one, application)],
        kind="file_refused",
        key=f"file_refused:{upload.pk}",
        subject=_("A file that reviewers cannot see"),
        template="accelerator/letters/file_refused",
        context={"reference": application.reference, "why": upload.get_refused_because_display()},
        url=reverse("accelerator:candidate", args=[application.pk]),
    )


def tell_of_sent(application: Application) -> None:
    """The same for the files that were refused before their application was sent."""
    for upload in application.uploads.filter(safety=Safety.REFUSED, removed_at=None).order_by("id"):
        tell_managers(upload)


def _managed(by: Any, upload: Upload) -> Upload:
    """A file that is there, locked, for somebody who runs its wave. Raises NotAllowed, DomainError."""
    rows = Upload.objects.select_for_update(of=("self",)).select_related(
        "application__wave", "application__lead", "question"
    )
    fresh = rows.get(pk=upload.pk)
    judged(by, fresh.application_id)
    if fresh.removed_at is not None:
        raise DomainError(_("This file has been taken away or replaced. Reload the page to see how things stand."))
    return fresh


@transaction.atomic
def try_again(*, by: Any, upload: Upload) -> Upload:
    """A manager has a refused file tried once more. A second click changes nothing. Raises NotAllowed, DomainError."""
    upload = _managed(by, upload)
    if upload.safety == Safety.REFUSED:
        upload.safety, upload.refused_because, upload.tries, upload.tried_at = Safety.WAITING, "", 0, None
        upload.save(update_fields=["safety", "refused_because", "tries", "tried_at"])
        audit.actions.record(by=by, verb="accelerator.upload.tried_again", obj=upload)
        ask_for(upload)
    return upload


@transaction.atomic
def ask_for_another(*, by: Any, upload: Upload) -> Upload:
    """A manager asks those who applied for another file in place of this one, which they may then send although the
    application has gone in. A second click asks nothing more. Raises NotAllowed, and DomainError once the letter has gone."""
    upload = _managed(by, upload)
    application = upload.application
    decision = getattr(application, "decision", None)
    if application.state != Application.State.SUBMITTED or (decision is not None and decision.sent_at):
        raise DomainError(_("This application is not being read any more, so no other file is needed."))
    if upload.another_asked_at is not None:
        return upload
    upload.another_asked_at = timezone.now()
    upload.save(update_fields=["another_asked_at"])
    audit.actions.record(by=by, verb="accelerator.upload.another_asked", obj=upload)
    notify(
        to=application.lead,
        kind="file_asked_again",
        key=f"file_asked_again:{upload.pk}",
        subject=_("Please send another file"),
        template="accelerator/letters/file_asked_again",
        context={"question": upload.question.short, "why": upload.get_refused_because_display()},
        url=reverse("accelerator:question", args=[application.pk, upload.question.key]),
    )
    return upload


def take_away(upload: Upload, *, for_good: bool) -> None:
    """Takes a file, locked by the caller, from every page: the copy is deleted at once, and with `for_good` the file too.
    Without, it can be `given_back`."""
    upload.removed_at = upload.removed_at or timezone.now()
    upload.cleared_at = upload.cleared_by = None
    upload.safety, upload.refused_because, upload.copy_kind, upload.tries, upload.tried_at = (
        Safety.WAITING,
        "",
        "",
        0,
        None,
    )
    forget(upload, "copy")
    if for_good:
        forget(upload, "file")
        upload.name = quarantine_rules.REMOVED
    upload.save()


def give_back(upload: Upload) -> None:
    """Puts a file back that was taken away; its copy is made anew, and cleared anew before a reviewer sees it."""
    upload.removed_at = None
    upload.save(update_fields=["removed_at"])
    ask_for(upload)


def left() -> list[Any]:
    """The ids of the files whose copies nobody is making any more: a worker was killed, or the queue was lost."""
    now = timezone.now()
    waiting = Upload.objects.filter(safety=Safety.WAITING, removed_at=None, uploaded_at__lt=now - LEFT).exclude(file="")
    idle = waiting.filter(Q(tried_at=None) | Q(tried_at__lte=now - AN_ATTEMPT))
    return list(idle.order_by("id").values_list("pk", flat=True)[:MOST_AT_ONCE])
