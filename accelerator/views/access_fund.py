"""The access fund: a person's own claims, and a wave's claims for those who run it. Nobody else sees a claim."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

import audit.actions
from accelerator.actions import access_fund as actions
from accelerator.forms.access_fund import AnswerForm, ClaimForm, FundForm, PayForm, SpentForm
from accelerator.models import AccessClaim, Wave
from accelerator.queries import access_fund as queries
from accelerator.rules import files
from accelerator.views.selection import wave_of
from people.access import require_conduct, require_role
from ui.downloads import attachment
from ui.errors import Invalid
from ui.sheets import csv_response
from ui.uploads import takes_files
from ui.views import pagination

FORM = ["GET", "HEAD", "POST"]
CLAIMS_A_PAGE = 30


@require_safe
@require_conduct
def claims(request: HttpRequest) -> HttpResponse:
    """What I have claimed, and the waves on whose fund I may claim."""
    listed = Paginator(queries.mine(request.user), CLAIMS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "claims": listed.object_list,
        "pages": pagination(request, listed),
        "waves": queries.claimable(request.user),
    }
    return render(request, "accelerator/access_fund/mine.html", context)


@takes_files(files.LARGEST_BYTES)
@require_http_methods(FORM)
@require_conduct
def claim(request: HttpRequest, slug: str) -> HttpResponse:
    """Claiming what something cost, or asking beforehand."""
    wave = next((one for one in queries.claimable(request.user) if one.slug == slug), None)
    if wave is None:
        raise Http404
    form = ClaimForm(request.POST, request.FILES) if request.method == "POST" else ClaimForm()
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.claim(by=request.user, wave=wave, **form.for_action())
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Thank you. A portfolio manager answers within a few days."))
            return redirect("accelerator:access_claim", made.pk)
    context = {"wave": wave, "form": form, "title": _("What taking part costs you"), "button": _("Send it")}
    return render(request, "accelerator/access_fund/claim.html", context, status=422 if form.errors else 200)


def _mine(request: HttpRequest, pk: UUID) -> AccessClaim:
    return get_object_or_404(queries.mine(request.user), pk=pk)


@require_safe
@require_conduct
def one(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One of my claims, and how it stands."""
    return render(request, "accelerator/access_fund/one.html", {"claim": _mine(request, pk)})


@takes_files(files.LARGEST_BYTES)
@require_http_methods(FORM)
@require_conduct
def spent(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What something that I asked for beforehand has cost."""
    made = _mine(request, pk)
    if request.method != "POST" and made.spent_on is not None:
        return redirect("accelerator:access_claim", made.pk)
    form = (
        SpentForm(request.POST, request.FILES) if request.method == "POST" else SpentForm(initial={"pence": made.pence})
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.spent(by=request.user, made=made, **form.cleaned_data)
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(
                request,
                _("Thank you. It is more than was agreed, so a manager looks at it again.")
                if made.state == AccessClaim.State.WAITING
                else _("Thank you. It is paid next."),
            )
            return redirect("accelerator:access_claim", made.pk)
    context = {"claim": made, "form": form, "title": _("What did it cost?"), "button": _("Send it")}
    return render(request, "accelerator/access_fund/spent.html", context, status=422 if form.errors else 200)


@require_POST
@require_conduct
def take_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Taking a claim of mine back."""
    actions.withdraw(by=request.user, made=_mine(request, pk))
    messages.success(request, _("The claim is taken back."))
    return redirect("accelerator:access_claims")


def _receipt(made: AccessClaim) -> HttpResponseBase:
    """A receipt, always as a download, never opened by the browser as what it is."""
    if not made.receipt:
        raise Http404
    return attachment(made.receipt, made.receipt_name)


@require_safe
@require_conduct
def receipt(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """My own receipt."""
    return _receipt(_mine(request, pk))


# --- For those who run the wave ---


@require_safe
@require_role("portfolio_manager")
def desk(request: HttpRequest, slug: str) -> HttpResponse:
    """The fund of a wave, by kind of cost, and every claim on it."""
    wave = wave_of(request, slug)
    found = queries.desk(wave)
    listed = Paginator(found.claims, CLAIMS_A_PAGE).get_page(request.GET.get("page"))
    context = {"wave": wave, "desk": found, "claims": listed.object_list, "pages": pagination(request, listed)}
    return render(request, "accelerator/access_fund/desk.html", context)


def _managed(request: HttpRequest, slug: str, pk: UUID) -> tuple[Wave, AccessClaim]:
    wave = wave_of(request, slug)
    return wave, get_object_or_404(wave.access_claims.select_related("claimant", "answered_by", "paid_by"), pk=pk)


@require_safe
@require_role("portfolio_manager")
def desk_claim(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """One claim: what it is for, and answering or paying it."""
    return _claim(request, *_managed(request, slug, pk))


def _claim(request: HttpRequest, wave: Wave, made: AccessClaim, status: int = 200, **forms: Any) -> HttpResponse:
    totals = queries.totals(wave)
    context = {
        "wave": wave,
        "claim": made,
        "left": wave.access_fund_pence - totals.promised,
        "over": made.state == AccessClaim.State.WAITING and totals.promised + made.pence > wave.access_fund_pence,
        "answer_form": forms.get("answer_form") or AnswerForm(),
        "pay_form": forms.get("pay_form") or PayForm(),
        "form": next((form for form in forms.values() if form.errors), None),
        "own": made.claimant_id == request.user.pk,
    }
    return render(request, "accelerator/access_fund/desk_claim.html", context, status=status)


@require_POST
@require_role("portfolio_manager")
def answer(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """Agreeing, or declining with a reason."""
    wave, made = _managed(request, slug, pk)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _claim(request, wave, made, 422, answer_form=form)
    try:
        if form.cleaned_data["answer"] == "agree":
            actions.agree(by=request.user, made=made, over=form.cleaned_data["over"])
        else:
            actions.decline(by=request.user, made=made, reason=form.cleaned_data["reason"])
    except Invalid as error:
        form.add_domain_error(error)
        return _claim(request, wave, made, 422, answer_form=form)
    messages.success(request, _("Answered. We have told them."))
    return redirect("accelerator:access_fund", wave.slug)


@require_POST
@require_role("portfolio_manager")
def pay(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """Recording that a claim has been paid."""
    wave, made = _managed(request, slug, pk)
    form = PayForm(request.POST)
    if not form.is_valid():
        return _claim(request, wave, made, 422, pay_form=form)
    actions.pay(by=request.user, made=made, reference=form.cleaned_data["reference"])
    messages.success(request, _("Recorded as paid. We have told them."))
    return redirect("accelerator:access_fund", wave.slug)


@require_http_methods(FORM)
@require_role("portfolio_manager")
def size(request: HttpRequest, slug: str) -> HttpResponse:
    """How much there is, and how people are paid."""
    wave = wave_of(request, slug)
    initial = {"pence": wave.access_fund_pence, "how": wave.access_paid_how}
    form = FundForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.set_fund(by=request.user, wave=wave, **form.cleaned_data)
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Saved."))
            return redirect("accelerator:access_fund", wave.slug)
    context = {
        "wave": wave,
        "form": form,
        "title": _("The access fund of %(wave)s") % {"wave": wave.name},
        "button": _("Save"),
    }
    return render(request, "accelerator/access_fund/size.html", context, status=422 if form.errors else 200)


@require_safe
@require_role("portfolio_manager")
def desk_receipt(request: HttpRequest, slug: str, pk: UUID) -> HttpResponseBase:
    """The receipt of a claim, for those who answer it."""
    return _receipt(_managed(request, slug, pk)[1])


@require_safe
@require_role("portfolio_manager")
def export(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The claims of a wave, for finance."""
    wave = wave_of(request, slug)
    audit.actions.record(by=request.user, verb="accelerator.access_fund.exported", obj=wave)
    return csv_response(f"access-fund-{wave.slug}", queries.COLUMNS, queries.export(wave))
