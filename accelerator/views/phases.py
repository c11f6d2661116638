"""Staff pages: the steps of a wave's review."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accelerator.actions import phases as actions
from accelerator.forms.phases import PhaseForm, used_note
from accelerator.models import Wave
from accelerator.queries import phases as queries
from accelerator.views.selection import wave_of
from people.access import require_role
from ui.errors import Invalid

FORM = ["GET", "HEAD", "POST"]


@require_safe
@require_role("portfolio_manager")
def phases(request: HttpRequest, slug: str) -> HttpResponse:
    """The steps of the review in order: which runs now, who reads, who sees what."""
    wave = wave_of(request, slug)
    return render(request, "accelerator/waves/phases.html", {"wave": wave, "rows": queries.page(wave)})


@require_http_methods(FORM)
@require_role("portfolio_manager")
def add_phase(request: HttpRequest, slug: str) -> HttpResponse:
    """One more step."""
    return _phase(request, wave_of(request, slug), None)


@require_http_methods(FORM)
@require_role("portfolio_manager")
def change_phase(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """Changing a step; once people work in it, its end and who else reads."""
    wave = wave_of(request, slug)
    return _phase(request, wave, get_object_or_404(queries.with_use(wave), pk=pk))


def _phase(request: HttpRequest, wave: Wave, phase: Any) -> HttpResponse:
    form = PhaseForm(request.POST if request.method == "POST" else None, wave=wave, phase=phase)
    if request.method == "POST" and form.is_valid():
        try:
            if phase is None:
                actions.add_phase(by=request.user, wave=wave, **form.for_action())
            else:
                actions.change_phase(by=request.user, phase=phase, **form.for_action(phase))
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(
                request, _("The step is saved. Look whether the others still begin when you want them to.")
            )
            return redirect("accelerator:phases", wave.slug)
    context = {
        "wave": wave,
        "form": form,
        "title": _("Change “%(step)s”") % {"step": phase.internal_label} if phase else _("Add a step"),
        "intro": used_note() if phase and phase.used else "",
        "button": _("Save the step"),
    }
    return render(request, "accelerator/waves/phase.html", context, status=422 if form.errors else 200)


@require_POST
@require_role("portfolio_manager")
def move_phase(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """A step changes places with its neighbour, dates and all."""
    wave = wave_of(request, slug)
    actions.move_phase(by=request.user, phase=get_object_or_404(wave.review_phases, pk=pk), up="up" in request.POST)
    return redirect("accelerator:phases", wave.slug)


@require_POST
@require_role("portfolio_manager")
def remove_phase(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """Taking a step out."""
    wave = wave_of(request, slug)
    actions.remove_phase(by=request.user, phase=get_object_or_404(wave.review_phases, pk=pk))
    messages.success(request, _("The step is taken out."))
    return redirect("accelerator:phases", wave.slug)
