"""What managers of a wave said too late that they cannot judge, for another manager to keep from them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accelerator.actions import judging
from accelerator.queries.kept import said_since
from accelerator.views.selection import looked_at
from people.access import require_role


@require_http_methods(["GET", "HEAD", "POST"])
@require_role("portfolio_manager")
def kept(request: HttpRequest, slug: str) -> HttpResponse:
    """Who has said since they looked that they cannot judge what; posting keeps one of them from its declarer."""
    wave = looked_at(request, slug)
    rows = said_since(wave, request.user)
    error = ""
    if request.method == "POST":
        chosen = request.POST.get("application"), request.POST.get("user")
        row = next((one for one in rows if (str(one.application.pk), str(one.user.pk)) == chosen), None)
        if row is not None:
            judging.keep_away(by=request.user, application=row.application, user=row.user)
            messages.success(
                request, _("%(reference)s is kept from them now.") % {"reference": row.application.reference}
            )
            return redirect("accelerator:kept", wave.slug)
        error = _("That is not on the list any more, so nothing was changed. Look at the list again.")
    context = {
        "wave": wave,
        "rows": rows,
        "error": error,
        "error_list": [{"text": error, **({"href": "#late-1"} if rows else {})}],
    }
    return render(request, "accelerator/review/kept.html", context, status=422 if error else 200)
