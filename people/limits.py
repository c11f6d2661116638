"""Rate limits: how often a thing may be tried, counted in the cache by keys that name nobody."""

import hashlib
import hmac

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _

from ui.errors import TooMany

# what is counted: (how many, within how many seconds). Generous by address: a whole hospital may share one.
LIMITS = {
    "code-to-address": (5, 30 * 60),
    "code-from-ip": (200, 60 * 60),
    "try-from-ip": (100, 10 * 60),
    "concern-from-ip": (20, 60 * 60),
}


def hashed(what: str) -> str:
    """A keyed hash of an e-mail or IP address."""
    return hmac.new(settings.SECRET_KEY.encode(), what.encode(), hashlib.sha256).hexdigest()


def count(limit: str, who: str) -> None:
    """Counts one try of `limit` by `who`. Raises TooMany, with the minutes to wait, beyond the limit."""
    allowed, seconds = LIMITS[limit]
    key = f"limit:{limit}:{hashed(who)}"
    cache.add(key, 0, seconds)
    try:
        tries = cache.incr(key)
    except ValueError:  # it ran out between the two calls
        cache.set(key, 1, seconds)
        tries = 1
    if tries > allowed:
        raise TooMany(
            _("You have tried this many times. Wait %(minutes)d minutes, then try again.") % {"minutes": seconds // 60}
        )
