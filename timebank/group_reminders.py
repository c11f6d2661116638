"""What people are reminded of about group sessions."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications.reminders import Due, Reminder
from timebank.group_letters import GROUPS
from timebank.models import GroupBooking, GroupProvider, GroupSession
from ui.formats import moment

DAY = dt.timedelta(days=1)


def _due(session: GroupSession, user: Any, key: str, words: str) -> Due:
    return Due(
        user=user,
        key=f"group:{session.pk}:{key}",
        context={
            "words": words,
            "title": session.title,
            "when": moment(session.starts_at, zone=True),
            "where": session.place,
            "link": session.online_link,
        },
        url=reverse("timebank:group_session", args=[session.pk]),
        deadline=session.starts_at if key == "soon" else None,
    )


def soon(now: dt.datetime) -> Iterator[Due]:
    """Whoever gives it or has a place, in the 24 hours before it begins."""
    dated = {"session__state": GroupSession.State.PUBLISHED, "session__starts_at__gt": now}
    dated |= {"session__starts_at__lte": now + DAY}
    places = GroupBooking.objects.filter(state=GroupBooking.State.BOOKED, **dated).select_related("session", "user")
    for row in places.order_by("session__starts_at", "pk").iterator(chunk_size=500):
        yield _due(row.session, row.user, "soon", _("Your session is soon. If you cannot come, give up your place."))
    givers = GroupProvider.objects.filter(answer=GroupProvider.Answer.AGREED, **dated).select_related("session", "user")
    for giver in givers.order_by("session__starts_at", "pk").iterator(chunk_size=500):
        yield _due(
            giver.session, giver.user, "soon", _("You give this session soon. The code for the screen is on its page.")
        )


def register(now: dt.datetime) -> Iterator[Due]:
    """The host, one and five days after a session whose register is open."""
    open_still = GroupSession.objects.filter(state=GroupSession.State.PUBLISHED, starts_at__lte=now - DAY)
    for session in open_still.select_related("host").order_by("starts_at", "pk").iterator(chunk_size=500):
        mark = 5 if session.starts_at <= now - 5 * DAY else 1
        words = _("Who was there? Close the register, so that it can be settled. After 14 days only scans count.")
        yield _due(session, session.host, f"register:{mark}", words)


REMINDERS = (
    Reminder("timebank.group_soon", GROUPS, soon, "timebank/mail/reminder", gettext_lazy("Soon: %(title)s, %(when)s")),
    Reminder(
        "timebank.group_register", GROUPS, register, "timebank/mail/reminder", gettext_lazy("Who was there? %(title)s")
    ),
)
