"""The broker's desk: files from other systems, read first, then imported whole."""

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
from timebank.actions import imports as actions
from timebank.forms.desk import LARGEST_FILE, ImportForm
from timebank.models import Import
from timebank.queries import imports as queries
from ui.errors import Invalid, Missing
from ui.uploads import takes_files
from ui.views import ListPage

KEEPERS = ("broker", "administrator")
SHOWN = 200  # problems and notes on the page
UNDER_WAY = {Import.State.READING, Import.State.QUEUED}


@method_decorator(require_role(*KEEPERS), name="dispatch")
class Imports(ListPage):
    template_name = "timebank/desk/imports.html"
    title = gettext_lazy("Imports")
    empty = gettext_lazy("Nothing was imported yet.")

    def items(self) -> QuerySet:
        return queries.uploads()


@takes_files(LARGEST_FILE)
@require_role(*KEEPERS)
def upload(request: HttpRequest) -> HttpResponse:
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            found = actions.upload(
                by=request.user,
                kind=asked["kind"],
                source=asked["source"],
                name=asked["file"].name,
                content=asked["file"].read(),
            )
        except Invalid as error:
            form.add_domain_error(error)
        else:
            return redirect("timebank:desk_import", found.pk)
    context = {"form": form, "columns": queries.COLUMNS}
    return render(request, "timebank/desk/upload.html", context, status=422 if form.errors else 200)


def _found(upload_id: Any) -> Import:
    found = Import.objects.defer("content").select_related("uploaded_by", "confirmed_by").filter(pk=upload_id).first()
    if found is None:
        raise Missing(_("We cannot find that import."))
    return found


def _context(found: Import) -> dict[str, Any]:
    return {
        "upload": found,
        "under_way": found.state in UNDER_WAY,
        "per_cent": 100 * found.done // found.totals["rows"] if found.done else 0,
        "totals": queries.in_words(found),
        "problems": found.problems[:SHOWN],
        "more_problems": found.problem_count - len(found.problems[:SHOWN]),
        "notes": found.notes[:SHOWN],
        "more_notes": found.note_count - len(found.notes[:SHOWN]),
    }


@require_safe
@require_role(*KEEPERS)
def preview(request: HttpRequest, upload_id: Any) -> HttpResponse:
    return render(request, "timebank/desk/import.html", _context(_found(upload_id)))


@require_safe
@require_role(*KEEPERS)
def progress(request: HttpRequest, upload_id: Any) -> HttpResponse:
    """The part of the page that htmx asks for every two seconds; when it is over, the whole page is shown afresh."""
    found = _found(upload_id)
    response = render(request, "timebank/desk/_progress.html", _context(found))
    if found.state not in UNDER_WAY:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@require_role(*KEEPERS)
def confirm(request: HttpRequest, upload_id: Any) -> HttpResponse:
    actions.confirm(by=request.user, upload=_found(upload_id))
    return redirect("timebank:desk_import", upload_id)


@require_POST
@require_role(*KEEPERS)
def cancel(request: HttpRequest, upload_id: Any) -> HttpResponse:
    actions.cancel(by=request.user, upload=_found(upload_id))
    messages.success(request, _("Put aside. Nothing was imported."))
    return redirect("timebank:desk_imports")
