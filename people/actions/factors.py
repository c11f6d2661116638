"""Second factors: passkeys, authenticator apps and recovery codes. allauth keeps them; what follows from a change is ours."""

import struct
import uuid
from typing import Any

from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.actions import record
from notifications.actions import notify
from people.actions import sessions
from people.models import User

Type = Authenticator.Type
PROVING = [Type.TOTP, Type.WEBAUTHN]  # recovery codes stand in for one of these
KIND = "second_factor"

# what parsers of what a browser sends raise where it is not what they expect
NOT_PARSED = (
    ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError, struct.error,
)  # fmt: skip

CHANGES = {
    "passkey_added": gettext_lazy("A passkey was added."),
    "passkey_removed": gettext_lazy("A passkey was removed."),
    "app_added": gettext_lazy("An authenticator app was set up."),
    "app_removed": gettext_lazy("The authenticator app was removed."),
    "codes_made": gettext_lazy("New recovery codes were made. The old ones stopped working."),
    "code_used": gettext_lazy("A recovery code was used. It does not work again."),
    "last_code_used": gettext_lazy("The last recovery code was used. Make new ones."),
    "reset_asked": gettext_lazy(
        "A colleague in the team asked to remove your passkeys and your authenticator app, because you cannot use them."
        " Nothing has changed yet: a second person must agree."
    ),
    "reset_stopped": gettext_lazy(
        "You said that you did not ask for it, so your second step stays as it is. The team is told. Nothing has changed."
    ),
    "reset_over": gettext_lazy(
        "Your second step was not removed: nobody decided within seven days, so the request has ended. If you still cannot"
        " use your second step, tell the team again."
    ),
    "reset_refused": gettext_lazy(
        "Your second step was not removed: a second person did not agree. Nothing has changed."
    ),
    "reset": gettext_lazy(
        "Two people in the team removed your passkeys, your authenticator app and your recovery codes, and signed you out"
        " everywhere. Sign in with a code by email, then set up a second step again."
    ),
}


def has_any(user: Any) -> bool:
    """Whether `user` has a passkey or an authenticator app that is one (`is_factor`)."""
    return any(is_factor(kept) for kept in Authenticator.objects.filter(user_id=user.pk, type__in=PROVING))


def is_factor(kept: Authenticator) -> bool:
    """Whether a row holds what can prove something: a passkey with a public key, the secret of an app, or codes."""
    try:
        if kept.type == Type.WEBAUTHN:
            return bool(kept.data["name"]) and kept.wrap().authenticator_data.credential_data is not None
        return bool(kept.data["secret" if kept.type == Type.TOTP else "seed"])
    except (ValidationError, *NOT_PARSED):
        return False


@transaction.atomic
def sweep(user: Any) -> int:
    """Delete the passkeys of `user` that are none, which allauth could not read; returns how many. Idempotent."""
    passkeys = Authenticator.objects.filter(user_id=user.pk, type=Type.WEBAUTHN)
    broken = [kept.pk for kept in passkeys if not is_factor(kept)]
    if broken:
        Authenticator.objects.filter(pk__in=broken).delete()
        record(by=None, verb="people.factor.swept", obj=User(pk=user.pk), passkeys=len(broken))
    return len(broken)


@transaction.atomic
def changed(*, user: Any, change: str, session: Any = None) -> None:
    """Tell `user` of a change of their second factors, in the log and by mail. The first one, and any removal, signs
    them out everywhere but in `session`. Raises KeyError for a change that is not in `CHANGES`."""
    words = CHANGES[change]
    removed = change in ("passkey_removed", "app_removed", "reset")
    if removed or is_first(user, change):
        sessions.end_all(user=user, keep=session)
    record(by=user if session is not None else None, verb=f"people.factor.{change}", obj=user)
    asked = change == "reset_asked"
    notify(
        to=User.objects.get(pk=user.pk),
        kind=KIND,
        key=f"factor:{uuid.uuid4()}",
        subject=_("A change in how you sign in"),
        template="people/mail/factor",
        context={"words": words},
        url=reverse("people:stop_reset" if asked else "mfa_index"),
        button=_("I did not ask for this") if asked else _("See how you sign in"),
    )


def is_first(user: Any, change: str) -> bool:
    """Whether `change` gave `user` the first factor that they have."""
    added = change in ("passkey_added", "app_added")
    return added and Authenticator.objects.filter(user_id=user.pk, type__in=PROVING).count() == 1
