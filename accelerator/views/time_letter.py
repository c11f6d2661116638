"""A letter that asks for time: the applicant prints it and gives it to their manager, if they like. We send it to nobody."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from accelerator.forms.time_letter import AddressedForm
from accelerator.models import Application
from accelerator.queries import apply as queries
from accelerator.queries.time_letter import time_letter
from accelerator.rules import apply as rules
from ui import pdf
from ui.downloads import attachment


def _mine(request: HttpRequest, pk: UUID) -> Application:
    """The application of its lead, in a wave; 404 for everybody else."""
    found = queries.for_person(request.user, pk)
    if found is None or found.wave is None or not rules.is_lead(request.user, found):
        raise Http404
    return found


@require_safe
def letter(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The letter as a page, with room for the manager's name."""
    found = _mine(request, pk)
    form = AddressedForm(request.GET if "to" in request.GET else None)
    to = form.cleaned_data["to"] if form.is_valid() else ""
    context = {
        "application": found,
        "letter": time_letter(found),
        "form": form,
        "to": to,
        "query": f"?{urlencode({'to': to})}" if to else "",
        "today": timezone.localdate(),
    }
    return render(request, "accelerator/apply/time_letter.html", context, status=422 if form.errors else 200)


@require_safe
def as_pdf(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The same as a PDF."""
    found = _mine(request, pk)
    form = AddressedForm(request.GET)
    to = form.cleaned_data["to"] if form.is_valid() else ""
    context = {"letter": time_letter(found), "to": to, "today": timezone.localdate()}
    content = pdf.render("accelerator/apply/time_letter_pdf.html", context)
    return attachment(content, "a-letter-that-asks-for-time.pdf", "application/pdf", shown=True)
