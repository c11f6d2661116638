"""Staff pages: planning, changing and copying waves, and the questions that they ask."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accelerator.actions import questions, waves
from accelerator.forms.waves import CopyWaveForm, NewWaveForm, QuestionForm, WaveForm
from accelerator.models import Question, QuestionSet, Versioned, Wave
from accelerator.queries.review import managed_waves
from accelerator.rules.waves import Phase, passed
from accelerator.views.selection import wave_of
from people.access import require_role
from ui.errors import Invalid

STAFF = ("portfolio_manager", "administrator")
FORM = ["GET", "HEAD", "POST"]


@require_safe
@require_role("portfolio_manager")
def desk(request: HttpRequest) -> HttpResponse:
    """The waves that I run, to be changed or copied, and the questions in force."""
    context = {
        "waves": managed_waves(request.user),
        "plans": waves.may_plan(request.user),
        "sets": QuestionSet.objects.exclude(state=Versioned.State.SUPERSEDED).order_by("name", "version"),
    }
    return render(request, "accelerator/waves/desk.html", context)


@require_http_methods(FORM)
@require_role("portfolio_manager")
def change(request: HttpRequest, slug: str) -> HttpResponse:
    """What a wave is and when what happens. Dates that have come stay as they are."""
    wave = wave_of(request, slug)
    form = WaveForm(request.POST if request.method == "POST" else None, initial=WaveForm.initial_of(wave))
    for name in passed(wave):
        for field in {name, {"call_opens": "opens_at", "call_closes": "closes_at"}.get(name, name)}:
            form.fields[field].disabled = True
    if request.method == "POST" and form.is_valid():
        try:
            waves.change_wave(by=request.user, wave=wave, **_changed(wave, form.for_action()))
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("The wave is changed."))
            return redirect("accelerator:wave_desk")
    context = {
        "wave": wave,
        "form": form,
        "sets": QuestionSet.objects.filter(state=Versioned.State.PUBLISHED)
        .exclude(pk=wave.question_set_id)
        .order_by("name", "version")
        if wave.phase() == Phase.PLANNED
        else [],
    }
    return render(request, "accelerator/waves/change.html", context, status=422 if form.errors else 200)


def _changed(wave: Wave, given: dict[str, Any]) -> dict[str, Any]:
    """What the form says otherwise than the wave, to the minute that the form shows."""

    def shown(value: Any) -> Any:
        return value.replace(second=0, microsecond=0) if isinstance(value, dt.datetime) else value

    return {name: value for name, value in given.items() if value != shown(getattr(wave, name))}


@require_http_methods(FORM)
@require_role("portfolio_manager")
def plan(request: HttpRequest) -> HttpResponse:
    """A wave from nothing, with the questions, the rubric and the steps of the review that ship."""
    initial = {"capacity": 10, "allowance": 20, "opens_at": "09:00", "closes_at": "17:00"}
    form = NewWaveForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.for_action()
        chosen, named = given.pop("programme"), given.pop("new_programme").strip()
        try:
            made = waves.plan_new(by=request.user, programme=chosen, programme_name=named, **given)
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(
                request, _("“%(name)s” is planned. Its public page says when the call opens.") % {"name": made.name}
            )
            return redirect("accelerator:wave_desk")
    context = {"form": form, "title": _("Plan a new wave"), "button": _("Plan it")}
    return render(request, "accelerator/waves/plan.html", context, status=422 if form.errors else 200)


@require_http_methods(FORM)
@require_role("portfolio_manager")
def copy(request: HttpRequest, slug: str) -> HttpResponse:
    """The next wave, like this one."""
    wave = wave_of(request, slug)
    form = CopyWaveForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = waves.copy_wave(by=request.user, wave=wave, **form.cleaned_data)
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("“%(name)s” is planned. Look at its dates.") % {"name": made.name})
            return redirect("accelerator:change_wave", made.slug)
    context = {"form": form, "title": _("Copy %(wave)s") % {"wave": wave.name}, "button": _("Make the new wave")}
    return render(request, "accelerator/waves/copy.html", context, status=422 if form.errors else 200)


@require_POST
@require_role("portfolio_manager")
def use_questions(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """Having a wave ask another published version, until its call opens."""
    wave = wave_of(request, slug)
    found = get_object_or_404(QuestionSet, pk=pk)
    questions.use_in_wave(by=request.user, wave=wave, question_set=found)
    messages.success(request, _("This wave asks version %(version)d.") % {"version": found.version})
    return redirect("accelerator:change_wave", wave.slug)


# --- Questions ---


@require_safe
@require_role(*STAFF)
def question_set(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One version of what an application asks, as applicants read it; a draft can be changed here."""
    found = get_object_or_404(QuestionSet, pk=pk)
    context = {
        "set": found,
        "questions": list(found.questions.order_by("position")),
        "draft": found.state == Versioned.State.DRAFT,
        "waves": list(found.waves.order_by("call_opens", "id")),
        "versions": list(QuestionSet.objects.filter(name=found.name).exclude(pk=found.pk).order_by("-version")),
    }
    return render(request, "accelerator/waves/questions.html", context)


@require_POST
@require_role(*STAFF)
def draft_questions(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A draft of the next version."""
    draft = questions.new_version(by=request.user, question_set=get_object_or_404(QuestionSet, pk=pk))
    return redirect("accelerator:question_set", draft.pk)


@require_POST
@require_role(*STAFF)
def publish_questions(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Putting a draft in force for waves to come."""
    found = waves.publish(by=request.user, versioned=get_object_or_404(QuestionSet, pk=pk))
    messages.success(
        request, _("Version %(version)d is published. Waves that are planned can use it.") % {"version": found.version}
    )
    return redirect("accelerator:question_set", found.pk)


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
