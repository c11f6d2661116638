"""Staff pages: the roadmaps that innovations begin with."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accelerator.actions import roadmap_templates as actions
from accelerator.forms.roadmap_templates import TemplateRowForm, applies_in_words
from accelerator.models import RoadmapTemplate, TemplateMilestone, Versioned
from accelerator.roadmaps import pictures
from accelerator.rules import roadmap_table
from accelerator.views.versions import STAFF, about
from people.access import require_role
from ui.errors import Invalid
from ui.sheets import csv_response

FORM = ["GET", "HEAD", "POST"]


@require_safe
@require_role(*STAFF)
def template(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One version of a roadmap, drawn as it would fall and milestone by milestone; a draft can be changed here."""
    found = get_object_or_404(RoadmapTemplate, pk=pk)
    rows = list(found.rows.order_by("order").prefetch_related("depends_on", "skills"))
    starts = _begins(found)
    context = {
        **about(found),
        "rows": [(row, applies_in_words(row)) for row in rows],
        "chart": pictures.template(found, rows, starts) if rows else None,
        "starts": starts,
    }
    return render(request, "accelerator/waves/template.html", context)


@require_safe
@require_role(*STAFF)
def table(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """A version as a table for a spreadsheet; a new roadmap can begin with it."""
    found = get_object_or_404(RoadmapTemplate, pk=pk)
    rows = found.rows.order_by("order").prefetch_related("depends_on", "skills")
    name = f"roadmap-{slugify(found.name) or 'table'}-{found.version}"
    return csv_response(name, roadmap_table.COLUMNS, map(roadmap_table.written, rows))


def _begins(found: RoadmapTemplate) -> dt.date:
    """The day from which the picture counts: when support starts in the latest wave that uses it, else today."""
    latest = found.waves.order_by("-support_starts", "id").first()
    return latest.support_starts if latest else timezone.localdate()


@require_http_methods(FORM)
@require_role(*STAFF)
def add_row(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One more milestone in a draft."""
    return _row(request, get_object_or_404(RoadmapTemplate, pk=pk, state=Versioned.State.DRAFT), None)


@require_http_methods(FORM)
@require_role(*STAFF)
def edit_row(request: HttpRequest, pk: UUID, row: int) -> HttpResponse:
    """Changing one milestone of a draft."""
    found = get_object_or_404(RoadmapTemplate, pk=pk, state=Versioned.State.DRAFT)
    return _row(request, found, get_object_or_404(found.rows, pk=row))


def _row(request: HttpRequest, found: RoadmapTemplate, row: Any) -> HttpResponse:
    form = TemplateRowForm(request.POST if request.method == "POST" else None, template=found, row=row)
    if request.method == "POST" and form.is_valid():
        try:
            if row is None:
                actions.add_row(by=request.user, template=found, **form.for_action())
            else:
                actions.save_row(by=request.user, row=row, **form.for_action())
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("The milestone is saved in the draft."))
            return redirect("accelerator:template", found.pk)
    title = _("Change “%(title)s”") % {"title": row.title} if row else _("Add a milestone")
    context = {"set": found, "form": form, "title": title, "button": _("Save the milestone")}
    return render(request, "accelerator/waves/template_row.html", context, status=422 if form.errors else 200)


def _one(pk: UUID, row: int) -> TemplateMilestone:
    return get_object_or_404(TemplateMilestone, template=pk, pk=row)


@require_POST
@require_role(*STAFF)
def move_row(request: HttpRequest, pk: UUID, row: int) -> HttpResponse:
    """One place up, or down."""
    actions.move_row(by=request.user, row=_one(pk, row), up="up" in request.POST)
    return redirect("accelerator:template", pk)


@require_POST
@require_role(*STAFF)
def remove_row(request: HttpRequest, pk: UUID, row: int) -> HttpResponse:
    """Taking a milestone out of a draft."""
    actions.remove_row(by=request.user, row=_one(pk, row))
    messages.success(request, _("The milestone is taken out of the draft."))
    return redirect("accelerator:template", pk)
