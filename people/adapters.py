"""How allauth asks about our accounts."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.http import HttpRequest
from django.shortcuts import redirect

from audit.actions import record
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

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """allauth's own mails are not sent: what it would tell, our pages and notifications do."""

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Nor its notices about second factors."""


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
