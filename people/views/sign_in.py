"""Sign-in: an e-mail address, a code or a link, then allauth's login (which asks for a second factor where there is
one); and the three short steps of coming aboard."""

import logging
from typing import Any
from urllib.parse import urlsplit

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe
from requests import RequestException

from people import registries
from people.access import ip_key, safe_path
from people.actions import accounts
from people.actions import sign_in as codes
from people.forms import CodeForm, ConductForm, EmailAndCodeForm, EmailForm, NameForm
from people.models import SignInCode
from ui.errors import DomainError, Invalid, Missing

log = logging.getLogger(__name__)
CONTEXT = "people.sign_in_context"  # session key: what went with the code, until somebody is on board


@never_cache
@login_not_required
def sign_in(request: HttpRequest) -> HttpResponse:
    """One box. Known or not, the next page is the same."""
    after = safe_path(request.POST.get("next") or request.GET.get("next", ""))
    if request.user.is_authenticated:
        return redirect(after or settings.LOGIN_REDIRECT_URL)
    form = EmailForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            sent = codes.send_code(
                email=form.cleaned_data["email"], ip_key=ip_key(request), context={"next": after} if after else {}
            )
        except Invalid as error:
            form.add_domain_error(error)
        else:
            return redirect("people:sign_in_code", sent.pk)
    organisation = settings.OIDC_NAME if settings.SOCIALACCOUNT_PROVIDERS else ""
    context = {"form": form, "next": after, "organisation": organisation}
    response = render(request, "people/sign_in.html", context, status=422 if form.errors else 200)
    if organisation:  # the button's form is answered with a redirect to that server, which browsers count as its target
        server = urlsplit(settings.OIDC_SERVER_URL)
        response._csp_update = {"form-action": [f"{server.scheme}://{server.netloc}"]}  # type: ignore[attr-defined]
    return response


@require_POST
@login_not_required
def to_organisation(request: HttpRequest) -> HttpResponse:
    """Leads to the organisation's own sign-in page; whoever comes back from there is let in below."""
    try:
        return openid_connect.login(request, "organisation")
    except RequestException as error:
        log.warning("sign-in with the organisation: its server did not answer: %s", type(error).__name__)
        problem = _("Your organisation’s sign-in does not answer at the moment. Sign in with a code by email instead.")
        return _not_let_in(request, problem, status=503)


def let_in_from_organisation(request: HttpRequest, sociallogin: Any) -> HttpResponse:
    """Somebody came back from their organisation's server, which says who they are: in, or a page that says why not."""
    checked = [address.email for address in sociallogin.email_addresses if address.verified is True]
    if not checked:
        problem = _("Your organisation did not say that it checked your address. Sign in with a code by email instead.")
        return _not_let_in(request, problem)
    after = safe_path(sociallogin.state.get("next") or "")
    try:
        confirmed = codes.vouched(
            email=checked[0],
            name=str(sociallogin.account.get_provider_account().get_user_data().get("name") or ""),
            context={"next": after} if after else {},
        )
    except DomainError as error:
        return _not_let_in(request, str(error))
    return let_in(request, confirmed, method="organisation")


def _not_let_in(request: HttpRequest, problem: str, status: int = 403) -> HttpResponse:
    return render(request, "socialaccount/authentication_error.html", {"problem": problem}, status=status)


@never_cache
@login_not_required
@sensitive_post_parameters("code")
def enter_code(request: HttpRequest, code_id: Any) -> HttpResponse:
    """Where the code is typed, by whoever asked for it."""
    sent = SignInCode.objects.filter(pk=code_id).first()
    if sent is None:
        raise Missing(_("Ask for a new code."))
    form = CodeForm(request.POST or None)
    form.page_heading = None
    if request.method == "POST" and form.is_valid():
        try:
            confirmed = codes.confirm(email=sent.email, code=form.cleaned_data["code"], ip_key=ip_key(request))
        except Invalid as error:
            form.add_domain_error(error)
        else:
            return let_in(request, confirmed)
    status = 422 if form.errors else 200
    return render(request, "people/enter_code.html", {"form": form, "email": sent.email, "sent": sent}, status=status)


@never_cache
@login_not_required
@sensitive_post_parameters("code")
def enter_code_anywhere(request: HttpRequest) -> HttpResponse:
    """The same in a browser that did not ask: address and code."""
    form = EmailAndCodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            confirmed = codes.confirm(ip_key=ip_key(request), **form.cleaned_data)
        except Invalid as error:
            form.add_domain_error(error)
        else:
            return let_in(request, confirmed)
    return render(request, "people/enter_code.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
@login_not_required
def resend(request: HttpRequest, code_id: Any) -> HttpResponse:
    """Another code to the same address."""
    try:
        sent = codes.resend(code_id=code_id, ip_key=ip_key(request))
    except Invalid:
        return redirect("people:sign_in")
    return redirect(reverse("people:sign_in_code", args=[sent.pk]) + "?again=1")


@never_cache
@login_not_required
def link(request: HttpRequest, token: str) -> HttpResponse:
    """The link of the mail: a page with a button, because mail scanners open links. The button lets in."""
    if request.method == "POST":
        try:
            return let_in(request, codes.confirm_link(token))
        except Invalid as error:
            return render(request, "people/link.html", {"problem": str(error)}, status=422)
    sent = codes.peek_link(token)
    if sent is None:
        problem = _("This link has been used or has run out. Ask for a new one.")
        return render(request, "people/link.html", {"problem": problem}, status=410)
    return render(request, "people/link.html", {"email": sent.email})


def let_in(request: HttpRequest, confirmed: codes.Confirmed, *, method: str = "code") -> HttpResponse:
    """Hands over to allauth, so that its second factor stages apply; then the steps of coming aboard."""
    request.session[CONTEXT] = confirmed.context
    # a code just now is proof enough for an hour: whoever adds a passkey is shown the recovery codes at once
    record_authentication(request, confirmed.user, method=method, reauthenticated=method == "code")
    return perform_login(request, confirmed.user, redirect_url=reverse("people:aboard"))


# --- Coming aboard ---


@require_safe
def aboard(request: HttpRequest) -> HttpResponse:
    """Leads to the first step that is still open, then to where the person was going."""
    user: Any = request.user
    if not user.name:
        return redirect("people:aboard_name")
    if user.conduct_accepted_at is None:
        return redirect("people:aboard_conduct")
    context = request.session.get(CONTEXT, {})
    if context.get("new") and not context.get("asked"):
        request.session[CONTEXT] = {**context, "asked": True}
        return redirect("people:aboard_about_work")
    request.session.pop(CONTEXT, None)
    if after := safe_path(context.get("next", "")):
        return redirect(after)
    for entry in registries.after_onboarding:
        if url := entry.url(user, context):
            return redirect(url)
    return redirect(settings.LOGIN_REDIRECT_URL)


def aboard_name(request: HttpRequest) -> HttpResponse:
    """Step one: what to call you."""
    form = NameForm(request.POST or None, initial={"name": getattr(request.user, "name", "")})
    form.page_heading = "name"
    if request.method == "POST" and form.is_valid():
        try:
            accounts.set_name(by=request.user, name=form.cleaned_data["name"])  # type: ignore[arg-type]  # signed in
        except Invalid as error:
            form.add_domain_error(error)
        else:
            return redirect("people:aboard")
    context = {
        "form": form,
        "title": form.fields["name"].label,
        "button": _("Continue"),
        "section": _("Welcome: step 1 of 3"),
    }
    return render(request, "ui/question.html", context, status=422 if form.errors else 200)


def aboard_conduct(request: HttpRequest) -> HttpResponse:
    """Step two: 18 or over, and the code of conduct."""
    form = ConductForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        accounts.accept_conduct(by=request.user)  # type: ignore[arg-type]  # signed in
        request.session[CONTEXT] = {**request.session.get(CONTEXT, {}), "new": True}
        return redirect("people:aboard")
    return render(request, "people/aboard_conduct.html", {"form": form}, status=422 if form.errors else 200)
