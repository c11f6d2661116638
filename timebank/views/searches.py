from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from people.access import require_conduct
from timebank.actions import searches as actions
from timebank.forms.searches import SaveSearchForm
from timebank.queries import board
from timebank.queries import searches as queries
from ui.errors import Invalid, Missing
from ui.views import ListPage


class Searches(ListPage):
    template_name = "timebank/searches.html"
    title = gettext_lazy("Your saved searches")
    empty = gettext_lazy("Nothing saved yet. Search the board, and save what you look for often.")

    def items(self) -> QuerySet:
        return queries.searches_of(self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        for search in context["listed"]:
            search.address = actions.address_of(search)
        return context


@require_conduct
def save(request: HttpRequest) -> HttpResponse:
    """Saves the search that stands in the address: the board links here with its own."""
    asked = board.Asked.of(request.GET)
    form = SaveSearchForm(
        request.POST if request.method == "POST" else None,
        initial={"name": board.words_of(asked)[:100], "alerts": True},
    )
    if request.method == "POST" and form.is_valid():
        try:
            actions.save_search(by=request.user, asked=asked, **form.cleaned_data)
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Saved. You find it under your saved searches."))
            return redirect("timebank:searches")
    query = urlencode(asked.filters())
    context = {"form": form, "words": board.words_of(asked), "query": query}
    return render(request, "timebank/save_search.html", context, status=422 if form.errors else 200)


MOVES = {
    "stop": (lambda by, search: actions.set_alerts(by=by, search=search, on=False), gettext_lazy("We send no more.")),
    "start": (
        lambda by, search: actions.set_alerts(by=by, search=search, on=True),
        gettext_lazy("We tell you what is new, at most once a day."),
    ),
    "delete": (lambda by, search: actions.delete_search(by=by, search=search), gettext_lazy("Deleted.")),
}


@require_POST
def move(request: HttpRequest, search_id: Any, move: str) -> HttpResponse:
    if move not in MOVES:
        raise Missing(_("We cannot find that page."))
    action, said = MOVES[move]
    action(request.user, queries.search_for(search_id, request.user))
    messages.success(request, said)
    return redirect("timebank:searches")
