"""A member's record of contribution, their reflections, and what others see."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from timebank.actions import record as actions
from timebank.forms.record import ReflectionForm, ShownForm, chosen
from timebank.forms.statement import PeriodForm
from timebank.queries import record as queries
from ui import pdf
from ui.asked import as_id
from ui.downloads import attachment
from ui.errors import Invalid


def _asked(request: HttpRequest) -> tuple[PeriodForm, queries.Record]:
    """The period in the address, and its record; what cannot be read is left out, and its error shown."""
    begins, ends = queries.last_year()
    form = PeriodForm(request.GET) if request.GET else PeriodForm(initial={"since": begins, "until": ends})
    days = form.cleaned_data if form.is_bound and form.is_valid() else {}
    since, until = days.get("since") or begins, days.get("until") or ends
    return form, queries.record_of(request.user, min(since, until), until)


@require_safe
def record(request: HttpRequest) -> HttpResponse:
    form, found = _asked(request)
    return render(request, "timebank/record.html", {"form": form, "record": found, "asked": request.GET.urlencode()})


@require_safe
def as_pdf(request: HttpRequest) -> HttpResponseBase:
    _form, found = _asked(request)
    context = {"owner": request.user, "record": found, "made_on": timezone.localdate()}
    content = pdf.render("timebank/record_pdf.html", context)
    return attachment(content, f"record-of-contribution-{found.until:%Y-%m-%d}.pdf", "application/pdf", shown=True)


def write(request: HttpRequest) -> HttpResponse:
    exchange = queries.exchange_to_reflect_on(request.user, as_id(request.GET.get("exchange")))
    day = timezone.localtime(exchange.settled_at).date() if exchange and exchange.settled_at else timezone.localdate()
    form = ReflectionForm(request.POST or None, initial={"on": day})
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            actions.reflect(
                by=request.user,  # type: ignore[arg-type]  # signed in
                text=asked["text"],
                on=asked["on"],
                exchange=exchange,
                key=str(asked["key"]),
            )
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Kept in your record."))
            return redirect("timebank:record")
    context = {"form": form, "exchange": exchange, "reflection": None}
    return render(request, "timebank/reflection.html", context, status=422 if form.errors else 200)


def change(request: HttpRequest, reflection_id: Any) -> HttpResponse:
    found = queries.reflection_for(request.user, reflection_id)
    form = ReflectionForm(request.POST or None, initial={"text": found.text, "on": found.on})
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            actions.rewrite(by=request.user, reflection=found, text=asked["text"], on=asked["on"])  # type: ignore[arg-type]  # signed in
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Changed."))
            return redirect("timebank:record")
    context = {"form": form, "exchange": found.exchange, "reflection": found}
    return render(request, "timebank/reflection.html", context, status=422 if form.errors else 200)


@require_POST
def delete(request: HttpRequest, reflection_id: Any) -> HttpResponse:
    actions.forget(by=request.user, reflection=queries.reflection_for(request.user, reflection_id))  # type: ignore[arg-type]  # signed in
    messages.success(request, _("Deleted."))
    return redirect("timebank:record")


def shown(request: HttpRequest) -> HttpResponse:
    form = ShownForm(request.POST or None, initial=chosen(request.user))
    if request.method == "POST" and form.is_valid():
        actions.show(by=request.user, **form.cleaned_data)  # type: ignore[arg-type]  # signed in
        messages.success(request, _("Saved. Your page shows it from now on."))
        return redirect("people:person", request.user.pk)
    return render(request, "timebank/shown.html", {"form": form}, status=422 if form.errors else 200)
