"""What goals remind people of."""

import datetime as dt
from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from goals import queries
from notifications.reminders import Due, Reminder


def assessments_due(now: dt.datetime) -> Iterator[Due]:
    """One for each self-assessment that has come due; assessing yourself makes it stop."""
    for row in queries.goals_due(now):
        yield Due(
            row.sign_up.user,
            key=f"goal_due:{row.sign_up.pk}:{row.next_due:%Y%m%d}",
            context={"goal": row.sign_up.goal.title, "words": row.words},
            url=reverse("goals:assess", args=[row.sign_up.pk]),
        )


REMINDERS = [
    Reminder(
        slug="goal_due",
        kind="goal_due",
        due=assessments_due,
        template="goals/mail/due",
        subject=_("How is it going? %(goal)s"),
    )
]
