from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from people.access import require_conduct
from timebank.actions import away as actions
from timebank.forms.away import AwayForm
from timebank.queries.away import coming
from ui.errors import Invalid
from ui.formats import day


@require_conduct
def away(request: HttpRequest) -> HttpResponse:
    """Saying when I am away; the button "back" says that I am here."""
    user: Any = request.user
    if request.method == "POST" and "back" in request.POST:
        actions.come_back(by=user)
        messages.success(request, _("Welcome back. Your listings are on the board again."))
        return redirect("timebank:home")
    now = coming(user)
    begun = {"first_day": now.first_day, "last_day": now.last_day} if now else {}
    form = AwayForm(request.POST if request.method == "POST" else None, initial=begun)
    if request.method == "POST" and form.is_valid():
        try:
            kept = actions.go_away(by=user, **form.cleaned_data)
        except Invalid as error:
            form.add_domain_error(error)
        else:
            said = _("You are away from %(first)s to %(last)s. Your listings rest until you are back.")
            messages.success(request, said % {"first": day(kept.first_day), "last": day(kept.last_day)})
            return redirect("timebank:home")
    return render(request, "timebank/away.html", {"form": form, "now": now}, status=422 if form.errors else 200)
