"""What outreach reminds people of."""

import datetime as dt
from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from notifications.kinds import Kind
from notifications.reminders import Due, Reminder
from outreach import queries

POSTERS = Kind("outreach_posters", _("Posters that I look after"))


def silent(now: dt.datetime) -> Iterator[Due]:
    """The owner of each poster that nobody has opened for 30 days; again after each further silence."""
    for placement in queries.silent_posters(now):
        yield Due(
            user=placement.campaign.owner,
            key=f"placement {placement.pk} since {placement.last_sign:%Y-%m-%d}",
            context={"placement": str(placement), "code": placement.code},
            url=reverse("outreach:placement", args=[placement.pk]),
        )


REMINDERS = [
    Reminder(
        slug="outreach_poster_silent",
        kind=POSTERS.slug,
        due=silent,
        template="outreach/mail/silent",
        subject=_("Is the poster still up? %(placement)s"),
        working_days=True,
    ),
]
