"""The policy and its versions: brokers read them, administrators change them."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from people.access import require_role
from people.rules import has_role
from timebank.actions import policy as actions
from timebank.forms.desk import PolicyForm
from timebank.models import Policy
from timebank.queries import policy as queries
from ui.errors import Invalid
from ui.views import pagination

LISTED = 20  # versions on a page
SHOWN = 20  # people whom a new floor would leave under it


@require_safe
@require_role("broker", "administrator")
def versions(request: HttpRequest) -> HttpResponse:
    found = queries.versions()
    listed = Paginator(found, LISTED).get_page(request.GET.get("page"))
    context = {
        "versions": [(each, queries.STATES[each.state]) for each in listed],
        "pages": pagination(request, listed),
        "in_force": next(each for each in found if each.state == "in_force"),
        "may_change": has_role(request.user, "administrator"),
    }
    return render(request, "timebank/desk/policy.html", context)


@require_safe
@require_role("broker", "administrator")
def version(request: HttpRequest, number: int) -> HttpResponse:
    found = queries.version(number)
    is_draft = found.state == "draft"
    context: dict[str, Any] = {
        "found": found,
        "state": queries.STATES[found.state],
        "is_draft": is_draft,
        "may_change": has_role(request.user, "administrator"),
    }
    if is_draft:
        under = queries.would_be_under(found.policy)
        context |= {"under": under[:SHOWN], "under_count": under.count()}
    return render(request, "timebank/desk/policy_version.html", context)


@require_role("administrator")
def draft(request: HttpRequest) -> HttpResponse:
    now = Policy.objects.in_force()
    form = PolicyForm(request.POST or None, initial={name: getattr(now, name) for name in queries.names()})
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        changes = {name: asked[name] for name in queries.names() if asked[name] != getattr(now, name)}
        try:
            if not changes:
                first = queries.names()[0]
                raise Invalid(_("Nothing is different from the policy in force. Change a number first."), field=first)
            made = actions.draft(by=request.user, reason=asked["reason"], **changes)
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Saved as a draft. It changes nothing until you publish it."))
            return redirect("timebank:policy_version", made.version)
    return render(request, "timebank/desk/policy_draft.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
@require_role("administrator")
def publish(request: HttpRequest, number: int) -> HttpResponse:
    actions.publish(policy=queries.version(number).policy, by=request.user)
    messages.success(request, _("Published. It is in force from now on."))
    return redirect("timebank:policy")
