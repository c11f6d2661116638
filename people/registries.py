"""What higher rooms add to coming aboard, filled in their `AppConfig.ready`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ui.registries import Registry


@dataclass(frozen=True)
class SignedIn:
    """Told each time somebody has proved an e-mail address, before they are signed in, in the same transaction.
    `tell(user, made, context)`: `made` is True for a new account, `context` is what went to `sign_in.send_code`."""

    tell: Callable[[Any, bool, dict], None]
    order: int = 50


@dataclass(frozen=True)
class AfterOnboarding:
    """Where somebody goes once they are on board: `url(user, context)` is an address, or None to leave it to the next
    entry. The last resort is the home page."""

    url: Callable[[Any, dict], str | None]
    order: int = 50


@dataclass(frozen=True)
class RoleScopes:
    """What a role may be given for, where it is not everywhere: `names()` returns {id as text: name}, newest first."""

    names: Callable[[], dict[str, str]]
    order: int = 50


def scope_names() -> dict[str, str]:
    """The name of everything that a role may be given for, by its id as text."""
    return {scope: name for entry in role_scopes for scope, name in entry.names().items()}


role_scopes: Registry[RoleScopes] = Registry()
signed_in: Registry[SignedIn] = Registry()
after_onboarding: Registry[AfterOnboarding] = Registry()
