"""What applicants are promised about feedback. Pure."""

import datetime as dt
from typing import Any

MOST_DAYS = 60  # after support has started; later it is of no use
LONGEST = 300  # characters of one promise
MOST_PROMISES = 10


def everybody_has_it_by(policy: Any, wave: Any) -> dt.date:
    """The last day on which somebody who applied to a wave may still wait for feedback."""
    return wave.support_starts + dt.timedelta(days=policy.days)
