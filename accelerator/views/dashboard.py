"""The cohort at a glance, for portfolio managers."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accelerator.forms.dashboard import FilterForm
from accelerator.models import HelpKind, Wave
from accelerator.queries import dashboard
from accelerator.roadmaps import pictures
from accelerator.rules.innovations import runs_wave
from people.access import require_role
from ui.errors import Missing

PAGE = 50
manager_only = require_role("portfolio_manager")


def _wave_for(request: HttpRequest, slug: str) -> Wave:
    wave = Wave.objects.select_related("programme").filter(slug=slug).first()
    if wave is None or not runs_wave(request.user, wave.pk):
        raise Missing(_("We cannot find that wave."))
    return wave


@manager_only
@require_safe
def cohorts(request: HttpRequest) -> HttpResponse:
    """The waves that this manager runs; straight to the cohort where there is one."""
    waves = list(dashboard.waves_of(request.user))
    if len(waves) == 1:
        return redirect("accelerator:cohort", waves[0].slug)
    return render(request, "accelerator/dashboard/cohorts.html", {"waves": waves})


@manager_only
@require_safe
def cohort(request: HttpRequest, wave_slug: str) -> HttpResponse:
    """One row an innovation; filters, sorting and the page are in the address."""
    wave = _wave_for(request, wave_slug)
    everything = dashboard.rows(wave.innovations.all())
    chosen = dashboard.select(everything, request.GET)
    context = {
        "wave": wave,
        "phase": wave.phase(),
        "form": FilterForm(request.GET, rows=everything),
        "listed": Paginator(chosen, PAGE).get_page(request.GET.get("page")),
        "filtered": any(request.GET.get(name) for name in dashboard.FILTERS),
        "everything": everything,
        "colours": dashboard.colours(everything),
        "turns": dashboard.turns(everything),
        "left": sum(row.ended for row in everything),
        "kinds": HelpKind.choices,
        "balance": dashboard.help_balance(chosen),
        "today": timezone.localdate(),
    }
    return render(request, "accelerator/dashboard/cohort.html", context)


@manager_only
@require_safe
def cohort_timeline(request: HttpRequest, wave_slug: str) -> HttpResponse:
    """All roadmaps on one line of time, filtered and sorted like the cohort."""
    wave = _wave_for(request, wave_slug)
    everything = dashboard.rows(wave.innovations.all())
    chosen = dashboard.select(everything, request.GET)
    listed = Paginator(chosen, PAGE).get_page(request.GET.get("page"))
    context = {
        "wave": wave,
        "form": FilterForm(request.GET, rows=everything),
        "listed": listed,
        "chart": pictures.roadmaps(wave, listed.object_list) if chosen else None,
        "filtered": any(request.GET.get(name) for name in dashboard.FILTERS),
    }
    return render(request, "accelerator/dashboard/timeline.html", context)
