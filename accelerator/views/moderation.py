"""The moderation table of a wave: sorted and filtered, moved in bulk, taken back, downloaded."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

import audit.actions
from accelerator.actions import decisions
from accelerator.forms.panel import MoveForm
from accelerator.models import Decision, PanelNote, ReviewPhase, Wave
from accelerator.queries import moderation as queries
from accelerator.queries import triage
from accelerator.queries.kept import in_words, kept_from, said_since
from accelerator.queries.review import score_phase, score_phases
from accelerator.registries import selection_links
from accelerator.views.selection import looked_at, wave_of
from people.access import require_role
from ui.errors import DomainError
from ui.sheets import csv_response, xlsx_response
from ui.views import pagination

ROWS_A_PAGE = 50


@require_safe
@require_role("portfolio_manager")
def moderation(request: HttpRequest, slug: str) -> HttpResponse:
    """The moderation table: every application of the wave with the spread of its scores, to be moved in bulk."""
    return _moderation(request, looked_at(request, slug), MoveForm())


def _phase(request: HttpRequest, wave: Wave, phases: list[ReviewPhase]) -> ReviewPhase | None:
    """The scoring phase that the address names, else the one to work with now."""
    asked = request.GET.get("phase")
    return next((phase for phase in phases if str(phase.pk) == asked), None) or score_phase(wave)


def _ticked(request: HttpRequest, wave: Wave, movable: list[queries.ModerationRow]) -> set[str]:
    """What is ticked on the page: what was sent with it, or, where the address asks for it, all or those below the line."""
    tick = request.GET.get("tick")
    if request.method == "POST" or tick not in ("all", "below"):
        return set(request.POST.getlist("applications"))
    return {str(row.pk) for row in movable if tick == "all" or (row.place and row.place > wave.capacity)}


def _query(request: HttpRequest) -> str:
    """The address's query without what is only ticked: for the form and for what follows it."""
    asked = request.GET.copy()
    asked.pop("tick", None)
    return asked.urlencode()


def _moderation(request: HttpRequest, wave: Wave, form: MoveForm, error: str = "", status: int = 200) -> HttpResponse:
    asked, phases = queries.Asked.of(request.GET), score_phases(wave)
    phase = _phase(request, wave, phases)
    kept = kept_from(request.user, wave)
    table = queries.moderation(wave, phase, asked, kept)
    paginator: Paginator = Paginator(table, ROWS_A_PAGE)  # type: ignore[arg-type]  # a length and slices are all it asks
    listed = paginator.get_page(request.GET.get("page"))
    rows = list(listed.object_list)
    context = {
        "wave": wave,
        "rows": rows,
        "total": listed.paginator.count,
        "before": listed.start_index() - 1 if rows else 0,
        "pages": pagination(request, listed),
        "asked": asked,
        "sorts": [
            ("score", _("score")),
            ("adjusted", _("adjusted score")),
            ("disagreement", _("disagreement")),
            ("reference", _("number")),
        ],
        "standings": [("", _("all")), ("open", _("open")), *Decision.Outcome.choices],
        "filtered": bool(asked.standing or asked.short),
        "ready": Decision.objects.filter(application__wave=wave, application__state="submitted", sent_at=None)
        .exclude(application__in=kept)
        .count(),
        "can_move": any(not row.sent_at for row in rows),
        **in_words(request.user, wave),
        "late": len(said_since(wave, request.user)),
        "noted": set(
            PanelNote.objects.filter(application__in=[row.pk for row in rows]).values_list("application_id", flat=True)
        ),
        "everything": wave.applications.submitted().exclude(pk__in=kept).count()
        if asked.standing or asked.short
        else 0,
        "put_out": triage.out(wave),
        "phase": phase,
        "phases": phases,
        "links": [(link.label, reverse(link.url, args=[wave.slug])) for link in selection_links],
        "alpha": table.agreement.alpha,
        "move": queries.last_move(wave, kept),
        "form": form,
        "error": error,
        "error_list": [{"text": error, "href": f"#move-{rows[0].pk}"}] if error and rows else [{"text": error}],
        "ticked": _ticked(request, wave, [row for row in rows if not row.sent_at]),
        "below": any(row.place and row.place > wave.capacity for row in rows if not row.sent_at),
        "query": _query(request),
    }
    return render(request, "accelerator/review/moderation.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role("portfolio_manager")
def move(request: HttpRequest, slug: str) -> HttpResponse:
    """One decision for all applications that are ticked. What is linked from here where nothing was moved leads back to
    the table."""
    wave = wave_of(request, slug)
    if request.method != "POST":
        return redirect(f"{reverse('accelerator:moderation', args=[wave.slug])}?{request.GET.urlencode()}")
    form = MoveForm(request.POST)
    if not form.is_valid():
        return _moderation(request, wave, form, status=422)
    try:
        ids = [UUID(one) for one in request.POST.getlist("applications")]
        made = decisions.decide_many(
            by=request.user,
            wave=wave,
            application_ids=ids,
            outcome=form.cleaned_data["outcome"],
            key=str(form.cleaned_data["key"]),
        )
    except ValueError:
        return _moderation(request, wave, form, _("Choose at least one application."), 422)
    except DomainError as refused:
        return _moderation(request, wave, form, str(refused), refused.status)
    count = len(made.before)
    messages.success(
        request,
        ngettext("%(count)d application is moved to “%(outcome)s”.", "%(count)d applications are moved to “%(outcome)s”.", count)
        % {"count": count, "outcome": made.get_outcome_display()},
    )  # fmt: skip
    return redirect(f"{reverse('accelerator:moderation', args=[wave.slug])}?{request.GET.urlencode()}")


@require_POST
@require_role("portfolio_manager")
def undo_move(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """Taking the last bulk move back."""
    wave = wave_of(request, slug)
    decisions.undo_move(by=request.user, move=get_object_or_404(wave.bulk_moves, pk=pk))
    messages.success(request, _("The move is taken back. No letter has gone."))
    return redirect("accelerator:moderation", wave.slug)


@require_safe
@require_role("portfolio_manager")
def export(request: HttpRequest, slug: str, form: str) -> HttpResponseBase:
    """The table as it is asked for and the answers as reviewers see them, for a spreadsheet. Without names: it may be passed
    round a panel."""
    wave = looked_at(request, slug)
    phase = _phase(request, wave, score_phases(wave))
    audit.actions.record(by=request.user, verb="accelerator.selection.exported", obj=wave, form=form)
    send = {"csv": csv_response, "xlsx": xlsx_response}[form]
    return send(
        f"applications-{wave.slug}",
        *queries.export(wave, phase, queries.Asked.of(request.GET), kept_from(request.user, wave)),
    )
