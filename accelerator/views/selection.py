"""Managers' pages of selection: the table, one application, its letter, all letters."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accelerator.actions import allocation, copies, decisions, judging, review
from accelerator.actions import apply as apply_actions
from accelerator.forms.panel import NoteForm, RedactForm
from accelerator.forms.review import AssignForm, DecideForm, MoreTimeForm
from accelerator.models import Application, Upload, Wave
from accelerator.queries import apply as apply_queries
from accelerator.queries import review as queries
from accelerator.queries.keeping import history
from accelerator.queries.kept import kept_from
from accelerator.rules import access, files
from accelerator.rules.waves import Phase
from accelerator.views.quarantine import flag_link
from people.access import require_role
from ui.downloads import attachment
from ui.errors import DomainError, Invalid
from ui.formats import moment
from ui.views import answer


def wave_of(request: HttpRequest, slug: str) -> Wave:
    """The wave of this address, for those who run it; 404 for everybody else."""
    wave = get_object_or_404(Wave.objects.select_related("programme"), slug=slug)
    if not access.runs(request.user, wave):
        raise Http404
    return wave


def looked_at(request: HttpRequest, slug: str) -> Wave:
    """The same for a page that shows its applications: what they declare from now on moves nothing before their eyes."""
    wave = wave_of(request, slug)
    judging.note_first_sight(by=request.user, wave=wave)
    return wave


def managed(request: HttpRequest, pk: UUID) -> Application:
    """An application for those who run its wave and may judge it; 404 for everybody else, 403 for who is too close."""
    rows = Application.objects.select_related("wave__programme", "lead__profile__organisation", "decision")
    found = get_object_or_404(rows.exclude(state=Application.State.DRAFT), pk=pk)
    if not access.runs(request.user, found.wave):
        raise Http404
    judging.check_may_judge(request.user, found)
    if found.wave is not None:
        judging.note_first_sight(by=request.user, wave=found.wave)
    return found


@require_safe
@require_role("portfolio_manager")
def selection(request: HttpRequest) -> HttpResponse:
    """The waves that I run, and what waits in each."""
    waves = queries.managed_waves(request.user)
    return render(request, "accelerator/review/selection.html", {"waves": waves})


@require_http_methods(["GET", "HEAD", "POST"])
@require_role("portfolio_manager")
def more_time(request: HttpRequest, slug: str) -> HttpResponse:
    """More time for one applicant whose application is still a draft, for a reason that they read."""
    wave = wave_of(request, slug)
    drafts = queries.drafts(wave, request.user)
    asked = {"application": request.GET.get("application", "")}
    form = MoreTimeForm(request.POST if request.method == "POST" else None, drafts=drafts, initial=asked)
    if request.method == "POST" and form.is_valid():
        try:
            given = apply_actions.extend(by=request.user, **form.for_action())
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(
                request,
                _("%(name)s has until %(until)s. We have told them.")
                % {"name": given.lead, "until": moment(given.closes, zone=True)},
            )
            return redirect("accelerator:more_time", wave.slug)
    context = {"wave": wave, "form": form, "drafts": drafts, "given": [one for one in drafts if one.extended_until]}
    return render(request, "accelerator/review/more_time.html", context, status=422 if form.errors else 200)


@require_safe
@require_role("portfolio_manager")
def candidate(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One application as its managers see it: answers, reviews, who could read it, the decision."""
    return _candidate(request, managed(request, pk))


def _candidate(request: HttpRequest, found: Application, status: int = 200, **forms: Any) -> HttpResponse:
    candidates = queries.candidates(found, kept_from(request.user, found.wave)) if found.wave else []
    decision = getattr(found, "decision", None)
    progress = apply_queries.progress(found)
    reviews = queries.reviews_of(found)
    flagged = set(found.patient_flags.filter(state="open").values_list("question_id", flat=True))
    context = {
        "application": found,
        "sections": [
            (
                section,
                [
                    answer(one.question.short, "\n".join(one.lines))
                    | flag_link(one, "accelerator:flag_by_manager", found.pk, flagged)
                    for one in tasks
                ],
            )
            for section, tasks in progress.sections
        ],
        "history": history(found, request.user),
        "team": apply_queries.team_of(found),
        "uploads": list(found.uploads.filter(removed_at=None).select_related("question").order_by("id")),
        "reviews": reviews,
        "blocked": [one for one in candidates if one.blocked],
        "assign_form": forms.get("assign_form") or AssignForm(candidates=candidates),
        "notes": list(found.panel_notes.select_related("author").order_by("at", "id")),
        "note_form": forms.get("note_form") or NoteForm(),
        "redactable": {
            one.question.key: one
            for one in found.answers.select_related("question")
            if one.question.is_free_text and one.question.reviewers_see
        },
        "decide_form": forms.get("decide_form")
        or DecideForm(initial={"outcome": decision.outcome if decision else None}),
        "decision": decision,
        "too_early": _too_early(found, reviews) if decision is None and "decide_form" not in forms else "",
        "phase": queries.score_phase(found.wave) if found.wave else None,
        "form": next((form for form in forms.values() if form.errors), None),
    }
    return render(request, "accelerator/review/candidate.html", context, status=status)


def _too_early(found: Application, reviews: list[queries.ReviewForManager]) -> str:
    """Why it is early to decide, in words; "" where it is not. A manager may decide all the same."""
    if not any(one.assignment.state == "done" for one in reviews):
        return _("There is no review yet.")
    if found.wave and found.wave.phase() == Phase.CALL:
        return _("The call is still open.")
    return ""


@require_POST
@require_role("portfolio_manager")
def assign(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Giving an application to a reviewer."""
    found = managed(request, pk)
    phase = queries.score_phase(found.wave) if found.wave else None
    candidates = queries.candidates(found, kept_from(request.user, found.wave)) if found.wave else []
    form = AssignForm(request.POST, candidates=candidates)
    if phase is None:
        raise DomainError(_("This wave has no scoring phase."))
    if not form.is_valid():
        return _candidate(request, found, status=422, assign_form=form)
    chosen = form.free[form.cleaned_data["reviewer"]]
    review.assign(by=request.user, phase=phase, application=found, reviewer=chosen.user)
    messages.success(request, _("%(name)s has been asked.") % {"name": chosen.user})
    return redirect("accelerator:candidate", found.pk)


@require_POST
@require_role("portfolio_manager")
def note(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A note on an application for the other managers."""
    found = managed(request, pk)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _candidate(request, found, status=422, note_form=form)
    allocation.add_note(
        by=request.user, application=found, text=form.cleaned_data["text"], key=str(form.cleaned_data["key"])
    )
    return redirect("accelerator:candidate", found.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role("portfolio_manager")
def redact(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    """What reviewers read in place of one answer. The applicant's own words stay as they are."""
    found = managed(request, pk)
    answer = get_object_or_404(
        found.answers.select_related("question"), question__key=key, question__reviewers_see=True
    )
    if not answer.question.is_free_text:
        raise Http404
    blind = answer.value if answer.redacted is None else answer.redacted
    form = RedactForm(request.POST if request.method == "POST" else None, initial={"text": blind})
    if request.method == "POST" and ("show" in request.POST or form.is_valid()):
        text = None if "show" in request.POST else form.cleaned_data["text"]
        review.redact(by=request.user, application=found, key=key, text=text)
        messages.success(
            request,
            _("Reviewers read it as you left it.") if text is not None else _("Reviewers read all of it again."),
        )
        return redirect("accelerator:candidate", found.pk)
    context = {"application": found, "answer": answer, "form": form}
    return render(request, "accelerator/review/redact.html", context, status=422 if form.errors else 200)


@require_POST
@require_role("portfolio_manager")
def decide(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Accepting, reserving or declining; the letter is drafted at once."""
    found = managed(request, pk)
    form = DecideForm(request.POST)
    if not form.is_valid():
        return _candidate(request, found, status=422, decide_form=form)
    decisions.decide(by=request.user, application=found, outcome=form.cleaned_data["outcome"])
    return redirect("accelerator:letter", found.pk)


@require_POST
@require_role("portfolio_manager")
def undo(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Taking a decision back before its letter goes."""
    found = managed(request, pk)
    decisions.undo(by=request.user, application=found)
    messages.success(request, _("The decision is taken back. No letter has gone."))
    return redirect("accelerator:candidate", found.pk)


@require_POST
@require_role("portfolio_manager")
def clear_upload(request: HttpRequest, pk: UUID, upload: UUID) -> HttpResponse:
    """Showing a file to reviewers, once a manager has seen that it names nobody; or hiding it again."""
    found = managed(request, pk)
    act = review.hide_upload if "hide" in request.POST else review.clear_upload
    act(by=request.user, upload=get_object_or_404(found.uploads, pk=upload, removed_at=None))
    return redirect("accelerator:candidate", found.pk)


UPLOAD_MOVES = {
    "try-again": (copies.try_again, gettext_lazy("We are trying again. Reload the page in a minute.")),
    "ask": (copies.ask_for_another, gettext_lazy("They are asked for another file.")),
}


@require_POST
@require_role("portfolio_manager")
def move_upload(request: HttpRequest, pk: UUID, upload: UUID, move: str) -> HttpResponse:
    """Trying a refused file again, or asking those who applied for another."""
    found = managed(request, pk)
    if move not in UPLOAD_MOVES:
        raise Http404
    act, done = UPLOAD_MOVES[move]
    act(by=request.user, upload=get_object_or_404(found.uploads, pk=upload, removed_at=None))
    messages.success(request, done)
    return redirect("accelerator:candidate", found.pk)


@require_safe
@require_role("portfolio_manager")
def reviewers_copy(request: HttpRequest, pk: UUID, upload: UUID) -> HttpResponseBase:
    """What reviewers get of a file, byte for byte, for the manager who decides whether they may have it."""
    found = managed(request, pk)
    kept = get_object_or_404(found.uploads, pk=upload, removed_at=None, safety=Upload.Safety.CLEAN)
    return attachment(kept.copy, f"{found.reference}-copy.{files.ALLOWED[kept.copy_kind]}")


@require_safe
@require_role("portfolio_manager")
def managed_file(request: HttpRequest, pk: UUID, upload: UUID) -> HttpResponseBase:
    """A file of an application, for its managers."""
    kept = get_object_or_404(managed(request, pk).uploads, pk=upload, removed_at=None)
    return attachment(kept.file, kept.name)
