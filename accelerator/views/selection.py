"""Managers' pages of selection: the table, one application, its letter, all letters."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

import audit.actions
from accelerator.actions import allocation, decisions, review
from accelerator.actions import apply as apply_actions
from accelerator.forms.panel import MoveForm, NoteForm, RedactForm
from accelerator.forms.review import AssignForm, DecideForm, LetterForm, MoreTimeForm, SendLettersForm
from accelerator.models import Application, Decision, Wave
from accelerator.queries import apply as apply_queries
from accelerator.queries import review as queries
from accelerator.queries.allocation import alpha
from accelerator.rules import access
from accelerator.rules.waves import Phase
from people.access import require_role
from ui.errors import DomainError, Invalid
from ui.formats import moment
from ui.sheets import csv_response
from ui.views import answer, pagination

ROWS_A_PAGE = 50


def wave_of(request: HttpRequest, slug: str) -> Wave:
    """The wave of this address, for those who run it; 404 for everybody else."""
    wave = get_object_or_404(Wave.objects.select_related("programme"), slug=slug)
    if not access.runs(request.user, wave):
        raise Http404
    return wave


def _managed(request: HttpRequest, pk: UUID) -> Application:
    rows = Application.objects.select_related("wave__programme", "lead__profile__organisation", "decision")
    found = get_object_or_404(rows.exclude(state=Application.State.DRAFT), pk=pk)
    if not access.runs(request.user, found.wave):
        raise Http404
    return found


@require_safe
@require_role("portfolio_manager")
def selection(request: HttpRequest) -> HttpResponse:
    """The waves that I run, and what waits in each."""
    waves = queries.managed_waves(request.user)
    return render(request, "accelerator/review/selection.html", {"waves": waves})


@require_safe
@require_role("portfolio_manager")
def moderation(request: HttpRequest, slug: str) -> HttpResponse:
    """The moderation table: every application of the wave with the spread of its scores, to be moved in bulk."""
    return _moderation(request, wave_of(request, slug), MoveForm())


def _moderation(request: HttpRequest, wave: Wave, form: MoveForm, error: str = "", status: int = 200) -> HttpResponse:
    sort = request.GET.get("sort", "score")
    sort = sort if sort in queries.SORTS else "score"
    rows = queries.moderation(wave, sort)
    phase = queries.score_phase(wave)
    ticked = set(request.POST.getlist("applications"))
    listed = Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "wave": wave,
        "rows": listed.object_list,
        "total": len(rows),
        "before": listed.start_index() - 1 if rows else 0,
        "pages": pagination(request, listed),
        "sort": sort,
        "sorts": [
            ("score", _("score")),
            ("adjusted", _("adjusted score")),
            ("disagreement", _("disagreement")),
            ("reference", _("number")),
        ],
        "ready": sum(1 for row in rows if row.decision and not row.decision.sent_at),
        "can_move": any(not (row.decision and row.decision.sent_at) for row in listed.object_list),
        "phase": phase,
        "alpha": alpha(phase) if phase else None,
        "move": queries.last_move(wave),
        "form": form,
        "error": error,
        "error_list": [{"text": error, "href": f"#move-{listed.object_list[0].application.pk}"}]
        if error and rows
        else [],
        "ticked": ticked,
    }
    return render(request, "accelerator/review/moderation.html", context, status=status)


@require_POST
@require_role("portfolio_manager")
def move(request: HttpRequest, slug: str) -> HttpResponse:
    """One decision for all applications that are ticked."""
    wave = wave_of(request, slug)
    form = MoveForm(request.POST)
    if not form.is_valid():
        return _moderation(request, wave, form, status=422)
    try:
        ids = [UUID(one) for one in request.POST.getlist("applications")]
        made = decisions.decide_many(
            by=request.user,
            wave=wave,
            application_ids=ids,
            outcome=form.cleaned_data["outcome"],
            key=str(form.cleaned_data["key"]),
        )
    except ValueError:
        return _moderation(request, wave, form, _("Choose at least one application."), 422)
    except DomainError as refused:
        return _moderation(request, wave, form, str(refused), refused.status)
    count = len(made.before)
    messages.success(
        request,
        ngettext("%(count)d application is moved to “%(outcome)s”.", "%(count)d applications are moved to “%(outcome)s”.", count)
        % {"count": count, "outcome": made.get_outcome_display()},
    )  # fmt: skip
    return redirect("accelerator:moderation", wave.slug)


@require_POST
@require_role("portfolio_manager")
def undo_move(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """Taking the last bulk move back."""
    wave = wave_of(request, slug)
    decisions.undo_move(by=request.user, move=get_object_or_404(wave.bulk_moves, pk=pk))
    messages.success(request, _("The move is taken back. No letter has gone."))
    return redirect("accelerator:moderation", wave.slug)


@require_safe
@require_role("portfolio_manager")
def export(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    """The table and the answers as reviewers see them, for a spreadsheet. Without names: it may be passed round a panel."""
    wave = wave_of(request, slug)
    audit.actions.record(by=request.user, verb="accelerator.selection.exported", obj=wave)
    return csv_response(f"applications-{wave.slug}", *queries.export(wave))


@require_http_methods(["GET", "HEAD", "POST"])
@require_role("portfolio_manager")
def more_time(request: HttpRequest, slug: str) -> HttpResponse:
    """More time for one applicant whose application is still a draft, for a reason that they read."""
    wave = wave_of(request, slug)
    drafts = queries.drafts(wave)
    form = MoreTimeForm(request.POST if request.method == "POST" else None, drafts=drafts)
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
    return _candidate(request, _managed(request, pk))


def _candidate(request: HttpRequest, found: Application, status: int = 200, **forms: Any) -> HttpResponse:
    candidates = queries.candidates(found)
    decision = getattr(found, "decision", None)
    progress = apply_queries.progress(found)
    reviews = queries.reviews_of(found)
    context = {
        "application": found,
        "sections": [
            (section, [answer(one.question.short, "\n".join(one.lines)) for one in tasks])
            for section, tasks in progress.sections
        ],
        "uploads": list(found.uploads.filter(removed_at=None).order_by("id")),
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
    found = _managed(request, pk)
    phase = queries.score_phase(found.wave) if found.wave else None
    candidates = queries.candidates(found)
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
    found = _managed(request, pk)
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
    found = _managed(request, pk)
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
    found = _managed(request, pk)
    form = DecideForm(request.POST)
    if not form.is_valid():
        return _candidate(request, found, status=422, decide_form=form)
    decisions.decide(by=request.user, application=found, outcome=form.cleaned_data["outcome"])
    return redirect("accelerator:letter", found.pk)


@require_POST
@require_role("portfolio_manager")
def undo(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Taking a decision back before its letter goes."""
    found = _managed(request, pk)
    decisions.undo(by=request.user, application=found)
    messages.success(request, _("The decision is taken back. No letter has gone."))
    return redirect("accelerator:candidate", found.pk)


@require_POST
@require_role("portfolio_manager")
def clear_upload(request: HttpRequest, pk: UUID, upload: UUID) -> HttpResponse:
    """Showing a file to reviewers, once a manager has seen that it names nobody."""
    found = _managed(request, pk)
    review.clear_upload(by=request.user, upload=get_object_or_404(found.uploads, pk=upload, removed_at=None))
    return redirect("accelerator:candidate", found.pk)


@require_safe
@require_role("portfolio_manager")
def managed_file(request: HttpRequest, pk: UUID, upload: UUID) -> FileResponse:
    """A file of an application, for its managers."""
    kept = get_object_or_404(_managed(request, pk).uploads, pk=upload, removed_at=None)
    return FileResponse(
        kept.file.open("rb"), as_attachment=True, filename=kept.name, content_type="application/octet-stream"
    )


@require_http_methods(["GET", "HEAD", "POST"])
@require_role("portfolio_manager")
def letter(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Editing and signing one letter, as the applicant will read it."""
    found = _managed(request, pk)
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
