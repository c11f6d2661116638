"""Reporting and blocking the other side of an exchange, and saying that one is worried about them. People's own pages do
the same, but are closed across a block: here nothing says whether there is one, and both may still ask for help."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from people.actions import safety
from timebank.forms.safety import ReportForm, WorryForm
from timebank.queries import exchanges as queries
from timebank.rules import Who
from ui.errors import Invalid, Missing


def _other_side(request: HttpRequest, exchange_id: Any) -> queries.Page:
    """The exchange as one of its sides sees it. Raises Missing for who is no side of it, and where the other has left."""
    found = queries.page(exchange_id, request.user)
    if not found.who or found.other.closed_at is not None or found.other.pk == request.user.pk:
        raise Missing(_("We cannot find that exchange."))
    return found


def report(request: HttpRequest, exchange_id: Any) -> HttpResponse:
    found = _other_side(request, exchange_id)
    form = ReportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        place = reverse("timebank:exchange", args=[found.exchange.pk])
        try:
            safety.report(by=request.user, about=found.other, text=form.cleaned_data["text"], place=place)  # type: ignore[arg-type]  # signed in
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Sent. A time broker reads it, and the other person is not told."))
            return redirect("timebank:exchange", found.exchange.pk)
    context = {
        "form": form,
        "exchange": found.exchange,
        "other": found.name,
        "title": _("Report something"),
        "button": _("Send to the time brokers"),
    }
    return render(request, "timebank/tell.html", context, status=422 if form.errors else 200)


def worried(request: HttpRequest, exchange_id: Any) -> HttpResponse:
    found = _other_side(request, exchange_id)
    form = WorryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        place = reverse("timebank:exchange", args=[found.exchange.pk])
        safety.open_case(by=request.user, about=found.other, place=place, **form.cleaned_data)  # type: ignore[arg-type]  # signed in
        messages.success(request, _("Sent to the safeguarding lead. Nobody else reads it."))
        return redirect("timebank:exchange", found.exchange.pk)
    context = {
        "form": form,
        "exchange": found.exchange,
        "other": found.name,
        "title": _("I am worried about someone"),
        "button": _("Send to the safeguarding lead"),
        "urgent": True,
    }
    return render(request, "timebank/tell.html", context, status=422 if form.errors else 200)


@require_POST
def block(request: HttpRequest, exchange_id: Any) -> HttpResponse:
    found = _other_side(request, exchange_id)
    if Who.PROVIDER in found.who and found.exchange.hides_asker:  # the list of blocked people would name them
        raise Missing(_("You can block this person once they have said yes. Until then you can withdraw your offer."))
    safety.block(by=request.user, user=found.other)  # type: ignore[arg-type]  # signed in
    messages.success(request, _("You will not meet this person here. They are not told."))
    return redirect("people:blocks")
