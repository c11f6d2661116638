"""The statement of a member or of a pot: a page, a CSV, a PDF."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from timebank.forms.statement import StatementFilter
from timebank.models import Account, Pot, Transfer
from timebank.queries import home
from timebank.queries import statement as queries
from ui import pdf
from ui.asked import as_number
from ui.downloads import attachment
from ui.errors import Invalid
from ui.sheets import csv_response


def _place(request: HttpRequest, name: str) -> int | None:
    """The number of an entry in the address; what is none is left out."""
    return as_number(request.GET.get(name))


def _asked(request: HttpRequest, pot_id: Any) -> tuple[Account | None, Pot | None, StatementFilter, queries.Filters]:
    """Whose statement, and what it is narrowed down to: a filter that cannot be read is left out, and its error shown."""
    account, pot = queries.account_read_by(request.user, pot_id)
    form = StatementFilter(request.GET, account=account)
    form.is_valid()
    return account, pot, form, queries.Filters(**{name: value for name, value in form.cleaned_data.items() if value})


@require_safe
def statement(request: HttpRequest, pot_id: Any = None) -> HttpResponse:
    account, pot, form, filters = _asked(request, pot_id)
    found = None
    if account is not None:
        found = queries.page(account, filters, before=_place(request, "before"), after=_place(request, "after"))
    context = {
        "account": account,
        "pot": pot,
        "form": form,
        "filters": filters,
        "filtered": filters != queries.Filters(),
        "found": found,
        "pages": _pages(request, found),
        "asked": _without_place(request),
        "most": queries.PDF_MOST,
    }
    if pot is None:
        context |= home.standing(request.user)
    return render(request, "timebank/statement.html", context)


def _without_place(request: HttpRequest) -> str:
    """The filters as they stand in the address, for the links to the files."""
    query = request.GET.copy()
    for name in ("before", "after"):
        query.pop(name, None)
    return query.urlencode()


def _pages(request: HttpRequest, found: queries.Page | None) -> dict[str, Any] | None:
    """Parameters of the pagination component: only newer and older, since nobody counts the pages."""
    if found is None or not (found.newer or found.older):
        return None

    def to(place: dict[str, int]) -> str:
        kept = _without_place(request)
        ((name, version),) = place.items()
        return f"{request.path}?{kept}{'&' if kept else ''}{name}={version}"

    return {
        "previous": {"href": to(found.newer), "text": _("Newer")} if found.newer else None,
        "next": {"href": to(found.older), "text": _("Older")} if found.older else None,
    }


def _file_name(pot: Pot | None) -> str:
    return f"{'pot-' if pot else ''}statement-{timezone.localdate():%Y-%m-%d}"


@require_safe
def as_csv(request: HttpRequest, pot_id: Any = None) -> HttpResponseBase:
    account, pot, _form, filters = _asked(request, pot_id)
    columns = [
        _("Day"), _("Time"), _("What happened"), _("Exchange"), _("With"), _("Kind"), _("Minutes"), _("Hours"),
        _("Balance in minutes"), _("Balance in hours"), _("Note"), _("Taken back"),
    ]  # fmt: skip
    lines = queries.every_line(account, filters) if account is not None else iter(())
    return csv_response(_file_name(pot), columns, (_row(line) for line in lines))


def _row(line: queries.Line) -> list[Any]:
    at = timezone.localtime(line.at)
    return [
        f"{at:%Y-%m-%d}", f"{at:%H:%M}", line.words, line.what, line.who, Transfer.Kind(line.kind).label,
        line.minutes, round(line.minutes / 60, 2), line.balance_after, round(line.balance_after / 60, 2), line.note,
        f"{timezone.localtime(line.undone.at):%Y-%m-%d}" if line.undone else "",
    ]  # fmt: skip


@require_safe
def as_pdf(request: HttpRequest, pot_id: Any = None) -> HttpResponseBase:
    account, pot, _form, filters = _asked(request, pot_id)
    lines = queries.page(account, filters, size=queries.PDF_MOST) if account is not None else None
    if lines is not None and lines.older:
        raise Invalid(
            _("A PDF holds at most %(most)d lines, and this has more. Choose a shorter time, or download the CSV.")
            % {"most": queries.PDF_MOST}
        )
    shown = lines.lines if lines else []
    opening, closing = queries.opening_and_closing(shown) if shown else (0, 0)
    context = {
        "owner": pot or request.user,
        "pot": pot,
        "filters": filters,
        "lines": shown,
        "opening": opening,
        "closing": closing,
        "came_in": sum(line.minutes for line in shown if line.minutes > 0),
        "went_out": -sum(line.minutes for line in shown if line.minutes < 0),
        "made_on": timezone.localdate(),
    }
    content = pdf.render("timebank/statement_pdf.html", context)
    return attachment(content, f"{_file_name(pot)}.pdf", "application/pdf", shown=True)
