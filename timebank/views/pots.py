from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from people.access import require_conduct
from people.models import Skill
from people.rules import check_may_act, may_act
from timebank.actions import exchanges, pot_people
from timebank.actions import pots as actions
from timebank.forms.pots import (
    ClosePotForm,
    GiveForm,
    InviteForm,
    OfferForm,
    PotEditForm,
    PotHoursForm,
    PotNameForm,
    PotSkillsForm,
)
from timebank.models import Pot
from timebank.queries import home
from timebank.queries import pots as queries
from timebank.queries.pot_page import PotPage, pot_page
from timebank.views.answers import yes_or_no
from ui import forms
from ui.errors import DomainError, Invalid, Missing, TooMany
from ui.formats import hours
from ui.views import ListPage

DRAFT = "timebank.open_pot"  # the answers to the three questions, in the session until the pot is opened
OPENED = "timebank.opened_pot"


class PotFilter(forms.Form):
    mark_optional = False
    q = forms.CharField(label=gettext_lazy("Search"), required=False, max_length=100)


class Pots(ListPage):
    template_name = "timebank/pots.html"
    title = gettext_lazy("Project pots")
    empty = gettext_lazy("No pot yet. Open one for your own project: it takes three questions.")
    filter_form = PotFilter

    def items(self, q: str = "") -> QuerySet:
        return queries.browse(q)


@require_conduct
def open_name(request: HttpRequest) -> HttpResponse:
    form = PotNameForm(request.POST or None, initial=request.session.get(DRAFT, {}))
    if request.method == "POST" and form.is_valid():
        request.session[DRAFT] = request.session.get(DRAFT, {}) | form.cleaned_data
        return redirect("timebank:open_pot_skills")
    return _question(request, form, 1)


@require_conduct
def open_skills(request: HttpRequest) -> HttpResponse:
    if DRAFT not in request.session:
        return redirect("timebank:open_pot")
    form = PotSkillsForm(request.POST or None, initial=request.session[DRAFT])
    if request.method == "POST" and form.is_valid():
        request.session[DRAFT] |= {"skills": [str(skill.pk) for skill in form.cleaned_data["skills"]]}
        request.session.modified = True
        return redirect("timebank:open_pot_hours")
    return _question(request, form, 2)


@require_conduct
def open_hours(request: HttpRequest) -> HttpResponse:
    draft = request.session.get(DRAFT)
    if draft is None:  # a second click: the pot is there already
        opened = request.session.get(OPENED)
        return redirect("timebank:pot", opened) if opened else redirect("timebank:open_pot")
    form = PotHoursForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            pot = actions.open_pot(
                by=request.user,
                kind=Pot.Kind.PROJECT,
                name=draft["name"],
                aim=draft["aim"],
                skills=Skill.objects.filter(pk__in=draft.get("skills", [])),
                wanted_minutes=form.cleaned_data["wanted_minutes"],
                ask_for_skills=True,
            )
        except Invalid as error:
            form.add_domain_error(error)
        else:
            del request.session[DRAFT]
            request.session[OPENED] = str(pot.pk)
            messages.success(request, _("Your pot is open, and what it needs is on the board. Give it its first hour."))
            return redirect("timebank:pot", pot.pk)
    return _question(request, form, 3)


def _question(request: HttpRequest, form: forms.Form, number: int) -> HttpResponse:
    context = {"form": form, "number": number}
    return render(request, "timebank/open_pot.html", context, status=422 if form.errors else 200)


@require_safe
def pot(request: HttpRequest, pot_id: Any) -> HttpResponse:
    found = pot_page(pot_id, request.user)
    context = {
        "found": found,
        "pot": found.pot,
        "may_act": may_act(request.user),
        "ask_from_it": f"{reverse('timebank:post_listing', args=['request'])}?pot={found.pot.pk}",
    }
    return render(request, "timebank/pot.html", context)


@require_conduct
def give(request: HttpRequest, pot_id: Any) -> HttpResponse:
    found = pot_page(pot_id, request.user)
    form = GiveForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            actions.give(
                by=request.user,
                to_pot=found.pot,
                minutes=asked["minutes"],
                memo=asked["memo"],
                key=f"give:{asked['key']}",
            )
        except Invalid as error:
            form.add_domain_error(error)
        except DomainError as error:  # the pot was closed meanwhile: said where the amount was typed
            form.add_error("minutes", str(error))
        else:
            messages.success(
                request,
                _("Thank you. You gave %(hours)s to %(pot)s.") % {"hours": hours(asked["minutes"]), "pot": found.pot},
            )
            return redirect("timebank:pot", found.pot.pk)
    context = {"pot": found.pot, "form": form, **home.standing(request.user), "words": home.giving_words(request.user)}
    return render(request, "timebank/give.html", context, status=422 if form.errors else 200)


def _run_by(request: HttpRequest, pot_id: Any) -> PotPage:
    """The page of an open pot, for one of its stewards. Raises Missing, DomainError once it is closed."""
    found = pot_page(pot_id, request.user)
    if not found.is_steward:
        raise Missing(_("We cannot find that pot."))
    check_may_act(request.user)
    actions.check_open(found.pot)
    return found


def edit(request: HttpRequest, pot_id: Any) -> HttpResponse:
    pot = _run_by(request, pot_id).pot
    known = {"name": pot.name, "aim": pot.aim, "wanted_minutes": pot.wanted_minutes, "skills": pot.skills.all()}
    form = PotEditForm(request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        try:
            actions.edit_pot(by=request.user, pot=pot, **form.cleaned_data)
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Saved."))
            return redirect("timebank:pot", pot.pk)
    return render(request, "timebank/pot_edit.html", {"form": form, "pot": pot}, status=422 if form.errors else 200)


def close(request: HttpRequest, pot_id: Any) -> HttpResponse:
    found = pot_page(pot_id, request.user)
    if not found.is_steward:
        raise Missing(_("We cannot find that pot."))
    check_may_act(request.user)
    form = ClosePotForm(request.POST or None, pot=found.pot)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            actions.close_pot(
                by=request.user, pot=found.pot, close_out=asked["close_out"], to_pot=asked["to_pot"],
                key=f"close:{asked['key']}",
            )  # fmt: skip
        except Invalid as error:
            form.add_domain_error(error)
        except DomainError as error:  # hours are promised: said where it was tried, with what was typed
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Closed. Everybody who gave time to it is told what changed."))
            return redirect("timebank:pot", found.pot.pk)
    context = {"form": form, "pot": found.pot, "found": found}
    return render(request, "timebank/pot_close.html", context, status=422 if form.errors else 200)


def people(request: HttpRequest, pot_id: Any) -> HttpResponse:
    """Who looks after the pot, who was asked, and the join link."""
    found = _run_by(request, pot_id)
    form, status = InviteForm(request.POST or None), 422
    if request.method == "POST" and form.is_valid():
        try:
            pot_people.invite(by=request.user, pot=found.pot, email=form.cleaned_data["email"])
        except (Invalid, TooMany) as error:
            form.add_domain_error(error)
            status = error.status
        else:
            messages.success(request, _("Asked. We have written to %(email)s.") % {"email": form.cleaned_data["email"]})
            return redirect("timebank:pot_people", found.pot.pk)
    join_url = settings.SITE_URL.rstrip("/") + reverse("timebank:pot_join", args=[found.pot.join_code])
    context = {"form": form, "pot": found.pot, "found": found, "join_url": join_url}
    return render(request, "timebank/pot_people.html", context, status=status if form.errors else 200)


@require_POST
def new_link(request: HttpRequest, pot_id: Any) -> HttpResponse:
    found = _run_by(request, pot_id)
    pot_people.new_link(by=request.user, pot=found.pot)
    messages.success(request, _("There is a new link. The old one no longer works."))
    return redirect("timebank:pot_people", found.pot.pk)


@require_POST
def resign(request: HttpRequest, pot_id: Any) -> HttpResponse:
    found = pot_page(pot_id, request.user)
    if not found.is_steward:
        raise Missing(_("We cannot find that pot."))
    pot_people.resign(by=request.user, pot=found.pot)
    messages.success(request, _("Done. Thank you for looking after it."))
    return redirect("timebank:pots")


@require_POST
def answer(request: HttpRequest, pot_id: Any) -> HttpResponse:
    """Yes or no to running a pot too."""
    found = pot_page(pot_id, request.user)
    yes = yes_or_no(request)
    pot_people.answer_invitation(by=request.user, pot=found.pot, yes=yes)
    messages.success(request, _("Thank you. You look after it together now.") if yes else _("Thank you for answering."))
    return redirect("timebank:pot", found.pot.pk) if yes else redirect("timebank:pots")


@require_conduct
def join(request: HttpRequest, code: str) -> HttpResponse:
    """Where the join link leads. Opening it changes nothing: the button does."""
    pot = pot_people.by_code(code, request.user)
    if request.method == "POST":
        pot_people.join(by=request.user, code=code)
        messages.success(request, _("You joined. You hear what it needs, and you can offer it an hour."))
        return redirect("timebank:pot", pot.pk)
    return render(request, "timebank/pot_join.html", {"pot": pot})


@require_POST
def leave(request: HttpRequest, pot_id: Any) -> HttpResponse:
    found = pot_page(pot_id, request.user)
    pot_people.leave_pot(by=request.user, pot=found.pot)
    messages.success(request, _("You no longer hear what it needs."))
    return redirect("timebank:pot", found.pot.pk)


@require_POST
def named(request: HttpRequest, pot_id: Any) -> HttpResponse:
    found = pot_page(pot_id, request.user)
    yes = yes_or_no(request)
    pot_people.be_named(by=request.user, pot=found.pot, yes=yes)
    messages.success(request, _("You are named on the page.") if yes else _("You are no longer named on the page."))
    return redirect("timebank:pot", found.pot.pk)


@require_conduct
def offer(request: HttpRequest, pot_id: Any) -> HttpResponse:
    """Offers one's own time to a pot: a proposal that one of its stewards answers."""
    found = pot_page(pot_id, request.user)
    actions.check_open(found.pot)
    if found.is_steward or not found.stewards:
        raise Missing(_("This pot cannot be offered time by you."))
    form = OfferForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            exchange = exchanges.propose(
                by=request.user, provider=request.user, receiver=found.stewards[0], pot=found.pot,
                minutes=asked["minutes"], message=asked["message"], key=str(asked["key"]),
            )  # fmt: skip
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Sent. We will tell you as soon as there is an answer."))
            return redirect("timebank:exchange", exchange.pk)
    context = {"form": form, "pot": found.pot}
    return render(request, "timebank/pot_offer.html", context, status=422 if form.errors else 200)
