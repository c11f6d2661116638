"""The learning log: everybody reads it, members add to it, those who run a programme answer."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accelerator.actions import lessons as actions
from accelerator.forms.lessons import LearningFilter, LessonAnswerForm, LessonForm, RemoveLessonForm
from accelerator.models import Lesson
from accelerator.queries import lessons as queries
from people.access import require_conduct, require_role
from ui.errors import Invalid
from ui.views import ListPage

FORM = ["GET", "HEAD", "POST"]


@method_decorator(login_not_required, name="dispatch")
class Learning(ListPage):
    """The log, by what became of each item and by programme."""

    template_name = "accelerator/lessons/list.html"
    title = gettext_lazy("Learning log")
    empty = gettext_lazy("Nothing has been written down here yet. What have you learnt?")

    def filter_form(self, data: Any) -> LearningFilter:  # type: ignore[override]  # what may be asked for depends on who asks
        return LearningFilter(data, waiting=self.request.user.is_authenticated)

    def items(self, **filters: Any) -> QuerySet[Lesson]:
        return queries.listed(self.request.user, **filters)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        if context["filtered"]:
            context["empty"] = _("Nothing in the log is like that.")
        return context


@require_safe
@login_not_required
def lesson(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One item, and what became of it."""
    found = get_object_or_404(queries.listed(request.user), pk=pk)
    context = {
        "lesson": found,
        "own": found.by_id == request.user.pk,
        "answers": queries.may_answer(request.user, found),
        "takers": found.taken_by.order_by("call_opens", "id"),
    }
    return render(request, "accelerator/lessons/one.html", context)


@require_http_methods(FORM)
@require_conduct
def add(request: HttpRequest) -> HttpResponse:
    """Writing down what I learnt."""
    initial = {"about": f"wave:{request.GET['wave']}"} if "wave" in request.GET else {}
    form = LessonForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.add(by=request.user, **form.for_action())
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(
                request, _("Thank you. Those who run the programme answer, and we tell you what they say.")
            )
            return redirect("accelerator:lesson", made.pk)
    context = {"form": form, "title": _("Add what you learnt"), "button": _("Add it to the log")}
    return render(request, "accelerator/lessons/add.html", context, status=422 if form.errors else 200)


@require_POST
@require_conduct
def take_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Taking back what I wrote, while nobody has answered it."""
    actions.take_back(by=request.user, lesson=get_object_or_404(Lesson, pk=pk, by=request.user))
    messages.success(request, _("It is taken back."))
    return redirect("accelerator:learning")


def _answerable(request: HttpRequest, pk: UUID) -> Lesson:
    rows = queries.answerable(request.user).select_related("by", "programme", "wave")
    return get_object_or_404(rows, pk=pk)


@require_http_methods(FORM)
@require_role("portfolio_manager")
def answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Adopting, having tried or declining what somebody learnt, with a reason."""
    found = _answerable(request, pk)
    if found.answer == Lesson.Answer.REMOVED:
        raise Http404
    initial = {"answer": found.answer, "reason": found.reason} if found.reason else {}
    form = LessonAnswerForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.answer(by=request.user, lesson=found, **form.cleaned_data)
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Answered. It is in the log for everybody, and the writer is told."))
            return redirect("accelerator:lesson", found.pk)
    context = {"lesson": found, "form": form, "title": _("Answer what somebody learnt"), "button": _("Answer")}
    return render(request, "accelerator/lessons/answer.html", context, status=422 if form.errors else 200)


@require_http_methods(FORM)
@require_role("portfolio_manager")
def remove(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Taking an item off the page, words and all."""
    found = _answerable(request, pk)
    if found.answer == Lesson.Answer.REMOVED:  # a second click
        return redirect("accelerator:learning")
    form = RemoveLessonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.remove(by=request.user, lesson=found, **form.cleaned_data)
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("It is off the page, and the writer is told why."))
            return redirect("accelerator:learning")
    context = {"lesson": found, "form": form, "title": _("Take it off the page"), "button": _("Take it off the page")}
    return render(request, "accelerator/lessons/remove.html", context, status=422 if form.errors else 200)
