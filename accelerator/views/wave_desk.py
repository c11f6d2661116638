"""Staff pages: planning, changing and copying waves."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accelerator.actions import waves
from accelerator.actions.rubrics import reviews_have_begun
from accelerator.forms.waves import CopyWaveForm, NewWaveForm, WaveForm
from accelerator.models import FeedbackPolicy, QuestionSet, RoadmapTemplate, Rubric, Versioned, Wave
from accelerator.queries import lessons
from accelerator.queries.review import managed_waves
from accelerator.registries import wave_links
from accelerator.rules.waves import Phase, passed
from accelerator.views.selection import wave_of
from accelerator.views.wave_parts import parts
from people.access import require_role
from ui.errors import Invalid

FORM = ["GET", "HEAD", "POST"]


LIBRARIES: list[tuple[Any, Any, dict[str, Any]]] = [  # what waves are made of, each with its pages
    (
        gettext_lazy("What we ask"), QuestionSet,
        {"page": "accelerator:question_set", "new": "accelerator:new_questions", "new_text": gettext_lazy("Begin new questions")},
    ),
    (
        gettext_lazy("What reviewers score on"), Rubric,
        {"page": "accelerator:rubric", "new": "accelerator:new_rubric", "new_text": gettext_lazy("Begin a new rubric")},
    ),
    (
        gettext_lazy("Roadmaps"), RoadmapTemplate,
        {"page": "accelerator:template", "new": "accelerator:new_template", "new_text": gettext_lazy("Begin a new roadmap")},
    ),
    (
        gettext_lazy("What we promise about feedback"), FeedbackPolicy,
        {
            "page": "accelerator:feedback_policy", "new": "accelerator:new_feedback_policy",
            "new_text": gettext_lazy("Begin other promises"),
        },
    ),
]  # fmt: skip


@require_safe
@require_role("portfolio_manager")
def desk(request: HttpRequest) -> HttpResponse:
    """The waves that I run, to be changed or copied, and the questions in force."""
    context = {
        "waves": managed_waves(request.user),
        "plans": waves.may_plan(request.user),
        "libraries": [
            {
                "title": title,
                "sets": model.objects.exclude(state=Versioned.State.SUPERSEDED)
                .annotate(used=Count("waves"))
                .order_by("name", "version"),
                **pages,
            }
            for title, model, pages in LIBRARIES
        ],
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
            return redirect("accelerator:change_wave", wave.slug)
    context = {
        "wave": wave,
        "form": form,
        "phase": wave.phase(),
        "plans": waves.may_plan(request.user),
        "uses": _uses(wave),
        "lessons": lessons.taken_by(wave),
        "links": [(link.label, reverse(link.url, args=[wave.slug])) for link in wave_links],
        "parts": parts(wave),
    }
    return render(request, "accelerator/waves/change.html", context, status=422 if form.errors else 200)


def _uses(wave: Wave) -> list[dict[str, Any]]:
    """The versions that a wave uses, and for as long as it may change, the published ones that it could use instead."""
    core = RoadmapTemplate.objects.filter(name="core", state=Versioned.State.PUBLISHED)
    roadmap = wave.roadmap_template or core.first()  # what innovations of a wave without one of its own begin with
    rows = [
        (_("What it asks"), "question_set", wave.question_set, wave.phase() == Phase.PLANNED, "use_questions"),
        (_("What reviewers score on"), "rubric", wave.rubric, not reviews_have_begun(wave), "use_rubric"),
        (
            _("What it promises about feedback"),
            "feedback_policy",
            wave.feedback_policy,
            wave.phase() == Phase.PLANNED,
            "use_feedback_policy",
        ),
        (_("The roadmap that its innovations begin with"), "template", roadmap, True, "use_template"),
    ]
    models: dict[str, Any] = {"question_set": QuestionSet, "rubric": Rubric, "template": RoadmapTemplate,
                              "feedback_policy": FeedbackPolicy}  # fmt: skip
    return [
        {
            "title": title,
            "page": f"accelerator:{kind}",
            "standing": standing,
            "use": f"accelerator:{use}",
            "others": models[kind]
            .objects.filter(state=Versioned.State.PUBLISHED)
            .exclude(pk=standing.pk if standing else None)
            .order_by("name", "version")
            if open_
            else [],
        }
        for title, kind, standing, open_, use in rows
    ]


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
                request,
                _(
                    "“%(name)s” is planned. Here is what it asks, scores and gives: change what you like until the call opens."
                )
                % {"name": made.name},
            )
            return redirect("accelerator:change_wave", made.slug)
    context = {"form": form, "title": _("Plan a new wave"), "button": _("Plan it")}
    return render(request, "accelerator/waves/plan.html", context, status=422 if form.errors else 200)


@require_POST
@require_role("portfolio_manager")
def drop(request: HttpRequest, slug: str) -> HttpResponse:
    """Taking back a wave that was planned by mistake."""
    wave = wave_of(request, slug)
    waves.drop_wave(by=request.user, wave=wave)
    messages.success(request, _("“%(name)s” is taken back.") % {"name": wave.name})
    return redirect("accelerator:wave_desk")


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
    context = {
        "form": form,
        "title": _("Copy %(wave)s") % {"wave": wave.name},
        "button": _("Make the new wave"),
        "lessons": lessons.adopted_for(wave),
    }
    return render(request, "accelerator/waves/copy.html", context, status=422 if form.errors else 200)
