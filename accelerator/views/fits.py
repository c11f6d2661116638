""" "Is this for me?": three questions before anybody writes a word."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accelerator.actions import fits as actions
from accelerator.forms.fits import FitForm, OverruleForm
from accelerator.models import FitCheck, Wave
from accelerator.queries import fits as queries
from accelerator.rules import access
from accelerator.rules import fits as rules
from accelerator.rules.waves import Phase
from people.access import require_role
from ui.errors import Invalid
from ui.views import pagination

ROWS_A_PAGE = 50


def _kept(slug: str) -> str:
    return f"fits:{slug}"


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
def check(request: HttpRequest, slug: str) -> HttpResponse:
    """The three questions."""
    wave = get_object_or_404(Wave, slug=slug)
    if wave.phase() not in {Phase.PLANNED, Phase.CALL}:
        return redirect("accelerator:start", wave.slug)  # it says that the call has closed, and what there is instead
    form = FitForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        by = request.user if request.user.is_authenticated else None
        before: dict[str, Any] = request.session.get(_kept(slug), {})
        told = actions.check(by=by, wave=wave, given=form.cleaned_data, again=before.get("told"))
        request.session[_kept(slug)] = {"told": str(told.pk), "given": form.cleaned_data}
        return redirect("accelerator:fit_outcome", wave.slug)
    return render(
        request, "accelerator/apply/fits.html", {"wave": wave, "form": form}, status=422 if form.errors else 200
    )


@require_safe
@login_not_required
def outcome(request: HttpRequest, slug: str) -> HttpResponse:
    """What they come to: this fits, talk to us first, or not this time and what may help."""
    wave = get_object_or_404(Wave, slug=slug)
    kept = request.session.get(_kept(slug))
    if not kept:
        return redirect("accelerator:fit_check", wave.slug)
    found = rules.outcome(kept["given"])
    told = FitCheck.objects.filter(pk=kept["told"], wave=wave).first()
    context = {
        "wave": wave,
        "verdict": told.stands if told else found.verdict,
        "ways": found.ways,
        "reasons": [] if told and told.fits_by_id else found.reasons,
        "overruled": bool(told and told.fits_by_id),
    }
    return render(request, "accelerator/apply/fit_outcome.html", context)


def _run(request: HttpRequest, slug: str) -> Wave:
    wave = get_object_or_404(Wave, slug=slug)
    if not access.runs(request.user, wave):
        raise Http404
    return wave


@require_safe
@require_role("portfolio_manager")
def fit_checks(request: HttpRequest, slug: str) -> HttpResponse:
    """How often the check said what, and who may want to talk."""
    wave = _run(request, slug)
    listed = Paginator(queries.to_talk_to(wave, request.user), ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "wave": wave,
        "counts": queries.counts(wave),
        "rows": listed.object_list,
        "pages": pagination(request, listed),
    }
    return render(request, "accelerator/review/fit_checks.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role("portfolio_manager")
def overrule(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """Saying that somebody's idea fits all the same."""
    wave = _run(request, slug)
    told = get_object_or_404(FitCheck.objects.select_related("user"), wave=wave, pk=pk, user__isnull=False)
    form = OverruleForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.overrule(by=request.user, told=told, reason=form.cleaned_data["reason"])
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("%(name)s is told that it fits.") % {"name": told.user})
            return redirect("accelerator:fit_checks", wave.slug)
    context = {"wave": wave, "told": told, "form": form}
    return render(request, "accelerator/review/overrule_fit.html", context, status=422 if form.errors else 200)
