"""The broker's desk: newcomers who pay each other, and a broker's word for one of them."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from people.access import require_role
from people.models import User
from timebank.actions import standing as actions
from timebank.forms.desk import VouchForm
from timebank.models import Policy
from timebank.queries import desk_people
from timebank.queries import newcomers as queries
from ui.views import MovePage


@require_safe
@require_role("broker")
def newcomers(request: HttpRequest) -> HttpResponse:
    found = queries.clusters()
    context = {
        "clusters": found[: queries.MOST],
        "more": len(found) - queries.MOST,
        "met": queries.met_only(found),
        "policy": Policy.objects.in_force(),
    }
    return render(request, "timebank/desk/newcomers.html", context)


@method_decorator(require_role("broker"), name="dispatch")
class Vouch(MovePage):
    title = gettext_lazy("Vouch for a newcomer")
    button = gettext_lazy("Give your word")
    form_class = VouchForm
    member: User

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.member = desk_people.member(kwargs["user_id"])
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        intro = _(
            "With your word %(name)s can go as far below zero as everybody, and what waits for it can be passed on. "
            "Your name and reason are kept. It is not taken back."
        ) % {"name": self.member}
        return super().get_context_data(**kwargs) | {"intro": intro}

    def act(self, reason: str) -> bool:
        return actions.vouch(by=self.request.user, member=self.member, reason=reason)

    def told(self, done: bool) -> str:
        if done:
            return _("%(name)s is known now.") % {"name": self.member}
        return _("%(name)s was known already. Nothing was changed.") % {"name": self.member}

    def next_url(self) -> str:
        return reverse("timebank:desk_newcomers")
