"""What reviewers say afterwards."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

import audit.actions
from accelerator.models import PanelSeat, Wave
from accelerator.queries.outcomes import waves_of
from ui.errors import Invalid, Missing

LONGEST_HARD = 2000  # characters


@transaction.atomic
def say_what_was_hard(*, by: Any, wave: Wave, text: str) -> PanelSeat:
    """What a reviewer found hard, for the wave's managers, once letters have gone. Saying it again replaces it. Raises
    Missing for who read nothing there, Invalid (text)."""
    seat = PanelSeat.objects.select_for_update().filter(wave=wave, reviewer=by).first()
    if seat is None or wave not in waves_of(by):
        raise Missing(_("There is no such panel."))
    text = text.strip()
    if not text:
        raise Invalid(_("Say what was hard."), field="text")
    if len(text) > LONGEST_HARD:
        raise Invalid(_("Shorten it to %(limit)d characters.") % {"limit": LONGEST_HARD}, field="text")
    if seat.was_hard != text:
        seat.was_hard = text
        seat.save(update_fields=["was_hard"])
        audit.actions.record(by=by, verb="accelerator.panel.said_what_was_hard", obj=seat)
    return seat
