"""What a quick first look comes to. Pure."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

YES, NO, TALK_ABOUT = "yes", "no", "talk"
WAITING, TALK, ON, OUT = "waiting", "talk", "on", "out"
LABELS = {
    WAITING: _("Waits for a first look"),
    TALK: _("To be talked about"),
    ON: _("Goes on"),
    OUT: _("Not this time"),
}


def standing(answers: Sequence[tuple[str, bool]], needed: int) -> str:
    """Where an application stands by the answers given, the oldest first, each with whether a manager gave it. A manager's
    last yes or no settles it. Without one: a "talk", or a yes and a no, is to be talked about; a yes alone goes on; a no
    is out once `needed` people have said it."""
    settled = [answer for answer, manager in answers if manager and answer != TALK_ABOUT]
    if settled:
        return ON if settled[-1] == YES else OUT
    said = {answer for answer, _manager in answers}
    if not said:
        return WAITING
    if TALK_ABOUT in said or said == {YES, NO}:
        return TALK
    if said == {YES}:
        return ON
    return OUT if len(answers) >= needed else WAITING
