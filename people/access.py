"""How views ask who somebody is."""

import hashlib
import hmac
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

from people import rules
from people.network import client_address, network_of
from people.roles import ROLES, STAFF


def require_role(*roles: str) -> Callable:
    """A view decorator: 403 unless the person holds one of `roles` (anywhere; views check the scope themselves).
    `LoginRequiredMiddleware` has seen to it that somebody is signed in; views so marked that need a staff role are
    also held back by `StaffSecondFactorMiddleware` until a second factor is there."""
    for role in roles:
        ROLES[role]

    def decorate(view: Callable) -> Callable:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            rules.check_role(request.user, *roles)
            return view(request, *args, **kwargs)

        guarded.roles = roles  # type: ignore[attr-defined]  # read by the middleware and the URL matrix
        return guarded

    return decorate


def require_conduct(view: Callable) -> Callable:
    """A view decorator: 403 unless the person has accepted the code of conduct and may deal with others."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        rules.check_may_act(request.user)
        return view(request, *args, **kwargs)

    return guarded


def needs_second_factor(view: Callable) -> bool:
    """Whether `view` is one that only staff roles open."""
    roles = getattr(view, "roles", ())
    return bool(roles) and set(roles) <= STAFF


def ip_key(request: HttpRequest) -> str:
    """A keyed hash of the network that a request comes from: what rate limits count by. It is kept in the cache alone, and no
    longer than a limit lasts."""
    return hmac.new(
        settings.SECRET_KEY.encode(), network_of(client_address(request)).encode(), hashlib.sha256
    ).hexdigest()[:24]


def safe_path(path: str) -> str:
    """`path` where it is one of this site, else nothing."""
    here = url_has_allowed_host_and_scheme(path, allowed_hosts=None) and path.startswith("/")
    return path if here else ""
