"""A time broker who writes an applicant's answers down for them. Everything is told to the applicant, noted as done on
their behalf, and theirs to correct; nobody is sent in without having said so."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accelerator.actions import apply
from accelerator.models import Application, Scribe, Wave
from accelerator.rules import apply as rules
from audit.actions import record
from notifications.actions import notify
from people.rules import check_may_act, check_role
from ui.errors import DomainError, Invalid, Missing, NotAllowed

LASTS = dt.timedelta(days=14)  # from the last time that they said yes


@transaction.atomic
def begin_for(*, by: Any, member: Any, wave: Wave, asked: bool) -> Application:
    """Starts or continues the application of somebody who asked the broker `by` to write for them, and tells them. `asked`
    is the broker's word that they did. Begun again, it lasts 14 days from then, and nothing is told twice in a day.

    Raises NotAllowed (no broker), Invalid (member: oneself, or an account that is closed or paused; asked), DomainError
    where the call has closed or the application was sent."""
    check_may_act(by)
    check_role(by, "broker")
    if member.pk == by.pk:
        raise Invalid(_("Apply for yourself on your own page."), field="person")
    if not member.is_active:
        raise Invalid(_("This account is closed or paused."), field="person")
    if not asked:
        raise Invalid(_("Tick the box once they have asked you to write for them."), field="asked")
    sent = Application.objects.filter(lead=member, wave=wave, state=Application.State.SUBMITTED)
    if sent.exists():
        raise DomainError(_("%(name)s has sent an application to this wave already.") % {"name": member})
    application = apply.begin(by=by, on_behalf_of=member, wave=wave)
    now = timezone.now()
    scribe, made = Scribe.objects.update_or_create(
        application=application, broker=by, ended_at=None, defaults={"until": now + LASTS}
    )
    if made:
        record(by=by, verb="accelerator.application.written_down", obj=application, on_behalf_of=member)
    notify(
        to=member,
        kind="application_by_phone",
        key=f"application_by_phone:{scribe.pk}:{timezone.localdate().isoformat()}",
        subject=_("%(name)s writes down your answers for you") % {"name": by.name},
        template="accelerator/letters/written_down",
        context={"broker": by.name, "wave": wave.name},
        url=reverse("accelerator:application", args=[application.pk]),
    )
    return application


@transaction.atomic
def stop(*, by: Any, scribe: Scribe) -> Scribe:
    """The applicant, or the broker, ends it: from now on the broker neither reads nor writes. A second click changes
    nothing. Raises Missing for everybody else."""
    scribe = Scribe.objects.select_for_update(of=("self",)).select_related("application").get(pk=scribe.pk)
    if by.pk not in (scribe.application.lead_id, scribe.broker_id):
        raise Missing(_("There is no such application."))
    if scribe.ended_at is None:
        scribe.ended_at = timezone.now()
        scribe.save(update_fields=["ended_at"])
        record(by=by, verb="accelerator.application.writing_down_ended", obj=scribe.application)
    return scribe


@transaction.atomic
def send_for(*, by: Any, application: Application, said_so: bool) -> Application:
    """Sends an application for somebody who said so to the broker `by`; `said_so` is the broker's word for it. A second
    click finds it sent. Raises NotAllowed (nobody asked them), Invalid (said_so), and what `apply.submit` raises."""
    application = Application.objects.select_related("lead").get(pk=application.pk)
    if rules.is_lead(by, application):
        raise NotAllowed(_("This is your own application."))
    if not said_so:
        raise Invalid(_("Tick the box once they have asked you to send it."), field="said_so")
    return apply.submit(by=by, application=application, on_behalf_of=application.lead)
