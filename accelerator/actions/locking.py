"""An application under lock, for whoever writes in it."""

from typing import Any

from django.utils.translation import gettext as _

from accelerator.models import Application
from accelerator.rules import apply as rules
from ui.errors import Missing, NotAllowed


def locked(by: Any, application_id: Any, *, edit: bool = True) -> Application:
    """The application, locked, for somebody who may write in it. Raises Missing for everybody else."""
    application = Application.objects.select_for_update(of=("self",)).filter(pk=application_id).first()
    if application is None:
        raise Missing(_("There is no such application."))
    co_applicants = list(application.co_applicants.all())
    if not rules.may_view(by, application, co_applicants):
        raise Missing(_("There is no such application."))
    if edit and not rules.may_edit(by, application, co_applicants):
        raise NotAllowed(_("You can read this application. Ask its lead if you want to write in it."))
    return application
