"""Reports and safeguarding cases, for those who handle them. Whoever one is kept from gets what they would get if there
were none: `queries.report_for` and `queries.case_for` decide."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from people import queries, rules
from people.access import require_role
from people.actions import safety
from people.forms import CloseReportForm, HandOnForm, NoteForm, WhoForm
from ui.errors import Invalid
from ui.views import ListPage

handles_reports = require_role("broker", "administrator")
handles_cases = require_role("safeguarding_lead", "administrator")


class Reports(ListPage):
    template_name = "people/staff/reports.html"
    title = gettext_lazy("Reports")
    empty = gettext_lazy("No report waits for you.")

    def items(self, **filters: Any) -> Any:
        return queries.reports_for(self.request.user)  # type: ignore[arg-type]  # signed in


reports = handles_reports(Reports.as_view())


@handles_reports
def report(request: HttpRequest, report_id: Any) -> HttpResponse:
    """One report, and what came of it."""
    user: Any = request.user
    found = queries.report_for(user, report_id)
    form = CloseReportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        safety.close_report(by=user, report=found, **form.cleaned_data)
        messages.success(request, _("Closed. Whoever reported it hears what you found."))
        return redirect("people:reports")
    return render(
        request, "people/staff/report.html", {"form": form, "report": found}, status=422 if form.errors else 200
    )


class Cases(ListPage):
    template_name = "people/staff/cases.html"
    title = gettext_lazy("Safeguarding cases")
    empty = gettext_lazy("No case is open.")

    def items(self, **filters: Any) -> Any:
        return queries.cases_for(self.request.user)  # type: ignore[arg-type]  # signed in


cases = handles_cases(Cases.as_view())


@handles_cases
def case(request: HttpRequest, case_id: Any) -> HttpResponse:
    """One case, and what was done about it."""
    user: Any = request.user
    found = queries.case_for(user, case_id)
    form = NoteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            safety.add_note(by=user, case=found, text=form.cleaned_data["text"], close="close" in request.POST)
        except Invalid as error:
            form.add_domain_error(error)
        else:
            return redirect("people:case", found.pk)
    context = {
        "form": form,
        "case": found,
        "notes": found.notes.select_related("by", "to").order_by("at", "id"),
        "read_by": rules.read_by(found.waits_since) if found.waits_since else None,
        "others": [person for person in queries.handlers_of(found) if person != user],
    }
    return render(request, "people/staff/case.html", context, status=422 if form.errors else 200)


@require_POST
@handles_cases
def take(request: HttpRequest, case_id: Any) -> HttpResponse:
    """I have read it, and look after it."""
    user: Any = request.user
    found = queries.case_for(user, case_id)
    safety.take_case(by=user, case=found)
    messages.success(request, _("You look after this case. Whoever raised it hears that you have read it."))
    return redirect("people:case", found.pk)


@handles_cases
def hand_on(request: HttpRequest, case_id: Any) -> HttpResponse:
    """Handing a case on to somebody else who may read it."""
    user: Any = request.user
    found = queries.case_for(user, case_id)
    people = [person for person in queries.handlers_of(found) if person != user]
    form = HandOnForm(request.POST or None, people=people)
    if request.method == "POST" and form.is_valid():
        try:
            safety.hand_on(by=user, case=found, to=form.person(), text=form.cleaned_data["text"])
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("%(name)s is told at once.") % {"name": form.person()})
            return redirect("people:case", found.pk)
    return render(
        request, "people/staff/hand_on.html", {"form": form, "case": found}, status=422 if form.errors else 200
    )


@handles_cases
def name_person(request: HttpRequest, case_id: Any) -> HttpResponse:
    """Saying whom a case is about, who then never finds it."""
    user: Any = request.user
    found = queries.case_for(user, case_id)
    form = WhoForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            safety.name_person(by=user, case=found, user=form.person())
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("This case is kept from %(name)s.") % {"name": form.person()})
            return redirect("people:case", found.pk)
    return render(
        request, "people/staff/name_person.html", {"form": form, "case": found}, status=422 if form.errors else 200
    )


@require_safe
@handles_cases
def case_where(request: HttpRequest, case_id: Any) -> HttpResponse:
    """Where a worry came from. A GET, although each look is logged: opening it is the reading that the log is about."""
    return _where(request, queries.case_for(request.user, case_id), "people:case")  # type: ignore[arg-type]  # signed in


@require_safe
@handles_reports
def report_where(request: HttpRequest, report_id: Any) -> HttpResponse:
    """Where something was reported; logged like `case_where`."""
    return _where(request, queries.report_for(request.user, report_id), "people:report")  # type: ignore[arg-type]  # signed in


def _where(request: HttpRequest, concern: Any, back: str) -> HttpResponse:
    seen = safety.look_where(by=request.user, concern=concern)  # type: ignore[arg-type]  # signed in
    context = {"concern": concern, "seen": seen, "around": seen.around() if seen else [], "back": back}
    return render(request, "people/staff/where.html", context)
