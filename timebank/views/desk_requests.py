"""The broker's desk: asking people about a request that nobody has answered (the list is in `views.skills`)."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext

from people.access import require_role
from people.models import User
from timebank.actions import desk as actions
from timebank.forms.desk import AskForm
from timebank.queries import desk_requests as queries
from ui.errors import Invalid


@require_role("broker")
def ask(request: HttpRequest, listing_id: Any) -> HttpResponse:
    found = queries.request_page(listing_id)
    choices = [(str(person.pk), str(person)) for person, _why, _told in found.people]
    hints = {str(person.pk): why for person, why, told_at in found.people if told_at is None}
    form = AskForm(request.POST if request.method == "POST" else None, choices=choices, hints=hints)
    if request.method == "POST" and form.is_valid():
        chosen = User.objects.filter(pk__in=form.cleaned_data["people"])
        try:
            told = actions.ask(by=request.user, listing=found.listing, people=list(chosen))
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, ngettext("%(n)d person is asked.", "%(n)d people are asked.", told) % {"n": told})
            return redirect("timebank:desk_request", found.listing.pk)
    form.fields["people"].choices = [pair for pair in choices if pair[0] in hints]  # who was asked is listed apart
    context = {"found": found, "listing": found.listing, "form": form, "fresh": bool(hints)}
    return render(request, "timebank/desk/request.html", context, status=422 if form.errors else 200)
