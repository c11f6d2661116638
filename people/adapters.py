"""How allauth asks about our accounts."""

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import clear_authentication_records, record_authentication
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse, ReauthenticationRequired
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from people import second_factor
from people.actions import factors
from people.network import client_address, stand_in

log = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by our own sign-in and by OpenID Connect, never by allauth's sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Give allauth a stand-in for the network of a request. It counts its rate limits by it and keeps it with each session,
        so that neither ever holds the address of a machine."""
        return stand_in(client_address(request))

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> Any:
        """Before it asks for a second factor, what is none goes: allauth could not read it."""
        factors.sweep(user)
        return super().pre_login(request, user, **kwargs)

    def login(self, request: HttpRequest, user: Any) -> None:
        """Signs in; for the rest of this request nothing is proved (the next one asks the session)."""
        super().login(request, user)
        user.unproved = True

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Whoever has no second factor yet has nothing to prove themselves with but their mail, which allauth does not ask
        for: they are led to a fresh code by mail before they set up the first."""
        request = context.request
        if app == "allauth.mfa" and not factors.has_any(request.user) and not second_factor.read_mail(request):
            raise ReauthenticationRequired
        return super().is_reauthentication_required(app=app, **kwargs)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Passkey first where there is no app; a code by mail for whoever has neither."""
        if not user.is_authenticated:
            return []
        if not factors.has_any(user):
            return [{"id": "mail", "description": _("A code by email"), "url": reverse("account_reauthenticate")}]
        methods = super().get_reauthentication_methods(user)
        if not Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP).exists():
            methods.reverse()
        return methods

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """allauth's own mails are not sent: what it would tell, our pages and notifications do."""

    def send_notification_mail(self, template_prefix: str, user: Any, *args: Any, **kwargs: Any) -> None:
        """allauth says that somebody's second factors have changed: what follows is `factors.changed`."""
        change = CHANGES.get(template_prefix)
        if change is None:
            return  # of what we do not offer
        request = context.request
        if factors.is_first(user, change):  # its proof was given just now, to set it up
            record_authentication(request, user, "mfa", enrolled=True)
        factors.changed(user=user, change=change, session=request.session)
        if not factors.has_any(user):
            clear_authentication_records(request)


class MFAAdapter(DefaultMFAAdapter):
    """A row that cannot prove anything is no second factor."""

    def is_mfa_enabled(self, user: Any, types: Any = None) -> bool:
        if user.is_anonymous:
            return False
        kept = Authenticator.objects.filter(user_id=user.pk)
        if types is not None:
            kept = kept.filter(type__in=types)
        return any(factors.is_factor(authenticator) for authenticator in kept)


CHANGES = {  # allauth's names of its mails
    "mfa/email/webauthn_added": "passkey_added",
    "mfa/email/webauthn_removed": "passkey_removed",
    "mfa/email/totp_activated": "app_added",
    "mfa/email/totp_deactivated": "app_removed",
    "mfa/email/recovery_codes_generated": "codes_made",
}


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """OpenID Connect: the organisation's server proves an address, and from there it goes as after a code. No link between
    accounts is kept, so that whoever has the address today has the account, and nobody else."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False  # `pre_social_login` has let them in already, or refused

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> Any:
        """allauth's own new user stays empty: it is never saved, and ours has one name, not two."""
        return sociallogin.user

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Lets in whoever the organisation vouches for; ends allauth's own way in each case."""
        from people.views import sign_in

        raise ImmediateHttpResponse(sign_in.let_in_from_organisation(request, sociallogin))

    def on_authentication_error(self, request: HttpRequest, provider: Any, *args: Any, **kwargs: Any) -> None:
        """Logs the kind of error, since the page tells the person only what to do."""
        log.warning("sign-in with the organisation: %s %s", kwargs.get("error"), type(kwargs.get("exception")).__name__)
