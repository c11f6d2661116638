"""Reviewers' pages: nothing here reads who wrote an application."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accelerator.actions import review
from accelerator.forms.review import ReviewForm
from accelerator.models import Assignment, Upload
from accelerator.queries import outcomes, triage
from accelerator.queries import review as queries
from accelerator.queries.samples import must_score_first, scored_by
from accelerator.rules import files
from accelerator.views.panel import promise_first
from people.access import require_role
from ui.downloads import attachment
from ui.errors import DomainError, Invalid


@require_safe
@require_role("reviewer")
def reviews(request: HttpRequest) -> HttpResponse:
    """My reviews: what waits, how much is done, how long one takes."""
    context = {
        "mine": queries.my_reviews(request.user, with_ideas=True),
        "first_looks": triage.first_looks_for(request.user),
        "over": outcomes.waves_of(request.user),
        "samples": scored_by(request.user),
        "given_back": queries.given_back(request.user),
    }
    return render(request, "accelerator/review/mine.html", context)


def _assignment(request: HttpRequest, pk: UUID) -> Assignment:
    found = queries.my_review(request.user, pk)
    if found is None and Assignment.objects.filter(pk=pk, reviewer=request.user).exists():
        raise DomainError(
            _("There is nothing to score any more: you gave it back, it was taken back, or it is decided. Thank you.")
        )
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@require_role("reviewer")
def score(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One application, blind, with the scores beside it. Saving a draft asks for nothing; handing in asks for all."""
    assignment = _assignment(request, pk)
    wave, rubric = assignment.phase.wave, assignment.phase.rubric
    if rubric is None:
        raise Http404
    if not queries.has_promised(request.user, wave):
        return promise_first(wave, request.path)
    if must_score_first(request.user, assignment.phase):
        return redirect("accelerator:sample", assignment.phase.sample.pk)
    criteria = list(rubric.criteria.all())
    if request.method != "POST":
        if assignment.state != Assignment.State.DONE:
            review.opened(by=request.user, assignment=assignment)
        return _score(request, assignment, ReviewForm(criteria=criteria, assignment=assignment))
    form = ReviewForm(request.POST, criteria=criteria, assignment=assignment)
    if not form.is_valid():
        return _score(request, assignment, form, status=422)
    try:
        review.save_review(by=request.user, assignment=assignment, scores=form.scores, **form.words)
        if "draft" in request.POST:
            messages.success(request, _("Your draft is saved."))
            return redirect("accelerator:reviews")
        review.submit_review(by=request.user, assignment=assignment)
    except Invalid as error:
        form.add_domain_error(error)
        return _score(request, assignment, form, status=422)
    messages.success(request, _("Thank you. Your review is in."))
    return redirect("accelerator:reviews")


@require_POST
@require_role("reviewer")
def keep(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Saves what stands on the page while somebody scores, however unfinished, and says so in one line."""
    try:
        assignment = _assignment(request, pk)
        review.check_promised(by=request.user, wave=assignment.phase.wave)
        rubric = assignment.phase.rubric
        if rubric is None:
            raise Http404
        form = ReviewForm(request.POST, criteria=rubric.criteria.all(), assignment=assignment)
        if not form.is_valid():
            return _line(_("Not saved yet. Press “Save a draft” to see why."), 422)
        review.save_review(by=request.user, assignment=assignment, scores=form.scores, **form.words)
    except DomainError as error:
        return _line(str(error), error.status)
    return _line(_("Saved at %(time)s") % {"time": f"{timezone.localtime():%H:%M}"}, 200)


def _line(text: str, status: int) -> HttpResponse:
    """One line for the page's status, which it shows as it is."""
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")


def _score(request: HttpRequest, assignment: Assignment, form: ReviewForm, status: int = 200) -> HttpResponse:
    context = {
        "assignment": assignment,
        "phase": assignment.phase,
        "blind": queries.blind_application(assignment),
        "form": form,
        "writers": queries.writers_for(assignment),
        "others": queries.other_reviews(assignment),
        "total": queries.totals_of([assignment.pk])[assignment.pk],
        "mine": queries.given_in(assignment) if assignment.state == Assignment.State.DONE else [],
        "open": assignment.phase.starts <= timezone.now() < assignment.phase.ends,
    }
    return render(request, "accelerator/review/score.html", context, status=status)


@require_POST
@require_role("reviewer")
def take(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Accepting a review, in one click; before the first of a wave comes the promise, which leads on to what is read."""
    mine = _any_of_mine(request, pk)
    if not queries.has_promised(request.user, mine.phase.wave):
        offered = mine.state == Assignment.State.OFFERED  # what was given back is taken again by a click of its own
        then = reverse("accelerator:score", args=[pk]) if offered else reverse("accelerator:reviews")
        return promise_first(mine.phase.wave, then)
    review.accept_assignment(by=request.user, assignment=mine)
    return redirect("accelerator:score", pk)


@require_POST
@require_role("reviewer")
def hand_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Giving a review back, in one click."""
    review.hand_back(by=request.user, assignment=_any_of_mine(request, pk))
    messages.success(request, _("Thank you for telling us. Somebody else will read it."))
    return redirect("accelerator:reviews")


@require_POST
@require_role("reviewer")
def recuse(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Stepping back because one knows whose it is."""
    review.recuse(by=request.user, assignment=_any_of_mine(request, pk))
    messages.success(request, _("Thank you for being careful. You will not be offered this application again."))
    return redirect("accelerator:reviews")


def _any_of_mine(request: HttpRequest, pk: UUID) -> Assignment:
    return get_object_or_404(Assignment.objects.select_related("phase__wave"), pk=pk, reviewer=request.user)


@require_safe
@require_role("reviewer")
def blind_file(request: HttpRequest, pk: UUID, upload: UUID) -> HttpResponseBase:
    """The copy of a cleared file, under the application's reference instead of its own name."""
    assignment = _assignment(request, pk)
    review.check_promised(by=request.user, wave=assignment.phase.wave)
    review.check_calibrated(by=request.user, phase=assignment.phase)
    blind = queries.blind_application(assignment)
    label = next((file.label for file in blind.files if file.id == upload), None)
    if label is None:
        raise Http404
    kept = get_object_or_404(Upload, pk=upload)
    return attachment(kept.copy, f"{label}.{files.ALLOWED[kept.copy_kind]}")
