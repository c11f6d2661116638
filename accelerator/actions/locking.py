"""An application under lock, for whoever writes in it."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accelerator.models import Application, Scribe
from accelerator.rules import apply as rules
from people.rules import has_role
from ui.errors import Missing, NotAllowed


def locked(by: Any, application_id: Any, *, edit: bool = True) -> Application:
    """The application, locked, for somebody who may write in it: its people, and a broker who was asked to write down
    their answers. Raises Missing for everybody else."""
    application = Application.objects.select_for_update(of=("self",)).filter(pk=application_id).first()
    if application is None:
        raise Missing(_("There is no such application."))
    co_applicants = list(application.co_applicants.all())
    if not rules.may_view(by, application, co_applicants):
        if acting_for(by, application) is None:
            raise Missing(_("There is no such application."))
        return application
    if edit and not rules.may_edit(by, application, co_applicants):
        raise NotAllowed(_("You can read this application. Ask its lead if you want to write in it."))
    return application


def acting_for(by: Any, application: Application) -> Any:
    """The lead for whom `by`, a time broker, writes answers down at their word; None for everybody else."""
    if by.pk == application.lead_id or not has_role(by, "broker"):
        return None
    asked = Scribe.objects.standing(timezone.now()).filter(application=application, broker=by)
    return application.lead if asked.exists() and application.lead.is_present else None
