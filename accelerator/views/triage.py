"""The quick first look at what was sent in, for managers and for the reviewers whom the phase asks."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accelerator.actions import triage as actions
from accelerator.actions.judging import note_first_sight
from accelerator.forms.triage import DraftForm, SayForm
from accelerator.models import Question, Wave
from accelerator.queries import review as review_queries
from accelerator.queries import triage as queries
from accelerator.queries.kept import in_words
from accelerator.queries.phases import read_in, reads_in
from accelerator.rules.review import shows
from accelerator.views.panel import promise_first
from accelerator.views.quarantine import say_so
from accelerator.views.selection import looked_at, wave_of
from people.access import require_role
from ui.errors import DomainError, Invalid

FORM = ["GET", "HEAD", "POST"]


@require_safe
@require_role("portfolio_manager")
def triage(request: HttpRequest, slug: str) -> HttpResponse:
    """For those who run a wave: what waits for a first look, what everybody said, and the letters of what is out."""
    look = _managed(request, slug)
    wave = look.phase.wave
    context = {
        "look": look,
        "wave": wave,
        "draft_form": DraftForm(),
        **in_words(request.user, wave),
    }
    return render(request, "accelerator/review/triage.html", context)


@require_http_methods(FORM)
@require_role("portfolio_manager")
def triage_one(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """One application, quickly; then the next that waits."""
    return _answer(request, _managed(request, slug), pk)


@require_safe
@require_role("reviewer")
def first_look(request: HttpRequest, slug: str) -> HttpResponse:
    """For the reviewers whom the phase asks: what waits for them."""
    look = asked_look(request, slug)
    if not review_queries.has_promised(request.user, look.phase.wave):
        return promise_first(look.phase.wave, request.path)
    note_first_sight(by=request.user, wave=look.phase.wave)
    return render(request, "accelerator/review/triage.html", {"look": look, "wave": look.phase.wave})


@require_http_methods(FORM)
@require_role("reviewer")
def first_look_one(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """One application, quickly; then the next that waits."""
    look = asked_look(request, slug)
    if not review_queries.has_promised(request.user, look.phase.wave):
        return promise_first(look.phase.wave, request.path)
    note_first_sight(by=request.user, wave=look.phase.wave)
    return _answer(request, look, pk)


@require_http_methods(FORM)
@require_role("reviewer")
def names_a_patient(request: HttpRequest, slug: str, pk: UUID, key: str) -> HttpResponse:
    """Saying that an answer which a reviewer has before them in the first look names a patient."""
    look = asked_look(request, slug)
    found = next((row.application for row in look.rows if row.application.pk == pk), None)
    if found is None or not review_queries.has_promised(request.user, look.phase.wave):
        raise Http404
    shown = Question.objects.filter(read_in(look.phase), question_set=look.phase.wave.question_set_id)
    back = reverse("accelerator:first_look_one", args=[slug, pk])
    return say_so(request, found, shown.filter(key=key).first(), back)


def _managed(request: HttpRequest, slug: str) -> queries.Look:
    wave = looked_at(request, slug)
    phase = queries.phase_of(wave)
    if phase is None:
        raise DomainError(_("This wave has no first look. You can add one among the steps of its review."))
    phase.wave = wave
    return queries.look(request.user, phase, runs=True)


def asked_look(request: HttpRequest, slug: str) -> queries.Look:
    """The first look that this reviewer is asked for; 404 for everybody else."""
    wave = get_object_or_404(Wave, slug=slug)
    phase = queries.phase_of(wave)
    if phase is None or not reads_in(request.user, phase):
        raise Http404
    phase.wave = wave
    return queries.look(request.user, phase, runs=False)


def _answer(request: HttpRequest, look: queries.Look, pk: UUID) -> HttpResponse:
    wave, name = look.phase.wave, "accelerator:triage" if look.runs else "accelerator:first_look"
    row = next((one for one in look.rows if one.application.pk == pk), None)
    if row is None and request.method == "POST" and wave.applications.filter(pk=pk).exists():
        raise DomainError(_("This application is not in your first look any more."))
    if row is None:
        raise Http404
    initial = {"answer": row.mine.answer, "reason": row.mine.reason} if row.mine else {}
    form = SayForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.say(by=request.user, application=row.application, as_manager=look.runs, **form.cleaned_data)
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Noted for %(reference)s.") % {"reference": row.application.reference})
            after = next((one for one in look.waiting if one.application.pk != pk), None)
            return redirect(f"{name}_one", wave.slug, after.application.pk) if after else redirect(name, wave.slug)
    context = _one(request, look, row, form)
    return render(request, "accelerator/review/triage_one.html", context, status=422 if form.errors else 200)


def _one(request: HttpRequest, look: queries.Look, row: queries.Row, form: SayForm) -> dict[str, Any]:
    """What the page shows, as the phase allows it to this reader by now."""
    phase, own_done = look.phase, row.mine is not None
    named = shows(phase.names, own_done=own_done)
    sees_others = look.runs or shows(phase.other_reviews, own_done=own_done)
    with_names = look.runs or shows(phase.reviewer_names, own_done=own_done)
    return {
        "wave": phase.wave,
        "look": look,
        "row": row,
        "form": form,
        "blind": review_queries.blind(row.application, phase, named=named),
        "writers": review_queries.writers(row.application.pk) if named else None,
        "others": queries.others(request.user, row.application, with_names=with_names) if sees_others else [],
    }


@require_POST
@require_role("portfolio_manager")
def triage_letters(request: HttpRequest, slug: str) -> HttpResponse:
    """Drafting the letters of everything that is out."""
    wave = wave_of(request, slug)
    form = DraftForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("This page is out of date. Open it again and try once more."))
    made = actions.draft_letters(by=request.user, wave=wave, key=str(form.cleaned_data["key"]))
    count = len(made.before)
    messages.success(
        request,
        ngettext("%(count)d letter is drafted. Read it before it goes.", "%(count)d letters are drafted. Read them before they go.", count)
        % {"count": count},
    )  # fmt: skip
    return redirect("accelerator:letters", wave.slug)
