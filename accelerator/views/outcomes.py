"""How it came out, for those who reviewed."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accelerator.actions import outcomes as actions
from accelerator.forms.panel import HardForm
from accelerator.models import PanelSeat, Wave
from accelerator.queries import outcomes as queries
from people.access import require_role
from ui.errors import Invalid


@require_http_methods(["GET", "HEAD", "POST"])
@require_role("reviewer")
def outcomes(request: HttpRequest, slug: str) -> HttpResponse:
    """What was decided on what I read, how my scores compared, and one question."""
    wave = get_object_or_404(Wave, slug=slug)
    seat = PanelSeat.objects.filter(wave=wave, reviewer=request.user).first()
    found = queries.outcomes(request.user, wave)
    if not found.rows:
        raise Http404
    form = HardForm(request.POST if request.method == "POST" else None, initial={"text": seat.was_hard if seat else ""})
    if request.method == "POST" and form.is_valid():
        try:
            actions.say_what_was_hard(by=request.user, wave=wave, text=form.cleaned_data["text"])
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Thank you. The managers of this wave read it."))
            return redirect("accelerator:outcomes", wave.slug)
    context = {"wave": wave, "found": found, "form": form, "seat": seat}
    return render(request, "accelerator/review/outcomes.html", context, status=422 if form.errors else 200)
