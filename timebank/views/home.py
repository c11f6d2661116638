from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from timebank.models import Account, Exchange
from timebank.queries import exchanges, ledger
from timebank.queries import home as queries
from ui.views import ListPage, pagination


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "timebank/home.html", queries.time_bank(request.user))


@require_safe
def statement(request: HttpRequest) -> HttpResponse:
    account = Account.objects.filter(member=request.user).first()
    context: dict[str, Any] = {
        **queries.standing(request.user),
        "totals": exchanges.totals(request.user),
        "listed": None,
    }
    if account is not None:
        rows = ledger.statement(account).select_related(*(f"transfer__exchange__{name}" for name in Exchange.NAMED_BY))
        listed = Paginator(rows, 25).get_page(request.GET.get("page"))
        context |= {
            "listed": listed,
            "rows": [(entry, ledger.counterparts(entry)) for entry in listed],
            "pages": pagination(request, listed),
        }
    return render(request, "timebank/statement.html", context)


class Past(ListPage):
    template_name = "timebank/past.html"
    title = gettext_lazy("Past exchanges")
    empty = gettext_lazy("Nothing here yet. Your first exchange is on the board, waiting for you.")

    def items(self) -> QuerySet:
        return exchanges.past(self.request.user)
