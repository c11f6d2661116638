from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from people.access import require_conduct
from people.models import Skill
from timebank.actions import pots as actions
from timebank.forms.pots import GiveForm, PotHoursForm, PotNameForm, PotSkillsForm
from timebank.models import Pot
from timebank.queries import home
from timebank.queries import pots as queries
from ui import forms
from ui.errors import DomainError, Invalid
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
            )
        except Invalid as error:
            form.add_domain_error(error)
        else:
            del request.session[DRAFT]
            request.session[OPENED] = str(pot.pk)
            messages.success(request, _("Your pot is open. Give it its first hour, or ask for help from it."))
            return redirect("timebank:pot", pot.pk)
    return _question(request, form, 3)


def _question(request: HttpRequest, form: forms.Form, number: int) -> HttpResponse:
    context = {"form": form, "number": number}
    return render(request, "timebank/open_pot.html", context, status=422 if form.errors else 200)


@require_safe
def pot(request: HttpRequest, pot_id: Any) -> HttpResponse:
    found = queries.pot_page(pot_id, request.user)
    return render(request, "timebank/pot.html", {"found": found, "pot": found.pot})


@require_conduct
def give(request: HttpRequest, pot_id: Any) -> HttpResponse:
    found = queries.pot_page(pot_id, request.user)
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
