"""Second factors: giving one, and where to set one up."""

from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from people import rules
from people.access import safe_path
from people.actions import factors

AFTER = "second_factor_after"  # session key: where somebody was going who had to set up a factor first


@require_safe
def second_step(request: HttpRequest) -> HttpResponse:
    """Leads staff to their second factor, or to where they set one up, and on to where they were going."""
    user: Any = request.user
    after = safe_path(request.GET.get("next", ""))
    if not rules.held_back(user):
        return redirect(after or request.session.pop(AFTER, "") or settings.LOGIN_REDIRECT_URL)
    if factors.has_any(user):
        ask = get_adapter(request).get_reauthentication_methods(user)[0]["url"]
        return redirect(f"{ask}?{urlencode({'next': after or resolve_url(settings.LOGIN_REDIRECT_URL)})}")
    request.session[AFTER] = after
    messages.info(request, _("Your role needs a second way to prove it is you. Set one up to go on."))
    return redirect("mfa_index")
