"""The broker's desk: hours between organisations, and tables to take away."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from people.access import require_role
from timebank.actions import desk as actions
from timebank.forms.desk import ExportForm, PeriodForm
from timebank.queries import exports, organisations
from ui.downloads import attachment

KEEPERS = ("broker", "administrator")
MOST = 100  # organisations, and pairs of them, on the page


def _download(rows: Iterable[Iterable[Any]], name: str) -> HttpResponseBase:
    return attachment(exports.as_csv(rows), f"{name}-{timezone.localdate().isoformat()}.csv", "text/csv; charset=utf-8")


def _period(form: PeriodForm) -> tuple[dt.date | None, dt.date | None]:
    if not form.is_valid():
        return None, None
    return form.cleaned_data["since"], form.cleaned_data["until"]


@require_safe
@require_role(*KEEPERS)
def between_organisations(request: HttpRequest) -> HttpResponseBase:
    form = PeriodForm(request.GET)
    since, until = _period(form)
    standings, pairs = organisations.between(since, until)
    if "csv" in request.GET and form.is_valid():
        actions.note_export(by=request.user, what="organisations", since=since, until=until)
        headings = ["organisation", "other organisation", "gave_minutes", "got_minutes", "net_minutes"]
        return _download([headings, *([p.one, p.other, p.gave, p.got, p.net] for p in pairs)], "organisations")
    context = {
        "form": form,
        "standings": standings[:MOST],
        "pairs": pairs[:MOST],
        "more": max(len(standings), len(pairs)) > MOST,
        "most": MOST,
        "since": since,
        "until": until,
    }
    return render(request, "timebank/desk/organisations.html", context, status=422 if form.errors else 200)


@require_safe
@require_role(*KEEPERS)
def export(request: HttpRequest) -> HttpResponseBase:
    """The form that asks what is needed; with `what` in the address, the table itself."""
    form = ExportForm(request.GET if "what" in request.GET else None)
    if form.is_bound and form.is_valid():
        what, since, until = (form.cleaned_data[name] for name in ("what", "since", "until"))
        actions.note_export(by=request.user, what=what, since=since, until=until)
        return _download(exports.TABLES[what][1](since, until), what)
    return render(request, "timebank/desk/exports.html", {"form": form}, status=422 if form.errors else 200)
