"""Rate limits: how often a thing may be tried, counted in the cache by keys that name nobody."""

import hashlib
import hmac
from contextlib import suppress

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ui.errors import TooMany

# what is counted: (how many, within how many seconds). Generous by address: a whole hospital may share one.
LIMITS = {
    "code-to-address": (5, 30 * 60),
    "code-to-address-a-day": (20, 24 * 60 * 60),
    "code-from-ip": (200, 60 * 60),
    "try-from-ip": (100, 10 * 60),
    "concern-from-ip": (20, 60 * 60),
    "concern-by-address": (5, 60 * 60),  # each sends a mail to it
    "invitations-by-person": (20, 24 * 60 * 60),
    "invitations-to-address": (3, 24 * 60 * 60),  # from anybody, to anything
}


def hashed(what: str) -> str:
    """A keyed hash of an e-mail or IP address."""
    return hmac.new(settings.SECRET_KEY.encode(), what.encode(), hashlib.sha256).hexdigest()


def count(limit: str, who: str) -> None:
    """Count one try of `limit` by `who`. The count and the answer are one step of the cache, so that tries at the same moment
    are all counted. Raises TooMany, which says how long to wait, beyond the limit."""
    allowed, seconds = LIMITS[limit]
    key = f"limit:{limit}:{hashed(who)}"
    tries = 0
    while not tries:
        cache.add(key, 0, seconds)
        with suppress(ValueError):  # it ran out between the two calls
            tries = cache.incr(key)
    if tries == 1:
        cache.touch(key, seconds)  # it may have run out inside `incr`, which then makes a count that never ends
    if tries > allowed:
        raise TooMany(
            _("You have tried this many times. Wait %(time)s, then try again.") % {"time": _in_words(seconds)}
        )


def _in_words(seconds: int) -> str:
    """How long to wait: minutes, or hours from two of them on."""
    minutes = seconds // 60
    if minutes < 120:
        return ngettext("%(minutes)d minute", "%(minutes)d minutes", minutes) % {"minutes": minutes}
    return ngettext("%(hours)d hour", "%(hours)d hours", minutes // 60) % {"hours": minutes // 60}
