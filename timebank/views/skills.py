"""Two queues of the desk: suggested skills, and requests that nobody has answered."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people.access import require_role
from timebank.actions import skills as actions
from timebank.forms.skills import ADOPT, MERGE, SkillDecisionForm
from timebank.queries import matches
from timebank.queries import skills as queries
from ui.errors import DomainError, Invalid
from ui.views import ListPage


@method_decorator(require_role("broker"), name="dispatch")
class Suggested(ListPage):
    template_name = "timebank/suggested_skills.html"
    title = gettext_lazy("Suggested skills")
    empty = gettext_lazy("No skill waits for you.")

    def items(self) -> QuerySet:
        return queries.suggested()


@method_decorator(require_role("broker"), name="dispatch")
class Unanswered(ListPage):
    template_name = "timebank/unanswered.html"
    title = gettext_lazy("Requests without an answer")
    empty = gettext_lazy("Every request has been answered in time.")
    page_size = 10

    def items(self) -> QuerySet:
        return matches.unanswered()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        found = matches.counterparts(context["listed"].object_list, limit=5)
        return context | {"rows": [(listing, found[listing.pk]) for listing in context["listed"]]}


@require_role("broker")
def decide(request: HttpRequest, suggestion_id: Any) -> HttpResponse:
    found = queries.suggestion_for_broker(suggestion_id)
    near = queries.nearest(found.name)
    form = SkillDecisionForm(
        request.POST if request.method == "POST" else None, initial={"into": near[0].pk if near else None}
    )
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        about = {"by": request.user, "suggestion": found, "reason": asked["reason"]}
        try:
            if asked["decision"] == MERGE:
                actions.merge_skill(into=asked["into"], **about)
            elif asked["decision"] == ADOPT:
                actions.adopt_skill(parent=asked["parent"], **about)
            else:
                actions.drop_skill(**about)
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Decided. The listings that carry it are changed."))
            return redirect("timebank:suggested_skills")
    elif found.decided_at is not None:
        raise DomainError(_("A broker has decided about this one already. Nothing was changed."))
    context = {"form": form, "found": found, "near": near, "carried": queries.carried_by(found)}
    return render(request, "timebank/decide_skill.html", context, status=422 if form.errors else 200)
