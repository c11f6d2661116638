"""What tests of selection begin with."""

from typing import Any

from accelerator.actions import letters
from accelerator.models import Application, Wave
from people.models import User
from tests.accelerator.factories import a_decision, a_manager, an_application
from tests.accelerator.innovations.factories import a_funded_wave


def a_declined(lead: User | None = None, wave: Wave | None = None, manager: User | None = None) -> Application:
    """An application whose letter said no, in a wave with a fund."""
    manager = manager or a_manager()
    application = an_application(lead, wave or a_funded_wave())
    a_decision(application, "decline", manager)
    letters.send_letters(by=manager, applications=[application])
    return Application.objects.get(pk=application.pk)


def world(people: dict[str, Any]) -> dict[str, Any]:
    """The URL matrix's part: an application of `party` that was declined."""
    wave = a_funded_wave(slug="matrix-declined", name="Matrix declined wave")
    return {"declined_id": a_declined(people["party"], wave, people["portfolio_manager"]).pk}
