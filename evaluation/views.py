from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accelerator.models import Wave
from accelerator.rules import access
from accelerator.rules.waves import Phase
from evaluation import actions, mix, plans, queries, rules
from evaluation.forms import PlanForm
from evaluation.models import Plan, Report
from evaluation.page import report_context
from evaluation.questions import DEFAULT_MEASURES, QUESTIONS, WHAT_IT_CANNOT_SHOW, met_when, not_answered_under
from evaluation.rules import READERS, UNDER_WAY
from people.access import require_role
from ui.downloads import attachment
from ui.errors import Invalid, Missing


@require_safe
@require_role(*READERS)
def reports(request: HttpRequest) -> HttpResponse:
    waves = [(wave, rules.fitting_edition(wave)) for wave in queries.waves_with_reports()]
    context = {"waves": waves, "editions": Report.Edition.choices}
    return render(request, "evaluation/reports.html", context)


@require_safe
@require_role("portfolio_manager")
def selection_mix(request: HttpRequest, slug: str) -> HttpResponse:
    """The mix of who is chosen, for those who run the wave."""
    wave = Wave.objects.filter(slug=slug).first()
    if wave is None or not access.runs(request.user, wave):
        raise Missing(_("We cannot find that wave."))
    return render(request, "evaluation/mix.html", {"wave": wave, "mix": mix.mix(wave)})


@require_safe
@login_not_required
def plan(request: HttpRequest, slug: str) -> HttpResponse:
    """What a wave's evaluation promises to measure: written down before the wave begins, for everybody to read."""
    wave = get_object_or_404(Wave.objects.select_related("programme"), slug=slug)
    standing = plans.standing_plan(wave)
    measures = standing.measures if standing else DEFAULT_MEASURES
    context = {
        "wave": wave,
        "plan": standing if standing and standing.status == Plan.Status.PUBLISHED else None,
        "rows": [
            (words, met_when(question, measures), not_answered_under(question, measures))
            for question, words in QUESTIONS.items()
        ],
        "versions": wave.evaluation_plans.filter(status=Plan.Status.SUPERSEDED).order_by("-version"),
        "begun": wave.phase() != Phase.PLANNED,
        "may_change": request.user.is_authenticated and rules.may_plan(request.user, wave),
        "cannot_show": WHAT_IT_CANNOT_SHOW,
    }
    return render(request, "evaluation/plan.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(*READERS)
def change_plan(request: HttpRequest, slug: str) -> HttpResponse:
    """Drafting and locking a plan; once it is locked, the next version with a reason."""
    wave = Wave.objects.filter(slug=slug).first()
    if wave is None or not rules.may_plan(request.user, wave):
        raise Missing(_("We cannot find that wave."))
    standing = plans.standing_plan(wave)
    locked = standing is not None and standing.status == Plan.Status.PUBLISHED
    form = PlanForm(
        request.POST if request.method == "POST" else None,
        measures=DEFAULT_MEASURES | (standing.measures if standing else {}),
        locked=locked,
    )
    if request.method == "POST" and form.is_valid():
        keep = plans.change_plan if locked or "lock" in request.POST else plans.draft_plan
        try:
            keep(by=request.user, wave=wave, **form.for_action())
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(
                request, _("The plan is locked.") if keep is plans.change_plan else _("The draft of the plan is saved.")
            )
            return redirect("evaluation:plan", wave.slug)
    context = {
        "wave": wave,
        "form": form,
        "locked": locked,
        "begun": wave.phase() != Phase.PLANNED,
        "title": _("How we will know whether %(wave)s worked") % {"wave": wave.name},
        "button": _("Lock the next version") if locked else _("Save the draft"),
    }
    return render(request, "evaluation/change_plan.html", context, status=422 if form.errors else 200)


@require_POST
@require_role(*READERS)
def request_report(request: HttpRequest, slug: str) -> HttpResponse:
    wave = Wave.objects.filter(slug=slug).first()
    if wave is None:
        raise Missing(_("We cannot find that wave."))
    edition = request.POST.get("edition", "")
    if edition not in Report.Edition.values:
        raise Invalid(_("Choose which edition of the report to build."))
    report = actions.request_report(by=request.user, wave=wave, edition=edition)
    return redirect("evaluation:report", report.pk)


@require_safe
@require_role(*READERS)
def report(request: HttpRequest, report_id) -> HttpResponse:
    found = queries.report(report_id)
    if found.state != Report.State.DONE:
        return render(request, "evaluation/building.html", {"report": found})
    return render(request, "evaluation/report.html", report_context(found))


@require_safe
@require_role(*READERS)
def progress(request: HttpRequest, report_id) -> HttpResponse:
    """The part of the page that htmx asks for every two seconds; when it is over, the whole page is shown afresh."""
    found = queries.report(report_id)
    response = render(request, "evaluation/_progress.html", {"report": found})
    if found.state not in UNDER_WAY:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@require_role(*READERS)
def cancel(request: HttpRequest, report_id) -> HttpResponse:
    actions.cancel(by=request.user, report=queries.report(report_id))
    messages.success(request, _("The build is cancelled."))
    return redirect("evaluation:report", report_id)


@require_POST
@require_role(*READERS)
def retry(request: HttpRequest, report_id) -> HttpResponse:
    actions.retry(by=request.user, report=queries.report(report_id))
    return redirect("evaluation:report", report_id)


@require_safe
@require_role(*READERS)
def download(request: HttpRequest, report_id, what: str) -> HttpResponseBase:
    """The PDF or the data pack, always as an attachment."""
    found = queries.report(report_id)
    files = {"pdf": found.pdf, "zip": found.pack}
    if what not in files:
        raise Missing(_("A report has a PDF and a zip of its data, nothing else."))
    file = files[what]
    if found.state != Report.State.DONE or not file:
        raise Missing(_("This report is not ready yet."))
    kind = {"pdf": "application/pdf", "zip": "application/zip"}[what]
    return attachment(file, f"report-{found.wave.slug}-{found.edition}.{what}", kind)
