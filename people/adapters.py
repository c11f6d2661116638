"""How allauth asks about our accounts."""

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.http import HttpRequest

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

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """allauth's own mails are not sent: what it would tell, our pages and notifications do."""

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Nor its notices about second factors."""


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
