"""A moment as two fields: the day, and the time of day in London."""

import datetime as dt
import re
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from ui import forms as ui


class ClockField(ui.CharField):
    """A time of day, like 17:00; the value is a `datetime.time`."""

    def __init__(self, **kwargs: Any):
        super().__init__(**{"width": 5, "max_length": 5, **kwargs})

    def clean(self, value: Any) -> dt.time:
        typed = super().clean(value).strip()
        if not re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d", typed):
            raise ValidationError(_("Enter a time like 17:00"))
        hour, minute = map(int, typed.split(":"))
        return dt.time(hour, minute)


def moment_of(day: dt.date, clock: dt.time) -> dt.datetime:
    """The moment at which it is that time in London on that day."""
    return timezone.make_aware(dt.datetime.combine(day, clock))


def day_and_clock(name: str, clock_name: str, moment: dt.datetime) -> dict[str, Any]:
    """What the two fields show of a moment."""
    local = timezone.localtime(moment)
    return {name: local.date(), clock_name: f"{local:%H:%M}"}
