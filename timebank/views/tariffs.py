from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from people.access import require_conduct
from timebank.actions import tariffs as actions
from timebank.forms.tariffs import TariffsForm
from timebank.queries import tariffs as queries
from ui.errors import Invalid


@require_conduct
def tariffs(request: HttpRequest, pot_id: Any) -> HttpResponse:
    fund = queries.fund_for(pot_id, request.user)
    costs = queries.costs(fund)
    initial = {
        "works": [cost.work for cost in costs if cost.active],
        "review_minutes": next((cost.minutes for cost in costs if cost.minutes), 20),
    }
    form = TariffsForm(
        request.POST if request.method == "POST" else None, initial=initial
    )  # nothing ticked is an answer
    if form.is_valid():
        try:
            actions.set_tariffs(by=request.user, pot=fund, **form.cleaned_data)
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Saved. What is owed already is still paid."))
            return redirect("timebank:tariffs", fund.pk)
    context = {"pot": fund, "form": form, "costs": costs}
    return render(request, "timebank/tariffs.html", context, status=422 if form.errors else 200)
