from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from timebank.queries import exchanges
from timebank.queries import home as queries
from ui.views import ListPage


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "timebank/home.html", queries.time_bank(request.user))


class Past(ListPage):
    template_name = "timebank/past.html"
    title = gettext_lazy("Past exchanges")
    empty = gettext_lazy("Nothing here yet. Your first exchange is on the board, waiting for you.")

    def items(self) -> QuerySet:
        return exchanges.past(self.request.user)
