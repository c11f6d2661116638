"""Outside a call the door stays open: keep my idea, tell me when it opens, get an hour of help now."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accelerator.actions import apply as apply_actions
from accelerator.actions import keeping as actions
from accelerator.forms.apply import SentenceForm
from accelerator.models import Wave
from accelerator.queries import apply as apply_queries
from accelerator.queries import keeping as queries
from ui import registries
from ui.errors import Invalid


def between_calls(request: HttpRequest, form: SentenceForm | None = None) -> dict[str, Any]:
    """What the pages outside a call show: the sentence to keep (or the door to it), and whether they are told already."""
    if not request.user.is_authenticated:
        return {"door": next((entry.url() for entry in registries.front_doors if entry.door == "idea"), None)}
    form = form or SentenceForm()
    form.page_heading = None  # type: ignore[assignment]  # another heading stands above it
    return {"keep_form": form, "form": form, "told": queries.wants_to_be_told(request.user)}


@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """Keeping an idea until a call opens."""
    form = SentenceForm(request.POST)
    if form.is_valid():
        try:
            kept = actions.keep(by=request.user, sentence=form.cleaned_data["sentence"])
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Your idea is kept. You find it under “My applications”."))
            return redirect("accelerator:application", kept.pk)
    context = {"ahead": apply_actions.wave_for_now(), **between_calls(request, form)}
    return render(request, "accelerator/apply/no_call.html", context, status=422)


@require_POST
def tell_me(request: HttpRequest) -> HttpResponse:
    """Being told when a call opens, or no more."""
    wanted = request.POST.get("wanted") != "no"
    actions.tell_me(by=request.user, wanted=wanted)
    said = _("We tell you as soon as a call opens.") if wanted else _("We do not tell you about calls any more.")
    messages.success(request, said)
    return redirect("accelerator:apply")


@require_POST
def into_wave(request: HttpRequest, pk: UUID, slug: str) -> HttpResponse:
    """An idea goes on in a call: one that was kept, or one from an earlier call."""
    found = apply_queries.for_person(request.user, pk)
    if found is None or found.lead_id != request.user.pk:
        raise Http404
    draft = actions.go_on(by=request.user, application=found, wave=get_object_or_404(Wave, slug=slug))
    return redirect("accelerator:application", draft.pk)
