"""Chains of hours: one for its people, all of them for a broker."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from people.access import require_role
from timebank.actions import cycles as actions
from timebank.models import Cycle, CycleRun
from timebank.queries import cycles as queries
from timebank.queries import home
from ui.views import ListPage


@require_safe
def cycle(request: HttpRequest, cycle_id: Any) -> HttpResponse:
    found = queries.page(cycle_id, request.user)
    context = {"found": found, "cycle": found.cycle, **home.standing(request.user)}
    return render(request, "timebank/cycle.html", context)


@require_POST
def say_yes(request: HttpRequest, cycle_id: Any) -> HttpResponse:
    found = queries.page(cycle_id, request.user)
    done = actions.say_yes(by=request.user, cycle=found.cycle)
    if done.state == Cycle.State.AGREED:
        messages.success(request, _("Everybody has said yes. The hours are set aside; now agree when."))
    elif done.state == Cycle.State.OPEN:
        messages.success(request, _("Thank you. We will tell you when the others have answered."))
    return redirect("timebank:cycle", done.pk)


@require_POST
def say_no(request: HttpRequest, cycle_id: Any) -> HttpResponse:
    found = queries.page(cycle_id, request.user)
    done = actions.say_no(by=request.user, cycle=found.cycle)
    messages.success(request, _("Thank you for answering. Nobody is told that it was you."))
    return redirect("timebank:cycle", done.pk)


@require_POST
@require_role("broker")
def look(request: HttpRequest) -> HttpResponse:
    actions.look_now(by=request.user)
    messages.success(request, _("We are looking. Open this page again in a minute."))
    return redirect("timebank:desk_cycles")


@method_decorator(require_role("broker"), name="dispatch")
class Cycles(ListPage):
    template_name = "timebank/desk/cycles.html"
    title = gettext_lazy("Chains of two to four people")
    empty = gettext_lazy(
        "No chain is open. They are looked for every night, among all offers and requests on the board."
    )

    def items(self) -> QuerySet:
        return queries.for_broker()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"run": CycleRun.objects.order_by("-id").first()}
