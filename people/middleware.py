"""Staff see other people's matters, so they come in with two keys."""

from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from people import rules
from people.access import needs_second_factor

SECOND_FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
DEMONSTRATION = "demonstration"  # session key set by /demo only


class StaffSecondFactorMiddleware:
    """Holds somebody with a staff role back from staff pages (views marked by `access.require_role`) until they have
    a passkey or an authenticator app: leads them to where they set one up. Signing in then always asks for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable, args: Any, kwargs: Any) -> HttpResponse | None:
        if not needs_second_factor(view) or not request.user.is_authenticated:
            return None
        if not rules.has_any_role(request.user, view.roles):  # type: ignore[attr-defined]  # set by require_role
            return None  # the view says no by itself
        if request.session.get(DEMONSTRATION) or is_mfa_enabled(request.user, SECOND_FACTORS):
            return None
        messages.info(request, _("Your role needs a second way to prove it is you. Set one up to go on."))
        return redirect("mfa_index")


class UnprocessableMiddleware:
    """allauth answers 200 where a form is wrong; our pages say 422, and htmx and tests rely on it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_template_response(self, request: HttpRequest, response: Any) -> Any:
        form = (response.context_data or {}).get("form")
        if request.method == "POST" and response.status_code == 200 and getattr(form, "errors", None):
            response.status_code = 422
        return response
