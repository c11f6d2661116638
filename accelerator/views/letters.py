"""Letters: each to be edited and signed, all to be read once more and sent."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accelerator.actions import decisions
from accelerator.forms.review import LetterForm, SendLettersForm
from accelerator.models import Decision, Wave
from accelerator.views.selection import managed, wave_of
from people.access import require_role
from ui.errors import DomainError, Invalid


@require_http_methods(["GET", "HEAD", "POST"])
@require_role("portfolio_manager")
def letter(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Editing and signing one letter, as the applicant will read it."""
    found = managed(request, pk)
    decision = getattr(found, "decision", None)
    if decision is None:
        return redirect("accelerator:candidate", found.pk)
    initial = {"letter": decision.letter, "signed_as": decision.signed_as or request.user.name}  # type: ignore[union-attr]  # signed in
    form = LetterForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            decisions.edit_letter(by=request.user, application=found, **form.cleaned_data)
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("The letter is saved. It has not gone yet."))
            return redirect("accelerator:letters", found.wave.slug)  # type: ignore[union-attr]  # sent in, so it has a wave
    context = {"application": found, "decision": decision, "form": form}
    status = 422 if request.method == "POST" else 200
    return render(request, "accelerator/review/letter.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role("portfolio_manager")
def letters(request: HttpRequest, slug: str) -> HttpResponse:
    """Every letter that waits, each to be read, and the button that sends those that are ticked."""
    wave = wave_of(request, slug)
    waiting = (
        Decision.objects.filter(application__wave=wave, application__state="submitted", sent_at=None)
        .select_related("application__lead")
        .order_by("outcome", "application__reference")
    )
    if request.method == "POST":
        known = Decision.objects.filter(application__wave=wave)  # those that have gone are left alone: a second click
        form = SendLettersForm(request.POST, decisions=known)
        if form.is_valid():
            chosen = [decision.application for decision in form.cleaned_data["letters"].select_related("application")]
            try:
                gone = decisions.send_letters(by=request.user, applications=chosen)
            except DomainError as error:
                return _letters(request, wave, waiting, str(error), error.status)
            messages.success(
                request,
                ngettext("%(count)d letter has gone.", "%(count)d letters have gone.", len(gone))
                % {"count": len(gone)},
            )
            return redirect("accelerator:letters", wave.slug)
        return _letters(request, wave, waiting, _("Choose at least one letter."), 422)
    return _letters(request, wave, waiting)


def _letters(request: HttpRequest, wave: Wave, waiting: Any, error: str = "", status: int = 200) -> HttpResponse:
    """The letters that wait; what was ticked stays ticked."""
    rows = list(waiting)
    context = {
        "wave": wave,
        "rows": rows,
        "counts": [(label, sum(row.outcome == value for row in rows)) for value, label in Decision.Outcome.choices],
        "gone": Decision.objects.filter(application__wave=wave, sent_at__isnull=False).count(),
        "error": error,
        "error_list": [{"text": error, "href": f"#send-{rows[0].pk}"}] if error and rows else [{"text": error}],
        "ticked": set(request.POST.getlist("letters")),
    }
    return render(request, "accelerator/review/letters.html", context, status=status)
