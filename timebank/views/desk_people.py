"""The broker's desk: people who need a hand, and one member as a broker sees them."""

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
from timebank.actions import desk as actions
from timebank.forms.desk import PeopleFilter
from timebank.queries import desk_people as queries
from ui.views import ListPage


@method_decorator(require_role("broker"), name="dispatch")
class People(ListPage):
    template_name = "timebank/desk/people.html"
    title = gettext_lazy("People who need a hand")
    empty = gettext_lazy("Nobody fits. Try another list, or fewer words.")
    filter_form = PeopleFilter

    def items(self, q: str = "", kind: str = "", sort: str = "") -> QuerySet:
        return queries.people(kind, q, sort)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        kind = context["filter_form"].cleaned_data.get("kind") or ""
        return context | {"kind": kind, "sort": context["filter_form"].cleaned_data.get("sort") or ""}


@require_safe
@require_role("broker")
def member(request: HttpRequest, user_id: Any) -> HttpResponse:
    found = queries.member(user_id)
    actions.look(by=request.user, member=found)
    return render(request, "timebank/desk/member.html", {"found": queries.member_page(found), "member": found})


@require_POST
@require_role("broker")
def nudge(request: HttpRequest, user_id: Any) -> HttpResponse:
    found = queries.member(user_id)
    if actions.nudge(by=request.user, member=found):
        messages.success(request, _("%(name)s is sent one friendly message.") % {"name": found})
    else:
        messages.info(request, _("%(name)s has had this message already. It is sent once.") % {"name": found})
    return redirect("timebank:desk_member", found.pk)
