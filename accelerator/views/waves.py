"""Public pages of waves."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accelerator.models import Application, Wave
from accelerator.queries import apply as queries
from accelerator.registries import wave_links
from accelerator.rules.feedback import everybody_has_it_by
from accelerator.rules.waves import Phase, on_shelves, passed, stages
from accelerator.views.keeping import between_calls
from ui.registries import Stage
from ui.views import on_the_line


@require_safe
@login_not_required
def waves(request: HttpRequest) -> HttpResponse:
    """All waves of all programmes: open, coming, under way and over."""
    rows = list(queries.public_waves())
    context = {
        "shelves": on_shelves(rows),
        "programmes": len({wave.programme_id for wave in rows}),
        "open": any(wave.phase() == Phase.CALL for wave in rows),
        **between_calls(request),
    }
    return render(request, "accelerator/waves/list.html", context)


@require_safe
@login_not_required
def wave(request: HttpRequest, slug: str) -> HttpResponse:
    """What a wave is, when what happens, and how to join."""
    found = get_object_or_404(Wave.objects.select_related("programme", "feedback_policy"), slug=slug)
    mine = None
    if request.user.is_authenticated:
        theirs = Application.objects.of(request.user).filter(wave=found)
        mine = theirs.exclude(state=Application.State.WITHDRAWN).order_by("created_at").first()
    context = {
        "wave": found,
        "phase": found.phase(),
        "links": [(link.label, reverse(link.url, args=[found.slug])) for link in wave_links],
        "feedback_by": everybody_has_it_by(found.feedback_policy, found),
        "over": passed(found),
        "open_now": list(Wave.objects.call_open(timezone.now()).exclude(pk=found.pk)),
        "mine": mine,
        "calendar": {"stages": on_the_line([Stage(*row) for row in stages(found)])},
    }
    return render(request, "accelerator/waves/wave.html", context)


@require_safe
@login_not_required
def apply_now(request: HttpRequest) -> HttpResponse:
    """The address for posters and letters: the start page of the call that is open, or what there is instead."""
    found = Wave.objects.call_open(timezone.now()).first()
    if found is not None:
        return redirect("accelerator:start", found.slug)
    context = {"ahead": Wave.objects.call_ahead(timezone.now()).first(), **between_calls(request)}
    return render(request, "accelerator/apply/no_call.html", context)
