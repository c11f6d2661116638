"""What leaving would do, and where the credits go that are left."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from timebank.actions import leaving as actions
from timebank.forms.leaving import COMMUNITY, LeavingForm
from timebank.queries import leaving as queries


def leaving(request: HttpRequest) -> HttpResponse:
    step = queries.what_happens(request.user)
    initial = {"to_pot": str(step.to_pot.pk) if step.to_pot else COMMUNITY}
    form = LeavingForm(request.POST or None, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        actions.wish(by=request.user, to_pot=form.chosen)  # type: ignore[arg-type]  # signed in
        messages.success(request, _("Saved. Nothing has ended yet."))
        return redirect("people:close")
    context = {"form": form, "step": step}
    return render(request, "timebank/leaving.html", context, status=422 if form.errors else 200)
