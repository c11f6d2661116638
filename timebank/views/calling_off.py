"""Cancelling, saying that it did not happen, saying what kept one, and the charge that the policy may ask for."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from people.access import require_role
from timebank import rules
from timebank.actions import calling_off
from timebank.forms.calling_off import CancelForm, ClaimForm, ExcuseForm, NoShowForm
from timebank.models import Exchange
from timebank.queries import exchanges as queries
from timebank.views.exchanges import Move, mine
from ui.errors import DomainError, Missing
from ui.formats import hours
from ui.views import ListPage


class Cancel(Move):
    title = gettext_lazy("Cancel this exchange")
    button = gettext_lazy("Cancel the exchange")
    said = gettext_lazy("Cancelled. What was set aside is free again.")
    form_class = CancelForm

    @property
    def intro(self) -> str:  # it depends on how much notice there is
        if self.found.is_late:
            return _(
                "It is soon, so this is noted as a late cancellation. These things happen. Being called to clinical duty, "
                "illness, disability and caring are always excused."
            )
        return _("The credits that are set aside are free again at once. Cancelling costs nothing.")

    def act(self, reason: str, why: str) -> Exchange:
        return calling_off.cancel(by=self.request.user, exchange=self.exchange, reason=reason, why=why)

    def told(self, done: Exchange) -> Any:
        return _after(done) or self.said


class NoShow(Move):
    title = gettext_lazy("It did not happen")
    intro = gettext_lazy("These things happen. Nobody pays for the exchange, and what was set aside is free again.")
    button = gettext_lazy("It did not happen")
    said = gettext_lazy("Noted. What was set aside is free again.")
    form_class = NoShowForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"who": self.found.who, "other": self.found.other}

    def act(self, reason: str, absent: str, why: str) -> Exchange:
        return calling_off.no_show(by=self.request.user, exchange=self.exchange, reason=reason, absent=absent, why=why)

    def told(self, done: Exchange) -> Any:
        return _after(done) or self.said


def _after(exchange: Exchange) -> str:
    """What is said where a charge waits for a decision."""
    claim = queries.claim_of(exchange)
    if claim is None or claim.decided_at:
        return ""
    return _("Noted. A charge of %(hours)s waits for a broker to decide.") % {"hours": hours(claim.minutes)}


class Excuse(Move):
    title = gettext_lazy("What kept you?")
    button = gettext_lazy("Save")
    said = gettext_lazy("Thank you for saying so.")
    form_class = ExcuseForm
    event = "excuse"

    def act(self, why: str) -> Any:
        return calling_off.excuse(by=self.request.user, exchange=self.exchange, why=why)


@require_POST
def waive(request: HttpRequest, exchange_id: Any) -> HttpResponse:
    done = calling_off.waive(by=request.user, exchange=mine(request, exchange_id))
    messages.success(request, _("Let go, and they are told. Thank you."))
    return redirect("timebank:exchange", done.pk)


@method_decorator(require_role(*rules.DECIDERS), name="dispatch")
class Claims(ListPage):
    template_name = "timebank/claims.html"
    title = gettext_lazy("Charges to decide")
    empty = gettext_lazy("No charge waits for a decision.")

    def items(self) -> QuerySet:
        return queries.claims_for(self.request.user)


@method_decorator(require_role(*rules.DECIDERS), name="dispatch")
class DecideClaim(Move):
    title = gettext_lazy("Decide about a charge")
    button = gettext_lazy("Decide, and tell both")
    said = gettext_lazy("Decided, and both are told.")
    form_class = ClaimForm
    template_name = "timebank/decide_claim.html"

    def find(self, request: HttpRequest, exchange_id: Any) -> Exchange:
        self.found = queries.page(exchange_id, request.user)
        if not self.found.is_broker or self.found.claim is None:
            raise Missing(_("There is no charge here that you can decide about."))
        if self.found.claim.decided_at and request.method == "GET":
            raise DomainError(_("This charge is decided already. Nothing was changed."))
        return self.found.exchange

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"found": self.found, "exchange": self.exchange}

    def act(self, charge: str, note: str) -> Any:
        return calling_off.decide_claim(by=self.request.user, exchange=self.exchange, charge=charge == "yes", note=note)
