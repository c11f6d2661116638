"""The broker's desk: doing for a member what they asked for, and recording for people who are not online."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from people.access import require_role
from timebank.actions import desk as actions
from timebank.actions import offline
from timebank.forms.desk import HoursForForm, OfflineForm, OnBehalfForm, ProposeForForm
from timebank.models import Exchange
from timebank.queries import corrections, desk_people
from timebank.rules import Step
from ui.asked import as_id
from ui.errors import DomainError, Invalid, Missing
from ui.forms import Form

FORMS: dict[str, type[Form]] = {Step.ANSWER: OnBehalfForm, Step.RECORD: HoursForForm}


@require_role("broker")
def propose(request: HttpRequest, user_id: Any) -> HttpResponse:
    member = desk_people.member(user_id)
    form = ProposeForForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            actions.propose_for(
                by=request.user,
                member=member,
                other=corrections.person_named(asked["other"], "other"),
                gives=asked["gives"] == "member",
                minutes=asked["minutes"],
                message=asked["message"],
                key=f"desk:{asked['key']}",
            )
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Proposed for %(name)s, and they are told.") % {"name": member})
            return redirect("timebank:desk_member", member.pk)
    title = _("Propose an exchange for %(name)s") % {"name": member}
    return _ask(request, form, title, member, button=_("Propose it for them"))


@require_role("broker")
def step(request: HttpRequest, user_id: Any, exchange_id: Any) -> HttpResponse:
    """The one thing that an exchange waits for from a member: a yes, or their hours."""
    member = desk_people.member(user_id)
    card = desk_people.card_of(member, exchange_id)
    if card is None:
        raise Missing(_("We cannot find that exchange of theirs."))
    form_class = FORMS.get(card.step)
    if (
        request.method == "POST"
    ):  # as it was sent: a second click finds the step made, and the action says so or does nothing
        form_class = HoursForForm if "minutes" in request.POST else OnBehalfForm
    if form_class is None:
        raise DomainError(_("This exchange waits for nothing that you could do for %(name)s.") % {"name": member})
    form = form_class(request.POST or None, initial={"minutes": card.exchange.minutes})
    if request.method == "POST" and form.is_valid():
        try:
            _do(request, member, card.exchange, form.cleaned_data)
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Done for %(name)s, and they are told.") % {"name": member})
            return redirect("timebank:desk_member", member.pk)
    title = (
        _("Record hours for %(name)s") if form_class is HoursForForm else _("Say yes for %(name)s")
    ) % {"name": member}  # fmt: skip
    button = _("Record the hours for them") if form_class is HoursForForm else _("Say yes for them")
    return _ask(request, form, title, member, button=button, card=card)


def _do(request: HttpRequest, member: Any, exchange: Exchange, asked: dict[str, Any]) -> None:
    if "minutes" in asked:
        actions.record_for(
            by=request.user,
            member=member,
            exchange=exchange,
            minutes=asked["minutes"],
            time_kind=asked["time_kind"],
            key=f"desk:{asked['key']}",
        )
    else:
        actions.accept_for(by=request.user, member=member, exchange=exchange)


def _ask(request: HttpRequest, form: Form, title: str, member: Any, **more: Any) -> HttpResponse:
    context = {"form": form, "title": title, "member": member, **more}
    return render(request, "timebank/desk/on_behalf.html", context, status=422 if form.errors else 200)


@require_role("broker")
def record_offline(request: HttpRequest) -> HttpResponse:
    """An exchange that has taken place between people who are not online. With `redoes` in the address it puts right one
    that was reversed."""
    redoes = _reversed(request)
    initial = (
        {"provider": _name(redoes.provider), "receiver": _name(redoes.receiver), "pot": redoes.pot or ""}
        if redoes
        else {"provider": request.GET.get("provider", "")[:254]}
    )
    form = OfflineForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            made = offline.record_offline(
                by=request.user,
                provider=corrections.person_named(asked["provider"], "provider"),
                receiver=corrections.person_named(asked["receiver"], "receiver"),
                pot=corrections.pot_named(asked["pot"], "pot"),
                minutes=asked["minutes"],
                happened_on=asked["happened_on"],
                reason=asked["reason"],
                redoes=redoes,
                key=f"desk:{asked['key']}",
            )
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Recorded and settled, and both are told."))
            return redirect("timebank:exchange", made.pk)
    context = {"form": form, "redoes": redoes}
    return render(request, "timebank/desk/offline.html", context, status=422 if form.errors else 200)


def _reversed(request: HttpRequest) -> Exchange | None:
    asked = request.GET.get("redoes")
    if not asked:
        return None
    found = desk_people.reversed_exchange(as_id(asked))
    if found is None:
        raise Missing(_("We cannot find that exchange."))
    return found


def _name(person: Any) -> str:
    return person.email or person.name
