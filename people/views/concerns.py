"""Saying that one is worried, and reporting: the same two pages for everything in which people or their words appear."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from people import concerns, limits, queries, rules
from people.access import ip_key
from people.actions import safety
from people.forms import ReportForm, VisitorWorryForm, WorryForm
from people.models import Report, SafeguardingCase
from ui.errors import Invalid, Missing


@login_not_required
def worried(request: HttpRequest, kind: str = "", object_id: Any = "") -> HttpResponse:
    """ "I am worried about someone": a restricted case. People without an account say where to answer."""
    viewer: Any = request.user
    member = viewer.is_authenticated
    try:
        seen = concerns.see(kind, object_id, viewer) if kind else None
    except Missing:
        if member:
            raise
        return redirect_to_login(request.get_full_path())
    people = seen.others(viewer) if seen else {}
    form = (WorryForm if member else VisitorWorryForm)(request.POST or None, people=people)
    if request.method == "POST" and form.is_valid():
        if not member:
            limits.count("concern-from-ip", ip_key(request))
            limits.count("concern-by-address", form.cleaned_data["email"].lower())
        said = {**form.cleaned_data, "about": form.person()}
        try:
            case = safety.open_case(by=viewer if member else None, kind=kind, object_id=object_id, **said)
        except Invalid as error:
            form.add_domain_error(error)
        else:
            sent = {"handlers": queries.handlers_of(case), "read_by": rules.read_by(case.at), "seen": seen}
            return render(request, "people/worried_sent.html", sent)
    kept_from = (seen.kept_from() if seen else set()) - {viewer.pk}
    context = {
        "form": form,
        "seen": seen,
        "people": list(people.values()),
        "handlers": queries.handlers_for(SafeguardingCase, kept_from),
    }
    return render(request, "people/worried.html", context, status=422 if form.errors else 200)


def report(request: HttpRequest, kind: str, object_id: Any) -> HttpResponse:
    """Tell the time brokers that something breaks the code of conduct. Nobody reports what is theirs alone: 404."""
    viewer: Any = request.user
    seen = concerns.see(kind, object_id, viewer)
    people = seen.others(viewer)
    if seen.people and not people:
        raise Missing
    form = ReportForm(request.POST or None, people=people)
    if request.method == "POST" and form.is_valid():
        said = {**form.cleaned_data, "about": form.person()}
        try:
            made = safety.report(by=viewer, kind=kind, object_id=object_id, **said)
        except Invalid as error:
            form.add_domain_error(error)
        else:
            context = {"handlers": queries.handlers_of(made), "seen": seen, "about": made.about}
            return render(request, "people/report_sent.html", context)
    context = {
        "form": form,
        "seen": seen,
        "people": list(people.values()),
        "handlers": queries.handlers_for(Report, {*seen.kept_from(), viewer.pk}),
    }
    return render(request, "people/report.html", context, status=422 if form.errors else 200)
