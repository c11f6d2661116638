"""The broker's desk: disputes, decisions, reversals."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people.access import require_role
from timebank.actions import disputes
from timebank.forms.exchanges import DecisionForm
from timebank.forms.fields import RequiredReasonForm
from timebank.models import Exchange, LedgerCheck
from timebank.queries import exchanges as queries
from timebank.rules import State
from timebank.views.exchanges import Move
from ui.errors import DomainError, Invalid, Missing
from ui.views import ListPage


@method_decorator(require_role("broker"), name="dispatch")
class Disputes(ListPage):
    template_name = "timebank/disputes.html"
    title = gettext_lazy("Disputes")
    empty = gettext_lazy("No dispute is open. Long may it last.")

    def items(self) -> QuerySet:
        return queries.disputes_for(self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"check": LedgerCheck.objects.order_by("-id").first()}


def _for_broker(request: HttpRequest, exchange_id: Any) -> queries.Page:
    """The exchange as a broker sees it. Raises Missing, also where the broker is a party: another one decides."""
    found = queries.page(exchange_id, request.user)
    if not found.is_broker:
        raise Missing(_("Another broker must look at this: you are a party."))
    return found


@require_role("broker")
def decide(request: HttpRequest, exchange_id: Any) -> HttpResponse:
    found = _for_broker(request, exchange_id)
    form = DecisionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            done = disputes.decide(
                by=request.user,
                exchange=found.exchange,
                decision=asked["decision"],
                minutes=asked["minutes"],
                note=asked["note"],
            )
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Decided, and both are told."))
            return redirect("timebank:exchange", done.pk)
    elif found.exchange.state != State.DISPUTED:
        raise DomainError(_("This is no longer in dispute. Nothing was changed."))
    return render(
        request, "timebank/decide.html", {"found": found, "exchange": found.exchange, "form": form},
        status=422 if form.errors else 200,
    )  # fmt: skip


@method_decorator(require_role("broker"), name="dispatch")
class Reverse(Move):
    title = gettext_lazy("Reverse this exchange")
    intro = gettext_lazy("All that was paid goes back, as a new entry. It cannot be undone; it can be recorded again.")
    button = gettext_lazy("Reverse it")
    said = gettext_lazy("Reversed, and both are told.")
    form_class = RequiredReasonForm

    def find(self, request: HttpRequest, exchange_id: Any) -> Exchange:
        return _for_broker(request, exchange_id).exchange

    def act(self, exchange: Exchange, words: str) -> Any:
        return disputes.reverse(by=self.request.user, exchange=exchange, reason=words)
