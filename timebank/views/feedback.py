"""Thanks, usefulness and confirmed skills, by the receiver; and the giver's choice to show the thanks."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from timebank.actions import feedback
from timebank.forms.feedback import FeedbackForm
from timebank.models import Exchange
from timebank.queries.feedback import choices_for
from timebank.rules import State, Who
from timebank.views.exchanges import Move, mine
from ui.errors import DomainError, Missing


class Give(Move):
    title = gettext_lazy("How was it?")
    intro = gettext_lazy("All of it is optional, and you can change it later.")
    button = gettext_lazy("Save")
    said = gettext_lazy("Saved. Thank you.")
    form_class = FeedbackForm

    def find(self, request: HttpRequest, exchange_id: Any) -> Exchange:
        exchange = super().find(request, exchange_id)
        if Who.RECEIVER not in self.found.who:
            raise Missing(_("Only the side that received the time can say this."))
        if exchange.state != State.SETTLED:
            raise DomainError(_("You can say how it was once the hours are settled."))
        return exchange

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"skills": choices_for(self.exchange)}

    def get_initial(self) -> dict[str, Any]:
        said = self.found.feedback
        if said is None:
            return {}
        chosen = list(self.exchange.skills_confirmed.values_list("skill", flat=True))
        return {"thanks": said.thanks, "useful": str(said.useful or ""), "skills": chosen}

    def act(self, thanks: str, useful: str, skills: Any = ()) -> Any:
        return feedback.give(
            by=self.request.user,
            exchange=self.exchange,
            thanks=thanks,
            useful=int(useful) if useful else None,
            skills=skills or [],
        )


@require_POST
def show(request: HttpRequest, exchange_id: Any, shown: bool) -> HttpResponse:
    """The giver shows the thanks on their page, or hides them."""
    exchange = mine(request, exchange_id)
    feedback.show(by=request.user, exchange=exchange, shown=shown)
    messages.success(request, _("Shown on your page.") if shown else _("No longer on your page."))
    return redirect("timebank:exchange", exchange.pk)
