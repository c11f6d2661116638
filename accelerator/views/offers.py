"""What somebody can do after a no: an hour with a coach, the next call, the improvement team, the community."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accelerator.actions import coaching as actions
from accelerator.models import Application
from accelerator.queries import apply as apply_queries
from accelerator.queries import coaching as queries
from accelerator.rules import apply as apply_rules
from people.rules import may_act


def _led(request: HttpRequest, pk: UUID) -> Application:
    """An application that this person leads; 404 for everybody else."""
    found = apply_queries.for_person(request.user, pk)
    if found is None or not apply_rules.is_lead(request.user, found):
        raise Http404
    return found


@require_safe
def offers(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What you can do now."""
    found = _led(request, pk)
    offered = queries.offers(found, actions.MINUTES)
    if offered is None:
        raise Http404
    context = {"application": found, "offers": offered, "may_act": may_act(request.user)}
    return render(request, "accelerator/review/offers.html", context)


@require_POST
def coaching(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Taking up the hour with a coach, in one tap."""
    actions.ask(by=request.user, application=_led(request, pk))
    messages.success(request, _("We have asked. You hear as soon as a coach offers a time."))
    return redirect("accelerator:offers", pk)
