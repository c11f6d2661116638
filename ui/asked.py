"""What somebody wrote into an address, or sent beside a form's fields: an id or a number, or None where it is none.

Converters of a URL and fields of a form look at what they are given. `request.GET` and bare `request.POST` do not, and the
database raises where it is asked for an id that is none.
"""

import re
from uuid import UUID

LARGEST = 2**31 - 1  # what an integer column holds


def as_id(text: str | None) -> UUID | None:
    """The id that `text` is."""
    try:
        return UUID(text or "")
    except ValueError:
        return None


def as_number(text: str | None, *, largest: int = LARGEST) -> int | None:
    """The whole number from 0 to `largest` that `text` is, in plain digits."""
    if not re.fullmatch(r"[0-9]{1,18}", text or ""):
        return None
    number = int(text or "")
    return number if number <= largest else None
