"""Calibration: managers choose the sample, reviewers score it first and then see how others did."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accelerator.actions import samples as actions
from accelerator.forms.samples import SampleForm, SampleScoresForm
from accelerator.models import Sample, SampleReview
from accelerator.queries import samples as queries
from accelerator.queries.phases import reads_in
from accelerator.queries.review import has_promised, score_phase
from accelerator.views.panel import promise_first
from accelerator.views.selection import wave_of
from people.access import require_role
from ui.errors import DomainError, Invalid


@require_http_methods(["GET", "HEAD", "POST"])
@require_role("portfolio_manager")
def choose(request: HttpRequest, slug: str) -> HttpResponse:
    """The sample of the wave's scoring phase; once somebody has scored it, how the panel did."""
    wave = wave_of(request, slug)
    phase = score_phase(wave)
    if phase is None:
        raise DomainError(_("This wave has no scoring phase."))
    sample = queries.sample_of(phase)
    if request.method == "POST" and "drop" in request.POST:
        actions.drop_sample(by=request.user, phase=phase)
        messages.success(request, _("There is no sample any more."))
        return redirect("accelerator:choose_sample", wave.slug)
    sent = wave.applications.submitted().order_by("reference")
    begun = sent.filter(reference=request.GET.get("from", "")).first()
    text = queries.text_of(begun, phase) if begun else sample.text if sample else ""
    form = SampleForm(request.POST if request.method == "POST" else None, initial={"text": text})
    if request.method == "POST" and form.is_valid():
        try:
            actions.set_sample(by=request.user, phase=phase, **form.cleaned_data)
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Everybody scores it before their first application."))
            return redirect("accelerator:panel", wave.slug)
    context = {
        "wave": wave,
        "phase": phase,
        "sample": sample,
        "form": form,
        "compared": queries.compared(sample) if sample else None,
    }
    return render(request, "accelerator/review/choose_sample.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role("reviewer")
def sample(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The sample, to be scored; then how others scored it."""
    found = get_object_or_404(Sample.objects.select_related("phase__wave", "phase__rubric"), pk=pk)
    if not reads_in(request.user, found.phase) or found.phase.rubric is None:
        raise Http404
    if not has_promised(request.user, found.phase.wave):
        return promise_first(found.phase.wave, request.path)
    done = SampleReview.objects.filter(sample=found, reviewer=request.user).exists()
    form = SampleScoresForm(
        request.POST if request.method == "POST" and not done else None, criteria=found.phase.rubric.criteria.all()
    )
    if request.method == "POST" and not done and form.is_valid():
        actions.score_sample(by=request.user, sample=found, scores=form.scores)
        return redirect("accelerator:sample", found.pk)
    context = {
        "sample": found,
        "wave": found.phase.wave,
        "form": form,
        "compared": queries.compared(found, request.user) if done else None,
    }
    return render(request, "accelerator/review/sample.html", context, status=422 if form.errors else 200)
