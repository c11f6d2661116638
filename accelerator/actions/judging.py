"""The rule that every action of selection asks before it acts on an application, and late declarations."""

from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

import audit.actions
from accelerator.models import Application, Assignment, FirstSight, KeptAway, TriageAnswer, Wave
from accelerator.queries import kept
from accelerator.queries.access_fund import managers_of
from accelerator.rules import access
from notifications.actions import notify_each
from ui.errors import DomainError, Missing, NotAllowed


def check_may_judge(by: Any, application: Application) -> None:
    """Raises NotAllowed for whoever is too close to an application (`queries.kept.too_close`)."""
    if kept.is_kept_from(by, application):
        raise NotAllowed(
            _(
                "You have an idea of your own in this wave, have worked with somebody on this one, or have said that you "
                "cannot judge it, so somebody else must decide. Where nobody else can, the administrators are told."
            )
        )


def judged(by: Any, application_id: Any) -> Application:
    """An application, locked, for a manager of its wave from whom it is not kept. Raises Missing, NotAllowed."""
    rows = Application.objects.select_for_update(of=("self",)).select_related("wave", "lead")
    application = rows.filter(pk=application_id).first()
    if application is None:
        raise Missing(_("There is no such application."))
    if not access.runs(by, application.wave):
        raise NotAllowed(_("Only a portfolio manager of this wave can do this."))
    check_may_judge(by, application)
    return application


def managed(by: Any, application_id: Any) -> Application:
    """The same of an application that is in the review. Raises DomainError for one that is not."""
    application = judged(by, application_id)
    if application.state != Application.State.SUBMITTED:
        raise DomainError(_("This application is not in the review any more."))
    return application


def note_first_sight(*, by: Any, wave: Wave) -> None:
    """Notes that somebody sees what was sent to a wave, once, as soon as there is something to see. What they declare from
    now on changes nothing before their eyes."""
    if FirstSight.objects.filter(wave=wave, user=by).exists() or not wave.applications.submitted().exists():
        return
    FirstSight.objects.get_or_create(wave=wave, user=by, defaults={"at": timezone.now()})


def tell_of_late(*, by: Any) -> None:
    """Tells those who can keep it from `by` that they have declared somebody whose application they have before them: the
    wave's other managers who may look at one of them, or the administrators where there is nobody. `by` is told nothing."""
    for sight in FirstSight.objects.filter(user=by).select_related("wave").order_by("id"):
        wave = sight.wave
        late = [one for one in kept.said_since(wave) if one.user == by]
        if not late:
            continue
        theirs = [one.application for one in late]
        others = [
            one for one in managers_of(wave) if one != by and not all(kept.is_kept_from(one, idea) for idea in theirs)
        ]
        notify_each(
            people=others or kept.holding("administrator"),
            kind="declared_late",
            key=f"declared_late:{wave.pk}:{by.pk}:{timezone.localdate().isoformat()}",
            subject=_("%(name)s cannot judge an idea of %(wave)s") % {"name": by, "wave": wave.name},
            template="accelerator/letters/declared_late",
            context={"name": by.name, "wave": wave.name, "runs": bool(others)},
            url=reverse("accelerator:kept", args=[wave.slug]) if others else reverse("people:people"),
        )


@transaction.atomic
def keep_away(*, by: Any, application: Application, user: Any) -> KeptAway:
    """Keeps an application from somebody who said, after they had looked, that they cannot judge it: what they said of it in
    the first look counts no more. A second click finds it done. Raises NotAllowed, also for what one declared oneself,
    Missing, and DomainError where nothing was declared."""
    application = managed(by, application.pk)
    standing = KeptAway.objects.filter(application=application, user=user).first()
    if standing is not None:
        return standing
    if by.pk == user.pk:
        raise NotAllowed(_("Another manager must do this: nobody confirms their own word."))
    if not kept.is_kept_from(user, application):
        raise DomainError(_("Nothing stands between them and this application."))
    made = KeptAway.objects.create(application=application, user=user, by=by)
    TriageAnswer.objects.filter(application=application, by=user).delete()
    Assignment.objects.filter(application=application, reviewer=user, state__in=Assignment.OPEN).update(
        state=Assignment.State.RECUSED, ended_at=timezone.now()
    )
    audit.actions.record(by=by, verb="accelerator.application.kept_away", obj=application, user=str(user.pk))
    return made
