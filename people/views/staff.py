"""Staff pages: roles, people, complaints."""

from datetime import datetime, time
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people import queries, rules
from people.access import require_role, safe_path
from people.actions import accounts, privacy
from people.actions import roles as role_actions
from people.forms import BringAboardForm, OutcomeForm, PersonSearch, ReasonForm, RoleForm
from people.models import DataComplaint, RoleGrant, User
from people.roles import ROLES
from ui.errors import DomainError, Invalid, Missing
from ui.views import ListPage


class PeopleList(ListPage):
    """Find somebody."""

    template_name = "people/staff/people.html"
    title = gettext_lazy("People")
    filter_form = PersonSearch

    def items(self, **filters: Any) -> Any:
        return queries.people_found(**filters)


people = require_role("administrator")(PeopleList.as_view())


def _user(user_id: Any) -> User:
    user = User.objects.filter(pk=user_id, closed_at=None).first()
    if user is None:
        raise Missing
    return user


@require_role("administrator")
def roles(request: HttpRequest, user_id: Any) -> HttpResponse:
    """Somebody's roles, and giving one."""
    user = _user(user_id)
    form = RoleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        last_day = form.cleaned_data["until"]
        until = timezone.make_aware(datetime.combine(last_day, time.max)) if last_day else None
        try:
            role_actions.grant(
                by=request.user,  # type: ignore[arg-type]  # signed in
                user=user,
                role=form.cleaned_data["role"],
                reason=form.cleaned_data["reason"],
                until=until,
                scope=form.cleaned_data["scope"],
            )
        except DomainError as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("The role is given."))
            return redirect("people:roles", user.pk)
    context = {"form": form, "member": user, "grants": queries.grants_of(user)}
    return render(request, "people/staff/roles.html", context, status=422 if form.errors else 200)


@require_role("administrator")
def end_role(request: HttpRequest, grant_id: Any) -> HttpResponse:
    """Taking a role away."""
    grant = RoleGrant.objects.select_related("user").filter(pk=grant_id).first()
    if grant is None:
        raise Missing
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            role_actions.revoke(by=request.user, grant=grant, reason=form.cleaned_data["reason"])  # type: ignore[arg-type]  # signed in
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("The role has ended."))
            return redirect("people:roles", grant.user_id)
    context = {"form": form, "grant": grant, "role": ROLES[grant.role]}
    return render(request, "people/staff/end_role.html", context, status=422 if form.errors else 200)


@require_role("broker", "administrator")
def bring_aboard(request: HttpRequest) -> HttpResponse:
    """An account for somebody who needs a hand."""
    form = BringAboardForm(request.POST or None)
    form.page_heading = None
    if request.method == "POST" and form.is_valid():
        try:
            user = accounts.bring_aboard(by=request.user, **form.cleaned_data)  # type: ignore[arg-type]  # signed in
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("%(name)s is on board.") % {"name": user.name})
            if back := safe_path(request.GET.get("next", "")):  # on with what they came from, for this person
                return redirect(f"{back.partition('?')[0]}?{urlencode({'person': user.email or user.name})}")
            return redirect("people:person", user.pk)
    context = {
        "form": form,
        "may_see_people": rules.has_role(request.user, "administrator"),
        "back_to": safe_path(request.GET.get("next", "")),
    }
    return render(request, "people/staff/bring_aboard.html", context, status=422 if form.errors else 200)


class Complaints(ListPage):
    template_name = "people/staff/complaints.html"
    title = gettext_lazy("Data-protection complaints")
    empty = gettext_lazy("Nobody has complained.")

    def items(self, **filters: Any) -> Any:
        return queries.open_complaints()


complaints = require_role("administrator")(Complaints.as_view())


@require_role("administrator")
def complaint(request: HttpRequest, complaint_id: Any) -> HttpResponse:
    """One complaint: acknowledge it, then answer it."""
    found = DataComplaint.objects.select_related("user").filter(pk=complaint_id).first()
    if found is None:
        raise Missing
    acknowledging = request.method == "POST" and "acknowledge" in request.POST
    form = OutcomeForm(None if acknowledging else request.POST or None)
    if acknowledging or (request.method == "POST" and form.is_valid()):
        outcome = "" if acknowledging else form.cleaned_data["outcome"]
        privacy.answer_complaint(by=request.user, complaint=found, outcome=outcome)  # type: ignore[arg-type]  # signed in
        return redirect("people:complaints")
    context = {"form": form, "complaint": found, "due": found.received_at + privacy.ACKNOWLEDGE_WITHIN}
    return render(request, "people/staff/complaint.html", context, status=422 if form.errors else 200)
