"""The panel: a reviewer's seat and conflicts, and for managers who has what, giving out, reminding."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accelerator.actions import allocation as actions
from accelerator.actions import review
from accelerator.forms.panel import DeclareForm, FingerprintForm, NudgeForm, SeatForm
from accelerator.models import Assignment, DeclaredConflict, PanelSeat, ReviewPhase, Wave
from accelerator.queries import allocation as queries
from accelerator.queries import review as review_queries
from accelerator.queries import triage
from accelerator.queries.agreement import of_phase
from accelerator.queries.conflicts import found_since
from accelerator.queries.kept import in_words, kept_from, said_since
from accelerator.queries.phases import reviewers_of
from accelerator.rules import access
from accelerator.views.selection import looked_at
from people.access import require_role, safe_path
from people.rules import has_role
from ui.errors import DomainError, Invalid, Missing


@require_http_methods(["GET", "HEAD", "POST"])
@require_role("reviewer")
def seat(request: HttpRequest, slug: str) -> HttpResponse:
    """My seat on a wave's panel: the promise, how much I take on, what I know about, whom I cannot judge. `next` is what
    they were about to read when they were asked to promise."""
    wave = get_object_or_404(Wave, slug=slug)
    if not has_role(request.user, "reviewer", wave.pk):
        raise Missing(_("There is no such panel."))
    mine = PanelSeat.objects.filter(wave=wave, reviewer=request.user).first()
    first = mine is None or mine.promised_at is None
    initial = {"room": mine.room if mine else PanelSeat.ROOM, "knows": mine.knows if mine else []}
    form = SeatForm(request.POST if request.method == "POST" else None, initial=initial)
    if not first:
        del form.fields["promises"]
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            actions.take_seat(
                by=request.user,
                wave=wave,
                room=given["room"],
                knows=given["knows"],
                promises=given.get("promises", False),
            )
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Saved. Thank you for reading.") if first else _("Saved."))
            return redirect(safe_path(request.GET.get("next", "")) or reverse("accelerator:reviews"))
    context = {"wave": wave, "form": form, "first": first, "declared": _declared(request)}
    return render(request, "accelerator/review/seat.html", context, status=422 if form.errors else 200)


def promise_first(wave: Wave, then: str) -> HttpResponse:
    """To the promise, and from there on to the address `then`."""
    return redirect(f"{reverse('accelerator:panel_seat', args=[wave.slug])}?{urlencode({'next': then})}")


def _declared(request: HttpRequest) -> Any:
    rows = DeclaredConflict.objects.filter(reviewer=request.user, taken_back_at=None).select_related(
        "person", "organisation"
    )
    return rows.order_by("declared_at", "id")


@require_http_methods(["GET", "HEAD", "POST"])
@require_role("reviewer", "portfolio_manager")
def declare(request: HttpRequest) -> HttpResponse:
    """Whom, and which organisations, I cannot judge."""
    form = DeclareForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["email"]:
            review.declare_conflict(by=request.user, email=form.cleaned_data["email"])
        if form.cleaned_data["organisation"]:
            review.declare_conflict(by=request.user, organisation=form.cleaned_data["organisation"])
        messages.success(
            request,
            _(
                "We have noted it. No idea of theirs comes to you from now on. What you have before you already stays, "
                "until another manager has looked: we do not tell you which is theirs."
            ),
        )
        return redirect("accelerator:declare_conflict")
    context = {
        "form": form,
        "declared": _declared(request),
        "reviews": has_role(request.user, "reviewer"),
        "runs": has_role(request.user, "portfolio_manager"),
    }
    return render(request, "accelerator/review/declare.html", context, status=422 if form.errors else 200)


@require_POST
@require_role("reviewer", "portfolio_manager")
def take_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Taking one of my declarations back."""
    actions.take_back_declared(by=request.user, declared_id=pk)
    messages.success(request, _("Taken back."))
    return redirect("accelerator:declare_conflict")


def _phase(wave: Wave) -> ReviewPhase:
    phase = review_queries.score_phase(wave)
    if phase is None:
        raise DomainError(_("This wave has no scoring phase."))
    phase.wave = wave
    return phase


@require_http_methods(["GET", "HEAD", "POST"])
@require_role("portfolio_manager")
def panel(request: HttpRequest, slug: str) -> HttpResponse:
    """How far each reviewer has come, how well they agree, and reminding those with something open."""
    wave = looked_at(request, slug)
    phase = _phase(wave)
    kept = kept_from(request.user, wave)
    agreement = of_phase(phase, without=kept)
    rows = queries.panel(phase, agreement, without=kept)
    given = {row.reviewer.pk for row in rows}
    everybody = reviewers_of(wave)
    promised = set(wave.panel.exclude(promised_at=None).values_list("reviewer_id", flat=True))
    open_rows = [row for row in rows if row.open]
    form = NudgeForm(request.POST if request.method == "POST" else None, reviewers=[row.reviewer for row in open_rows])
    if request.method == "POST" and form.is_valid():
        count = actions.nudge(by=request.user, phase=phase, reviewer_ids=form.cleaned_data["reviewers"])
        messages.success(
            request,
            ngettext("%(count)d reviewer is reminded.", "%(count)d reviewers are reminded.", count) % {"count": count},
        )
        return redirect("accelerator:panel", wave.slug)
    context = {
        "wave": wave,
        "phase": phase,
        "rows": rows,
        "can_nudge": bool(open_rows),
        "hard": wave.panel.exclude(was_hard="").select_related("reviewer").order_by("reviewer__name", "id"),
        "form": form,
        "alpha": agreement.alpha,
        "too_close": found_since(phase, viewer=request.user, without=kept),
        **in_words(request.user, wave),
        "late": len(said_since(wave, request.user)),
        "promised": promised,
        "waiting": [one for one in everybody if one.pk not in given],
        "has_lived": queries.has_lived(everybody),
        "also_run": queries.also_run(wave, everybody) if phase.names != ReviewPhase.Visible.ALWAYS else [],
        "done": sum(row.done for row in rows),
        "given": sum(row.done + row.open for row in rows),
    }
    return render(request, "accelerator/review/panel.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role("portfolio_manager")
def give_out(request: HttpRequest, slug: str) -> HttpResponse:
    """The plan for giving out what is still needed, and giving it out as it was looked at."""
    wave = looked_at(request, slug)
    phase = _phase(wave)
    kept = kept_from(request.user, wave)
    error, status = "", 200
    if request.method == "POST":
        form = FingerprintForm(request.POST)
        try:
            if not form.is_valid():
                raise Invalid(_("The page is out of date. Look at the plan again."))
            made = actions.give_out(by=request.user, phase=phase, fingerprint=form.cleaned_data["fingerprint"])
        except DomainError as refused:
            error, status = str(refused), refused.status
        else:
            messages.success(
                request,
                ngettext("%(count)d review is given out.", "%(count)d reviews are given out.", len(made))
                % {"count": len(made)},
            )
            return redirect("accelerator:panel", wave.slug)
    proposal = queries.propose(phase, without=kept)
    context = {
        "wave": wave,
        "phase": phase,
        "proposal": proposal,
        "unlooked": triage.unlooked(wave, proposal.plan.pairs),
        "first_look": reverse("accelerator:triage", args=[wave.slug]),
        "uncleared": queries.uncleared(proposal),
        "error": error,
        "applications": len(proposal.applications),
        **in_words(request.user, wave),
        "error_list": [{"text": error, **({"href": "#give-out"} if proposal.plan.pairs else {})}],
    }
    return render(request, "accelerator/review/give_out.html", context, status=status)


@require_POST
@require_role("portfolio_manager")
def set_aside(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Taking out a review by somebody who should not judge the application."""
    found = get_object_or_404(Assignment.objects.select_related("phase__wave"), pk=pk)
    if not access.runs(request.user, found.phase.wave):
        raise Http404
    review.set_aside(by=request.user, assignment=found)
    messages.success(request, _("Taken out. It counts for nothing, and somebody else can be asked."))
    return redirect("accelerator:panel", found.phase.wave.slug)
