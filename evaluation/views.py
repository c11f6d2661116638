from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accelerator.models import Wave
from accelerator.rules import access
from evaluation import actions, mix, queries, rules
from evaluation.models import Report
from evaluation.page import report_context
from evaluation.rules import READERS, UNDER_WAY
from people.access import require_role
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
def download(request: HttpRequest, report_id, what: str) -> FileResponse:
    """The PDF or the data pack, always as an attachment."""
    found = queries.report(report_id)
    files = {"pdf": found.pdf, "zip": found.pack}
    if what not in files:
        raise Missing(_("A report has a PDF and a zip of its data, nothing else."))
    file = files[what]
    if found.state != Report.State.DONE or not file:
        raise Missing(_("This report is not ready yet."))
    return FileResponse(
        file.open("rb"), as_attachment=True, filename=f"report-{found.wave.slug}-{found.edition}.{what}"
    )
