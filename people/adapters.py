"""How allauth asks about our accounts."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import clear_authentication_records, record_authentication
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.http import HttpRequest
from django.shortcuts import redirect

from audit.actions import record
from people.actions import factors
from people.models import User
from people.network import client_address, stand_in


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
    """OpenID Connect: the organisation vouches for the address, so the account is found or made by it."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False  # `pre_social_login` has made the account already, or refused

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Joins the organisation's account to the person with the same verified address, made if new."""
        if sociallogin.is_existing:
            return
        addresses = [address.email.lower() for address in sociallogin.email_addresses if address.verified]
        if not addresses:
            raise ImmediateHttpResponse(redirect("socialaccount_login_error"))
        user = User.objects.filter(email__in=addresses).order_by("id").first()
        if user is None:
            user = User.objects.create_user(addresses[0], name=sociallogin.account.extra_data.get("name", "")[:100])
            user.refresh_from_db()
            record(by=user, verb="people.user.joined", obj=user)
        sociallogin.connect(request, user)
