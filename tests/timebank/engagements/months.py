"""Letting months go by: tests of engagements move the clock that our code reads."""

import datetime as dt

from django.utils import timezone

from timebank.actions import engagements
from timebank.models import Engagement, Exchange

DAY = dt.timedelta(days=1)
_real_now = timezone.now


class Clock:
    """What `timezone.now()` says; it only goes forward."""

    def __init__(self) -> None:
        self.ahead = dt.timedelta()

    def now(self) -> dt.datetime:
        return _real_now() + self.ahead

    def pass_days(self, days: int) -> None:
        self.ahead += days * DAY

    def to_the_next_month(self) -> None:
        """Noon on the first day of the month after this one."""
        here = timezone.localtime(self.now())
        first = (here.replace(day=1) + 32 * DAY).replace(day=1, hour=12, minute=0)
        self.ahead += first - here

    def month_over(self, engagement: Engagement) -> Exchange | None:
        """The month goes by and the engagement turns; the exchange of that month, None where there is none."""
        month = engagement.months.get(closed_at=None)
        self.to_the_next_month()
        engagements.turn(engagement=engagement)
        month.refresh_from_db()
        return month.exchange
