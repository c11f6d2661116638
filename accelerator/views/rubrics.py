"""Staff pages: what reviewers score on."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accelerator.actions import rubrics as actions
from accelerator.forms.review import ReviewForm
from accelerator.forms.rubrics import CriterionForm
from accelerator.models import Criterion, Rubric, Versioned
from accelerator.views.versions import STAFF, about
from people.access import require_role
from ui.errors import Invalid

FORM = ["GET", "HEAD", "POST"]


@require_safe
@require_role(*STAFF)
def rubric(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One version of what reviewers score on; a draft can be changed here."""
    found = get_object_or_404(Rubric, pk=pk)
    criteria = list(found.criteria.order_by("position"))
    context = {
        **about(found),
        "rows": [(one, list(enumerate(one.anchors))) for one in criteria],
        "total": sum(one.weight for one in criteria),
    }
    return render(request, "accelerator/waves/rubric.html", context)


@require_safe
@require_role(*STAFF)
def preview_rubric(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The scores as a reviewer has them before them."""
    found = get_object_or_404(Rubric, pk=pk)
    form = ReviewForm(criteria=found.criteria.order_by("position"))
    return render(request, "accelerator/waves/rubric_preview.html", {"set": found, "form": form})


@require_http_methods(FORM)
@require_role(*STAFF)
def add_criterion(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One more criterion in a draft."""
    return _criterion(request, get_object_or_404(Rubric, pk=pk, state=Versioned.State.DRAFT), None)


@require_http_methods(FORM)
@require_role(*STAFF)
def edit_criterion(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    """Changing one criterion of a draft."""
    found = get_object_or_404(Rubric, pk=pk, state=Versioned.State.DRAFT)
    return _criterion(request, found, get_object_or_404(found.criteria, key=key))


def _criterion(request: HttpRequest, found: Rubric, criterion: Criterion | None) -> HttpResponse:
    form = CriterionForm(request.POST if request.method == "POST" else None, criterion=criterion)
    if request.method == "POST" and form.is_valid():
        try:
            if criterion is None:
                actions.add_criterion(by=request.user, rubric=found, **form.for_action())
            else:
                actions.save_criterion(by=request.user, criterion=criterion, **form.for_action())
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("The criterion is saved in the draft."))
            return redirect("accelerator:rubric", found.pk)
    title = _("Change “%(name)s”") % {"name": criterion.name} if criterion else _("Add a criterion")
    context = {"set": found, "form": form, "title": title, "button": _("Save the criterion")}
    return render(request, "accelerator/waves/criterion.html", context, status=422 if form.errors else 200)


@require_POST
@require_role(*STAFF)
def move_criterion(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    """One place up, or down."""
    found = get_object_or_404(Rubric, pk=pk)
    criterion = get_object_or_404(found.criteria, key=key)
    actions.move_criterion(by=request.user, criterion=criterion, up="up" in request.POST)
    return redirect("accelerator:rubric", found.pk)


@require_POST
@require_role(*STAFF)
def remove_criterion(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    """Taking a criterion out of a draft."""
    found = get_object_or_404(Rubric, pk=pk)
    actions.remove_criterion(by=request.user, criterion=get_object_or_404(found.criteria, key=key))
    messages.success(request, _("The criterion is taken out of the draft."))
    return redirect("accelerator:rubric", found.pk)
