"""What helpers of the story do beside single exchanges: office hours that can be booked, and one piece of longer work."""

import datetime as dt
from typing import Any

from django.db.models import F

from accelerator.models import Innovation
from people.models import User
from timebank.actions import engagements, office_hours
from timebank.models import Engagement, Listing, Purpose

TUESDAY, THURSDAY = 1, 3
SINCE = 12  # days ago: when the longer work was agreed


def next_week(today: dt.date, weekday: int) -> dt.date:
    """That weekday of next week."""
    return today + dt.timedelta(days=7 - today.weekday() + weekday)


def publish_office_hours(today: dt.date, quinn: User, dev: User, coaching: Listing, checking: Listing) -> None:
    """Two helpers can be booked; Devika has booked Quinn's first slot."""
    lunch = office_hours.publish(
        by=quinn, listing=coaching, rhythm="weekly", first_day=next_week(today, TUESDAY), at=dt.time(12, 30), minutes=30,
        each_day=2, online_link="https://meet.example.org/quinn-at-lunch", key="demo:office_hours:quinn",
    )  # fmt: skip
    office_hours.publish(
        by=dev, listing=checking, rhythm="fortnightly", first_day=next_week(today, THURSDAY), at=dt.time(18), minutes=30,
        each_day=3, notice_hours=4, online_link="https://meet.example.org/devika", key="demo:office_hours:dev",
    )  # fmt: skip
    office_hours.book(
        by=dev, slot=lunch.slots.earliest("starts_at"), key="demo:booked",
        message="I am asked to lead a small team for the first time. Can we go through my first week?",
    )  # fmt: skip


def build_together(today: dt.date, innovation: Innovation, grace: User, dev: User, purpose: Purpose) -> Engagement:
    """Devika builds what Grace drew, two hours a month, paid by the innovation; one session waits to be confirmed."""
    work = engagements.propose(
        by=grace, provider=dev, receiver=grace, pot=innovation.pot, purpose=purpose, title="The picture card on a tablet",
        description="Six drinks to tap, first for one bay. We talk on Friday afternoons before my shift.",
        monthly_minutes=120, key="demo:engagement",
    )  # fmt: skip
    work = engagements.accept(by=dev, engagement=work)
    since = dt.timedelta(days=SINCE)
    Engagement.objects.filter(pk=work.pk).update(proposed_at=F("proposed_at") - since, agreed_at=F("agreed_at") - since)
    log = [
        (9, 45, "Made the six drinks into buttons, and tried them on my own tablet"),
        (2, 35, "Bigger buttons for cold hands; it reads each drink aloud"),
    ]
    logged: list[Any] = [
        engagements.log_session(
            by=dev, engagement=work, day=today - dt.timedelta(days=ago), minutes=minutes, note=note,
            key=f"demo:session:{ago}",
        )
        for ago, minutes, note in log
    ]  # fmt: skip
    engagements.confirm(by=grace, engagement=work, session=logged[0])
    return work
