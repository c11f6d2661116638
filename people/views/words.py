"""The pages that say how we do things: privacy, terms, accessibility, conduct, credits, contact, complaints."""

from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from people import limits
from people.access import ip_key
from people.actions import privacy as privacy_actions
from people.forms import ComplaintForm
from ui import registries
from ui.errors import Invalid


@require_safe
@login_not_required
def privacy(request: HttpRequest) -> HttpResponse:
    """What we keep, why, and for how long: the table is what the purge task does."""
    return render(request, "people/words/privacy.html", {"retention": list(registries.retention)})


def _page(template: str) -> Any:
    @require_safe
    @login_not_required
    def show(request: HttpRequest) -> HttpResponse:
        return render(request, template, {"contact": parseaddr(settings.REPLY_TO_EMAIL)[1]})

    return show


terms = _page("people/words/terms.html")
accessibility = _page("people/words/accessibility.html")
credits_work_and_benefits = _page("people/words/credits.html")
conduct = _page("people/words/conduct.html")
contact = _page("people/words/contact.html")


@login_not_required
def complain(request: HttpRequest) -> HttpResponse:
    """A data-protection complaint, signed in or not."""
    user: Any = request.user if request.user.is_authenticated else None
    form = ComplaintForm(request.POST or None, initial={"email": getattr(user, "email", "")})
    if user is not None:
        form.fields["email"].required = False
    if request.method == "POST" and form.is_valid():
        limits.count("concern-from-ip", ip_key(request))
        try:
            privacy_actions.complain(by=user, **form.cleaned_data)
        except Invalid as error:
            form.add_domain_error(error)
        else:
            return render(request, "people/complaint_sent.html")
    return render(request, "people/complain.html", {"form": form}, status=422 if form.errors else 200)
