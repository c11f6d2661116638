"""Pages of pauses: for staff who decide, and the one page that a paused person has."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from people import rules
from people.access import require_role
from people.models import Appeal, User
from people.pauses import actions, queries
from people.pauses.forms import AppealForm, DecideForm, LiftForm, PauseForm, RenewForm
from ui.errors import Invalid, Missing
from ui.views import ListPage

# --- For the person whose account is paused ---


@require_safe
def paused(request: HttpRequest) -> HttpResponse:
    """What happened, what it means, until when, and what can be done: all that a paused person may reach leads from here."""
    user: Any = request.user
    suspension = queries.open_pause_of(user)
    if suspension is None:
        return redirect("ui:home")
    latest = queries.latest_appeal(suspension)
    context = {
        "suspension": suspension,
        "latest_appeal": latest,
        "may_appeal": queries.may_appeal(suspension, latest),
        "contact": settings.REPLY_TO_EMAIL,
    }
    return render(request, "people/pauses/paused.html", context)


def appeal(request: HttpRequest) -> HttpResponse:
    """What the paused person says against it."""
    user: Any = request.user
    suspension = queries.open_pause_of(user)
    if suspension is None or not queries.may_appeal(suspension, queries.latest_appeal(suspension)):
        return redirect("people:paused")
    form = AppealForm(request.POST or None)
    form.page_heading = "text"
    if request.method == "POST" and form.is_valid():
        actions.appeal(by=user, text=form.cleaned_data["text"])
        messages.success(request, _("Your appeal is sent."))
        return redirect("people:paused")
    return render(request, "people/pauses/appeal.html", {"form": form}, status=422 if form.errors else 200)


# --- For those who decide ---


class Pauses(ListPage):
    """Everybody who is paused now, those who appealed first; with `?ended=1` the pauses of before."""

    template_name = "people/pauses/pauses.html"
    title = gettext_lazy("Paused accounts")
    empty = gettext_lazy("Nobody is paused.")

    def items(self, **filters: Any) -> Any:
        return queries.pauses_for(self.request.user, ended="ended" in self.request.GET)  # type: ignore[arg-type]  # signed in

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"ended": "ended" in self.request.GET}


pauses = require_role(*rules.PAUSERS)(Pauses.as_view())


@require_role(*rules.PAUSERS)
def pause(request: HttpRequest, user_id: Any) -> HttpResponse:
    """Pausing an account: what it would do, why, what the person reads, until when."""
    by: Any = request.user
    user = User.objects.filter(pk=user_id, closed_at=None).first()
    if user is None:
        raise Missing
    rules.check_may_pause(by, user)
    if standing := queries.open_pause_of(user):
        return redirect("people:suspension", standing.pk)
    form = PauseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.suspend(
                by=by, user=user, why=form.cleaned_data["why"], words=form.cleaned_data["words"], until=form.end()
            )
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("%(name)s is paused, and has been told.") % {"name": user})
            return redirect("people:suspension", made.pk)
    context = {"form": form, "member": user, "steps": queries.pausing_steps(user)}
    return render(request, "people/pauses/pause.html", context, status=422 if form.errors else 200)


@require_safe
@require_role(*rules.PAUSERS)
def suspension(request: HttpRequest, suspension_id: Any) -> HttpResponse:
    """One pause: what was decided, what the person says, and what can be done now."""
    viewer: Any = request.user
    found = queries.pause_for(viewer, suspension_id)
    appeals = list(found.appeals.select_related("decided_by").order_by("at", "id"))
    part = viewer.pk in queries.took_part(found)
    context = {
        "suspension": found,
        "appeals": appeals,
        "open_appeal": next((one for one in appeals if one.decided_at is None), None),
        "may_decide": not part,
        "may_renew": found.lifted_at is None and viewer.pk != found.by_id,
    }
    return render(request, "people/pauses/suspension.html", context)


@require_role(*rules.PAUSERS)
def renew(request: HttpRequest, suspension_id: Any) -> HttpResponse:
    """A second person makes a pause longer."""
    by: Any = request.user
    found = queries.pause_for(by, suspension_id)
    form = RenewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.renew(by=by, suspension=found, why=form.cleaned_data["why"], until=form.end())
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("The pause lasts longer, and %(name)s has been told.") % {"name": found.user})
            return redirect("people:suspension", found.pk)
    context = {"form": form, "suspension": found, "title": _("Make this pause longer"), "button": _("Make it longer")}
    return render(request, "people/pauses/question.html", context, status=422 if form.errors else 200)


@require_role(*rules.PAUSERS)
def lift(request: HttpRequest, suspension_id: Any) -> HttpResponse:
    """Ending a pause before its time."""
    by: Any = request.user
    found = queries.pause_for(by, suspension_id)
    form = LiftForm(request.POST or None)
    form.page_heading = None
    if request.method == "POST" and form.is_valid():
        actions.lift(by=by, suspension=found, reason=form.cleaned_data["reason"])
        messages.success(request, _("The pause is lifted, and %(name)s has been told.") % {"name": found.user})
        return redirect("people:suspension", found.pk)
    context = {"form": form, "suspension": found, "title": _("Lift this pause"), "button": _("Lift it now")}
    return render(request, "people/pauses/question.html", context, status=422 if form.errors else 200)


@require_role(*rules.PAUSERS)
def decide_appeal(request: HttpRequest, appeal_id: Any) -> HttpResponse:
    """Somebody who had no part in the pause decides about the appeal."""
    by: Any = request.user
    found = Appeal.objects.select_related("suspension__user").filter(pk=appeal_id).first()
    if found is None:
        raise Missing
    pause = queries.pause_for(by, found.suspension_id)
    if by.pk in queries.took_part(pause):
        return redirect("people:suspension", pause.pk)
    form = DecideForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.decide_appeal(by=by, appeal=found, **form.cleaned_data)
        messages.success(request, _("Decided. %(name)s has been told.") % {"name": pause.user})
        return redirect("people:suspension", pause.pk)
    context = {"form": form, "suspension": pause, "appeal": found}
    return render(request, "people/pauses/decide.html", context, status=422 if form.errors else 200)
