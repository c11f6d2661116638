"""The broker's desk: its home, what waits in its queues, disputes, decisions and reversals."""

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
from people.rules import has_any_role, has_role
from timebank.actions import desk as actions
from timebank.actions import disputes
from timebank.forms.desk import StuckFilter
from timebank.forms.exchanges import DecisionForm
from timebank.forms.fields import RequiredReasonForm
from timebank.models import Exchange, LedgerCheck, Policy
from timebank.queries import corrections, desk, desk_people
from timebank.queries import exchanges as queries
from timebank.rules import DECIDERS, State
from timebank.views.exchanges import Move
from ui.errors import DomainError, Invalid, Missing
from ui.views import ListPage

SHOWN = 10  # findings of the ledger check
LINKS: list[tuple[str, Any, tuple[str, ...]]] = [
    ("timebank:desk_record", gettext_lazy("Record for people who are not online"), ("broker",)),
    ("timebank:disputes", gettext_lazy("Disputes and appeals"), ("administrator",)),
    ("timebank:claims", gettext_lazy("Charges to decide"), ("administrator",)),
    ("timebank:desk_adjust", gettext_lazy("Move hours between two accounts"), ("broker",)),
    ("timebank:desk_organisations", gettext_lazy("Hours between organisations"), ("broker", "administrator")),
    ("timebank:desk_exports", gettext_lazy("Tables to take away"), ("broker", "administrator")),
    ("timebank:policy", gettext_lazy("Policy and its versions"), ("broker", "administrator")),
    ("timebank:desk_imports", gettext_lazy("Imports from another system"), ("broker", "administrator")),
    ("timebank:desk_cycles", gettext_lazy("Chains of two to four people"), ("broker",)),
]  # pages that are no queue: address, label, who opens them


@require_safe
@require_role("broker", "administrator")
def home(request: HttpRequest) -> HttpResponse:
    is_broker, books = has_role(request.user, "broker"), desk.books()
    context = {
        "is_broker": is_broker,
        "queues": desk.waiting(request.user),
        "people": [(kind, desk_people.KINDS[kind], n) for kind, n in desk_people.counts().items()] if is_broker else [],
        "books": books,
        "findings": books.check.findings[:SHOWN] if books.check else [],
        "links": [(name, label) for name, label, roles in LINKS if has_any_role(request.user, roles)],
    }
    return render(request, "timebank/desk/home.html", context)


@method_decorator(require_role("broker"), name="dispatch")
class Stuck(ListPage):
    template_name = "timebank/desk/stuck.html"
    title = gettext_lazy("Stuck exchanges")
    empty = gettext_lazy("Nothing is stuck. Exchanges move by themselves today.")
    filter_form = StuckFilter

    def items(self, why: str = "") -> QuerySet:
        return desk.stuck(why=why)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        policy = Policy.objects.in_force()
        rows = [(row, desk.WHY_STUCK[row.stuck_why], desk.ends_at(row, policy)) for row in context["listed"]]
        return context | {"rows": rows}


@require_POST
@require_role("broker")
def remind(request: HttpRequest, exchange_id: Any) -> HttpResponse:
    if actions.remind_both(by=request.user, exchange=exchange_id):
        messages.success(request, _("Both are reminded."))
    else:
        messages.info(request, _("Both were reminded today already."))
    return redirect("timebank:desk_stuck")


@method_decorator(require_role(*DECIDERS), name="dispatch")
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


@require_role(*DECIDERS)
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
            messages.success(request, _("Decided, and both are told: %(title)s.") % {"title": done.title})
            return redirect("timebank:disputes")
    elif found.exchange.state != State.DISPUTED:
        raise DomainError(_("This is no longer in dispute. Nothing was changed."))
    context = {
        "found": found,
        "exchange": found.exchange,
        "form": form,
        "open": found.may_decide and "decide_hours" in found.can,
    }
    return render(request, "timebank/decide.html", context, status=422 if form.errors else 200)


@method_decorator(require_role(*DECIDERS), name="dispatch")
class Reverse(Move):
    title = gettext_lazy("Reverse this exchange")
    intro = gettext_lazy("All that was paid goes back, as a new entry. It cannot be undone; it can be recorded again.")
    button = gettext_lazy("Reverse it")
    said = gettext_lazy("Reversed, and both are told.")
    form_class = RequiredReasonForm
    template_name = "timebank/desk/reverse_exchange.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        effects = corrections.effects(corrections.undoing_exchange(self.exchange))
        return super().get_context_data(**kwargs) | {"effects": effects}

    def find(self, request: HttpRequest, exchange_id: Any) -> Exchange:
        return _for_broker(request, exchange_id).exchange

    def act(self, reason: str) -> Any:
        return disputes.reverse(by=self.request.user, exchange=self.exchange, reason=reason)
