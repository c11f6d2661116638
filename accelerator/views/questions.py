"""Staff pages: what an application asks."""

from itertools import groupby
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accelerator.actions import questions
from accelerator.forms.questions import PreviewForm, QuestionForm
from accelerator.models import Question, QuestionSet, Versioned
from accelerator.queries.apply import in_order
from accelerator.views.versions import STAFF, about
from people.access import require_role
from ui.errors import Invalid

FORM = ["GET", "HEAD", "POST"]


@require_safe
@require_role(*STAFF)
def question_set(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One version of what an application asks, as applicants read it; a draft can be changed here."""
    found = get_object_or_404(QuestionSet, pk=pk)
    asked = in_order(found)
    labels = {(one.key, value): f"{one.short}: {label}" for one in asked for value, label in one.choices}
    rows = [(one, labels.get((one.required_if_key, one.required_if_value), "")) for one in asked]
    sections = [(section, list(of)) for section, of in groupby(rows, key=lambda row: row[0].section)]
    return render(request, "accelerator/waves/questions.html", {**about(found), "sections": sections})


@require_safe
@require_role(*STAFF)
def preview_questions(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The questions as an applicant has them before them, all on one page."""
    found = get_object_or_404(QuestionSet, pk=pk)
    asked = in_order(found)
    shown = [(one, PreviewForm(question=one, needed=one.required, prefix=one.key)) for one in asked]
    sections = [(section, list(of)) for section, of in groupby(shown, key=lambda row: row[0].section)]
    context = {"set": found, "sections": sections, "total": len(asked)}
    return render(request, "accelerator/waves/questions_preview.html", context)


@require_http_methods(FORM)
@require_role(*STAFF)
def add_question(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One more question in a draft."""
    found = get_object_or_404(QuestionSet, pk=pk, state=Versioned.State.DRAFT)
    return _question(request, found, None)


@require_http_methods(FORM)
@require_role(*STAFF)
def edit_question(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    """Changing one question of a draft."""
    found = get_object_or_404(QuestionSet, pk=pk, state=Versioned.State.DRAFT)
    return _question(request, found, get_object_or_404(found.questions, key=key))


def _question(request: HttpRequest, found: QuestionSet, question: Question | None) -> HttpResponse:
    form = QuestionForm(request.POST if request.method == "POST" else None, question_set=found, question=question)
    if request.method == "POST" and form.is_valid():
        try:
            if question is None:
                questions.add_question(by=request.user, question_set=found, **form.for_action())
            else:
                questions.save_question(by=request.user, question=question, **form.for_action())
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("The question is saved in the draft."))
            return redirect("accelerator:question_set", found.pk)
    title = _("Change “%(question)s”") % {"question": question.short} if question else _("Add a question")
    context = {"set": found, "form": form, "title": title, "button": _("Save the question")}
    return render(request, "accelerator/waves/question.html", context, status=422 if form.errors else 200)


@require_POST
@require_role(*STAFF)
def move_question(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    """One place up, or down."""
    found = get_object_or_404(QuestionSet, pk=pk)
    question = get_object_or_404(found.questions, key=key)
    questions.move_question(by=request.user, question=question, up="up" in request.POST)
    return redirect("accelerator:question_set", found.pk)


@require_POST
@require_role(*STAFF)
def remove_question(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    """Taking a question out of a draft."""
    found = get_object_or_404(QuestionSet, pk=pk)
    questions.remove_question(by=request.user, question=get_object_or_404(found.questions, key=key))
    messages.success(request, _("The question is taken out of the draft."))
    return redirect("accelerator:question_set", found.pk)
