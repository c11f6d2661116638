"""A time broker who writes an applicant's answers down for them. Everything is told to the applicant, noted as done on
their behalf, and theirs to correct; nobody is sent in without having said so, and nothing is read before they, or a second
broker where they have no e-mail address, have confirmed it."""

import datetime as dt
from typing import Any

from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accelerator.actions import apply
from accelerator.models import Application, Scribe, Wave
from accelerator.rules import apply as rules
from audit.actions import record
from notifications.actions import notify
from people.rules import check_may_act, check_role, has_role, may_act
from ui.errors import DomainError, Invalid, Missing, NotAllowed

SALT = "accelerator.may_write"
LASTS = dt.timedelta(days=14)  # from when it was confirmed


@transaction.atomic
def begin_for(*, by: Any, member: Any, wave: Wave, asked: bool) -> Application:
    """Starts or continues the application of somebody who asked the broker `by` to write for them, and asks them whether
    that is so. `asked` is the broker's word that they did: nothing of the draft is seen until `confirm`. Asked again while
    it stands, it changes nothing.

    Raises NotAllowed (no broker), Invalid (member: oneself, or an account that is closed or paused; asked), DomainError
    where the call has closed or the application was sent."""
    check_may_act(by)
    check_role(by, "broker")
    if member.pk == by.pk:
        raise Invalid(_("Apply for yourself on your own page."), field="person")
    if not member.is_present:
        raise Invalid(_("This account is closed or paused."), field="person")
    if not asked:
        raise Invalid(_("Tick the box once they have asked you to write for them."), field="asked")
    sent = Application.objects.filter(lead=member, wave=wave, state=Application.State.SUBMITTED)
    if sent.exists():
        raise DomainError(_("%(name)s has sent an application to this wave already.") % {"name": member})
    application = apply.begin(by=by, on_behalf_of=member, wave=wave)
    now = timezone.now()
    standing = Scribe.objects.select_for_update(of=("self",)).filter(application=application, broker=by, ended_at=None)
    scribe = standing.first()
    if scribe is not None and scribe.until > now:  # asked, or confirmed: asking once more makes it no longer
        return application
    if scribe is not None:
        scribe.ended_at = scribe.until
        scribe.save(update_fields=["ended_at"])
    scribe = Scribe.objects.create(application=application, broker=by, until=now + LASTS)
    record(by=by, verb="accelerator.application.writing_down_asked", obj=application, on_behalf_of=member)
    notify(
        to=member,
        kind="application_by_phone",
        key=f"application_by_phone:{scribe.pk}",
        subject=_("May %(name)s write down your answers for you?") % {"name": by.name},
        template="accelerator/letters/written_down",
        context={"broker": by.name, "wave": wave.name, "days": LASTS.days},
        url=reverse("accelerator:may_write", args=[signing.dumps(str(scribe.pk), salt=SALT)]),
        button=_("Say yes or no"),
    )
    return application


def by_token(token: str) -> Scribe:
    """Find what the link of a letter asks about, for whoever has the letter. Raises Missing where it leads nowhere any more."""
    try:
        pk = signing.loads(token, salt=SALT, max_age=LASTS)
    except signing.BadSignature:
        raise Missing(_("This link no longer leads anywhere.")) from None
    found = Scribe.objects.open(timezone.now()).select_related("application__lead", "application__wave", "broker")
    scribe = found.filter(pk=pk, application__lead__closed_at=None).first()
    if scribe is None:
        raise Missing(_("This link no longer leads anywhere."))
    return scribe


@transaction.atomic
def confirm(*, by: Any, scribe: Scribe) -> Scribe:
    """Says that an applicant asked a broker to write for them: the applicant does, or, for one without an e-mail address, a
    second broker who asked them. It lasts 14 days from now. A second click changes nothing. Raises Missing for everybody
    else, DomainError where it has ended."""
    rows = Scribe.objects.select_for_update(of=("self",)).select_related("application__lead", "broker")
    scribe = rows.get(pk=scribe.pk)
    if not may_confirm(by, scribe):
        raise Missing(_("There is no such application."))
    now = timezone.now()
    if scribe.ended_at is not None or scribe.until <= now:
        raise DomainError(_("This has ended. The broker can ask once more."))
    if scribe.confirmed_at is None:
        scribe.confirmed_at, scribe.confirmed_by, scribe.until = now, by, now + LASTS
        scribe.save(update_fields=["confirmed_at", "confirmed_by", "until"])
        lead = scribe.application.lead
        record(
            by=by, verb="accelerator.application.written_down", obj=scribe.application, broker=str(scribe.broker_id),
            on_behalf_of=None if by.pk == lead.pk else lead,
        )  # fmt: skip
        notify(
            to=scribe.broker,
            kind="writing_confirmed",
            key=f"writing_confirmed:{scribe.pk}",
            subject=_("You can write down the answers of %(name)s") % {"name": lead},
            template="accelerator/letters/writing_confirmed",
            context={"name": lead.name, "days": LASTS.days},
            url=reverse("accelerator:application", args=[scribe.application_id]),
        )
    return scribe


def may_confirm(by: Any, scribe: Scribe) -> bool:
    """Tell whether `by` can say that the applicant asked for it: themselves; without an e-mail address, another broker."""
    lead = scribe.application.lead
    if by.pk == lead.pk:
        return True
    return not lead.email and by.pk != scribe.broker_id and may_act(by) and has_role(by, "broker")


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
