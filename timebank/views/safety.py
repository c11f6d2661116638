"""Blocking the other side of an exchange. Their own page offers it too, but is closed across a block: here nothing says
whether there is one."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from people.actions import safety
from timebank.queries import exchanges as queries
from timebank.rules import Who
from ui.errors import Missing


def _other_side(request: HttpRequest, exchange_id: Any) -> queries.Page:
    """The exchange as one of its sides sees it. Raises Missing for who is no side of it, and where the other has left."""
    found = queries.page(exchange_id, request.user)
    if not found.who or found.other.closed_at is not None or found.other.pk == request.user.pk:
        raise Missing(_("We cannot find that exchange."))
    return found


@require_POST
def block(request: HttpRequest, exchange_id: Any) -> HttpResponse:
    found = _other_side(request, exchange_id)
    if Who.PROVIDER in found.who and found.exchange.hides_asker:  # the list of blocked people would name them
        raise Missing(_("You can block this person once they have said yes. Until then you can withdraw your offer."))
    safety.block(by=request.user, user=found.other)  # type: ignore[arg-type]  # signed in
    messages.success(request, _("You will not meet this person here. They are not told."))
    return redirect("people:blocks")
