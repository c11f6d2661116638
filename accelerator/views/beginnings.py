"""Staff pages: beginning questions, a rubric, a roadmap or promises of another name, and throwing a draft away."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accelerator.actions import feedback, questions, roadmap_templates, rubrics, versions
from accelerator.forms.versions import BeginForm, BeginTemplateForm
from accelerator.models import FeedbackPolicy, QuestionSet, RoadmapTemplate, Rubric, Versioned
from accelerator.views.versions import KINDS, STAFF
from people.access import require_role
from ui.errors import Invalid

COLUMNS = [  # of a roadmap's table, and what stands in each
    ("title", gettext_lazy("The name of the milestone")),
    ("start_week, end_week", gettext_lazy("Whole numbers. Support starts in week 0.")),
    ("why", gettext_lazy("Why it matters")),
    ("step_1, step_2, step_3", gettext_lazy("Three small steps")),
    ("to_show", gettext_lazy("What they show, one thing or more")),
    ("hours", gettext_lazy("How much help it usually takes, a whole number")),
    ("kind", gettext_lazy("Improvement, Digital and design, Business, or Clinical safety and regulation")),
    ("order", gettext_lazy("Its number. You can leave this out.")),
    ("depends_on", gettext_lazy("The numbers of earlier milestones that it waits for. You can leave this out.")),
    ("applies_if", gettext_lazy("“device”, or tiers of evidence like “B; C”. Leave it out where it is for all.")),
    ("frameworks, skills", gettext_lazy("You can leave these out. Skills have the names that the time bank uses.")),
]


@dataclass(frozen=True)
class Beginning:
    """How one kind of what has versions begins: its form, its action and the words of its page."""

    model: Any
    form: type[BeginForm]
    begin: Callable[..., Any]
    title: Any
    intro: Any


BEGINNINGS = {
    "questions": Beginning(
        QuestionSet, BeginForm, questions.begin, gettext_lazy("New questions"),
        gettext_lazy(
            "For a programme that asks other things. Beginning with nothing, they hold the two questions that other pages "
            "need: the idea in one sentence, and the help that is needed."
        ),
    ),
    "rubric": Beginning(
        Rubric, BeginForm, rubrics.begin, gettext_lazy("A new rubric"),
        gettext_lazy("What reviewers score on, for a programme that looks for other things."),
    ),
    "template": Beginning(
        RoadmapTemplate, BeginTemplateForm, roadmap_templates.begin, gettext_lazy("A new roadmap"),
        gettext_lazy("The milestones that innovations of a wave begin with. You can change each afterwards."),
    ),
    "feedback": Beginning(
        FeedbackPolicy, BeginForm, feedback.begin, gettext_lazy("Other promises about feedback"),
        gettext_lazy("By when everybody who applies has feedback, and what kind, for a programme that promises other things."),
    ),
}  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(*STAFF)
def begin(request: HttpRequest, kind: str) -> HttpResponse:
    """A first draft: of nothing, a copy, or (a roadmap) a table."""
    one = BEGINNINGS[kind]
    posted = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = one.form(*posted, model=one.model)
    if request.method == "POST" and form.is_valid():
        try:
            made = one.begin(by=request.user, **form.for_action())
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("A draft is begun. Nobody but staff sees it until it is published."))
            return redirect(KINDS[kind].page, made.pk)
    context = {"form": form, "title": one.title, "intro": one.intro, "button": _("Begin")}
    if kind == "template":
        shipped = RoadmapTemplate.objects.filter(state=Versioned.State.PUBLISHED).order_by("name", "id").first()
        context |= {"columns": COLUMNS, "shipped": shipped}
    return render(request, "accelerator/waves/begin.html", context, status=422 if form.errors else 200)


@require_POST
@require_role(*STAFF)
def discard(request: HttpRequest, pk: UUID, kind: str) -> HttpResponse:
    """Throwing a draft away."""
    found = get_object_or_404(KINDS[kind].model, pk=pk)
    versions.discard(by=request.user, versioned=found)
    messages.success(request, _("The draft of “%(name)s” is thrown away.") % {"name": found})
    return redirect("accelerator:wave_desk")
