"""The learning log: what may happen to an item, and what each answer asks for. Pure."""

from typing import Any

from django.utils.translation import gettext_lazy as _

LONGEST = 400  # characters of an item: one or two sentences
LONGEST_REASON = 600
MOST_WAITING = 10  # items of one person that nobody has answered

WAITING, ADOPTED, TRIED, DECLINED, REMOVED = "waiting", "adopted", "tried", "declined", "removed"
ANSWERS = (ADOPTED, TRIED, DECLINED)
ASKS: dict[str, Any] = {  # the reason that goes with each answer, everybody reads it
    ADOPTED: _("Say what changes"),
    TRIED: _("Say what happened"),
    DECLINED: _("Say why not"),
}
