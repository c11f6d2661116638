"""What the staff pages of question sets, rubrics and roadmap templates share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accelerator.actions import feedback, questions, roadmap_templates, rubrics, versions
from accelerator.models import FeedbackPolicy, QuestionSet, RoadmapTemplate, Rubric, Versioned
from accelerator.views.selection import wave_of
from people.access import require_role

STAFF = ("portfolio_manager", "administrator")


@dataclass(frozen=True)
class Kind:
    """One kind of what has versions: its model, its page, and its actions."""

    model: Any
    page: str
    new_version: Callable[..., Any]
    publish: Callable[..., Any]
    use: Callable[..., Any]
    used: Any  # what is said once a wave uses it


KINDS = {
    "questions": Kind(
        QuestionSet, "accelerator:question_set",
        lambda by, found: questions.new_version(by=by, question_set=found),
        lambda by, found: versions.publish(by=by, versioned=found),
        lambda by, wave, found: questions.use_in_wave(by=by, wave=wave, question_set=found),
        gettext_lazy("This wave asks version %(version)d."),
    ),
    "rubric": Kind(
        Rubric, "accelerator:rubric",
        lambda by, found: rubrics.new_version(by=by, rubric=found),
        lambda by, found: versions.publish(by=by, versioned=found),
        lambda by, wave, found: rubrics.use_in_wave(by=by, wave=wave, rubric=found),
        gettext_lazy("This wave scores on version %(version)d."),
    ),
    "template": Kind(
        RoadmapTemplate, "accelerator:template",
        lambda by, found: roadmap_templates.new_version(by=by, template=found),
        lambda by, found: roadmap_templates.publish(by=by, template=found),
        lambda by, wave, found: roadmap_templates.use_in_wave(by=by, wave=wave, template=found),
        gettext_lazy("Innovations that join this wave from now on begin with version %(version)d."),
    ),
    "feedback": Kind(
        FeedbackPolicy, "accelerator:feedback_policy",
        lambda by, found: feedback.new_version(by=by, policy=found),
        lambda by, found: versions.publish(by=by, versioned=found),
        lambda by, wave, found: feedback.use_in_wave(by=by, wave=wave, policy=found),
        gettext_lazy("This wave promises version %(version)d."),
    ),
}  # fmt: skip


def about(found: Versioned) -> dict[str, Any]:
    """What every page of a version says beside its content: whether it is a draft, which waves use it, the others."""
    return {
        "set": found,
        "draft": found.state == Versioned.State.DRAFT,
        "waves": list(found.waves.order_by("call_opens", "id")),  # type: ignore[attr-defined]  # each kind has waves
        "versions": list(type(found).objects.filter(name=found.name).exclude(pk=found.pk).order_by("-version")),  # type: ignore[attr-defined]  # abstract models have no manager
    }


@require_POST
@require_role(*STAFF)
def draft(request: HttpRequest, pk: UUID, kind: str) -> HttpResponse:
    """A draft of the next version."""
    made = KINDS[kind].new_version(request.user, get_object_or_404(KINDS[kind].model, pk=pk))
    return redirect(KINDS[kind].page, made.pk)


@require_POST
@require_role(*STAFF)
def publish(request: HttpRequest, pk: UUID, kind: str) -> HttpResponse:
    """Putting a draft in force for waves to come."""
    found = KINDS[kind].publish(request.user, get_object_or_404(KINDS[kind].model, pk=pk))
    messages.success(
        request, _("Version %(version)d is published. Waves that are planned can use it.") % {"version": found.version}
    )
    return redirect(KINDS[kind].page, found.pk)


@require_POST
@require_role("portfolio_manager")
def use(request: HttpRequest, slug: str, pk: UUID, kind: str) -> HttpResponse:
    """Having a wave use another published version."""
    wave = wave_of(request, slug)
    found = get_object_or_404(KINDS[kind].model, pk=pk)
    KINDS[kind].use(request.user, wave, found)
    messages.success(request, str(KINDS[kind].used) % {"version": found.version})
    return redirect("accelerator:change_wave", wave.slug)
