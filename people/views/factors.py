"""Second factors: giving one, and where to set one up."""

from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from people import rules
from people.access import ip_key, safe_path
from people.actions import factors, sign_in
from people.forms import CodeForm
from people.second_factor import note_mail
from ui.errors import Invalid

SENT = "second_factor_code"  # session key: a code was sent
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


@never_cache
@sensitive_post_parameters("code")
def prove_mail(request: HttpRequest) -> HttpResponse:
    """Before somebody sets up their first factor: a fresh code from their mail. Whoever has one gives that instead."""
    user: Any = request.user
    after = safe_path(request.POST.get("next") or request.GET.get("next", "")) or reverse("mfa_index")
    if factors.has_any(user):
        ask = get_adapter(request).get_reauthentication_methods(user)[0]["url"]
        return redirect(f"{ask}?{urlencode({'next': after})}")
    sending = request.method == "POST" and "send" in request.POST
    form = CodeForm(request.POST if request.method == "POST" and not sending else None)
    form.page_heading = None
    try:
        if sending:
            sign_in.send_proof(by=user, ip_key=ip_key(request))
            request.session[SENT] = True
            return redirect(f"{request.path}?{urlencode({'next': after})}")
        if form.is_valid():
            sign_in.prove(by=user, code=form.cleaned_data["code"], ip_key=ip_key(request))
            request.session.pop(SENT, None)
            note_mail(request)
            return redirect(after)
    except Invalid as error:
        form.add_domain_error(error)
    context = {"form": form, "next": after, "sent": request.session.get(SENT) or form.is_bound}
    return render(request, "people/prove_mail.html", context, status=422 if form.errors else 200)
