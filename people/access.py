"""How views ask who somebody is."""

import hashlib
import hmac
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from people import rules, second_factor
from people.network import client_address, network_of
from people.roles import ROLES


def require_role(*roles: str) -> Callable:
    """A view decorator: 403 unless the person holds one of `roles` (anywhere; views check the scope themselves).
    `LoginRequiredMiddleware` has seen to it that somebody is signed in; whoever holds one of them, but has given no second
    factor in this session, is led to it by `SecondFactorMiddleware`."""
    for role in roles:
        ROLES[role]

    def decorate(view: Callable) -> Callable:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            rules.check_role(request.user, *roles)
            return view(request, *args, **kwargs)

        guarded.roles = roles  # type: ignore[attr-defined]  # read by the middleware
        return guarded

    return decorate


def require_conduct(view: Callable) -> Callable:
    """A view decorator: 403 unless the person has accepted the code of conduct and may deal with others."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        rules.check_may_act(request.user)
        return view(request, *args, **kwargs)

    return guarded


# All that a person whose account is paused reaches, by the names of URLs: see `middleware.PausedMiddleware`.
WHILE_PAUSED = frozenset(
    [
        "people:paused",
        "people:appeal",
        "people:worried",
        "people:download",
        "people:close",
        "people:complain",
        "people:sign_in",
        "account_login",
        "account_logout",
    ]
)


def to_second_step(path: str) -> str:
    """The address at which somebody gives a second factor, or sets one up, and then goes on to `path`."""
    return f"{reverse('people:second_step')}?{urlencode({'next': path})}"


def desk_closed(request: HttpRequest) -> dict[str, Any] | None:
    """The line above every page of somebody with a staff role that does not count in this session; None for others."""
    user: Any = request.user
    if not rules.held_back(user):
        return None
    path = request.get_full_path() if request.method == "GET" else ""
    return {"url": to_second_step(path), "lapsed": second_factor.given_at(request, user) is not None}


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
