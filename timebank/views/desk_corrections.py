"""The broker's desk: corrections in two steps. First what and why; then what every balance will come to, in words."""

from abc import ABC, abstractmethod
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from people.access import require_role
from timebank.actions import corrections as actions
from timebank.actions import ledger
from timebank.forms.desk import AdjustForm, GrantForm, ReverseForm
from timebank.models import Account
from timebank.queries import corrections as queries
from timebank.queries import desk_people
from ui.errors import DomainError, Invalid
from ui.formats import hours
from ui.forms import Form

Legs = list[tuple[Account, int]]


class TwoSteps(View, ABC):
    """Asks, shows the effect, and does it when that page is sent. Subclasses give `form_class`, `legs`, `act`, `done_url`."""

    form_class: type[Form] = GrantForm
    title: Any = ""
    intro: Any = ""
    button: Any = ""
    said: Any = ""

    @abstractmethod
    def legs(self, asked: dict[str, Any]) -> Legs:
        """What would be moved. May raise Invalid."""

    @abstractmethod
    def act(self, legs: Legs, asked: dict[str, Any]) -> None:
        """Does it. May raise a DomainError, which is shown on the form."""

    def done_url(self) -> str:
        return reverse("timebank:desk")

    def initial(self) -> dict[str, Any]:
        return {}

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return self._ask(self.form_class(initial=self.initial()))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = self.form_class(request.POST)
        if "change" in request.POST:
            return self._ask(self.form_class(initial=request.POST.dict()))
        if not form.is_valid():
            return self._ask(form)
        asked = form.cleaned_data | {"key": f"desk:{form.cleaned_data['key']}"}
        try:
            legs = self.legs(asked)
            actions.check_no_party(request.user, [account for account, _minutes in legs])
            if "confirm" not in request.POST:
                return self._check(form, legs)
            if asked["seen"] != queries.seen(legs) and not queries.done_before(request.user, asked["key"]):
                messages.warning(request, _("The balances have changed since you opened this page. Look again."))
                return self._check(form, legs, status=422)
            self.act(legs, asked)
        except Invalid as error:
            form.add_domain_error(error)
        except ledger.NotEnough as error:
            form.add_error("minutes", str(error))
        else:
            messages.success(request, self.said % {"time": hours(asked["minutes"])})
            return redirect(self.done_url())
        return self._ask(form)

    def _ask(self, form: Form) -> HttpResponse:
        context = {"form": form, "title": self.title, "intro": self.intro, "back_url": self.done_url()}
        return render(self.request, "timebank/desk/correct.html", context, status=422 if form.errors else 200)

    def _check(self, form: Form, legs: Legs, *, status: int = 200) -> HttpResponse:
        carried = {name: form.data.get(name, "") for name in form.fields} | {"seen": queries.seen(legs)}
        context = {
            "title": self.title,
            "button": self.button,
            "effects": queries.effects(legs),
            "carried": carried,
            "minutes": form.cleaned_data["minutes"],
            "reason": form.cleaned_data["reason"],
        }
        return render(self.request, "timebank/desk/check.html", context, status=status)


@method_decorator(require_role("broker"), name="dispatch")
class Adjust(TwoSteps):
    form_class = AdjustForm
    title = gettext_lazy("Move hours between two accounts")
    intro = gettext_lazy("It makes a new entry with your reason; both sides are told. Nothing is edited away.")
    button = gettext_lazy("Move the hours, and tell both")
    said = gettext_lazy("Moved: %(time)s. Both sides are told.")

    def initial(self) -> dict[str, Any]:
        return {"payer": self.request.GET.get("from", "")[:254]}

    def legs(self, asked: dict[str, Any]) -> Legs:
        payer, payee = (self._account(asked[field], field) for field in ("payer", "payee"))
        if payer.pk == payee.pk:
            raise Invalid(_("Choose two different accounts."), field="payee")
        return [(payer, -asked["minutes"]), (payee, asked["minutes"])]

    @staticmethod
    def _account(words: str, field: str) -> Account:
        owner = queries.owner_named(words, field)
        if owner is None:
            return ledger.system_account(Account.COMMUNITY_POT)
        return (
            ledger.account_for(pot=owner) if owner._meta.label == "timebank.Pot" else ledger.account_for(member=owner)
        )

    def act(self, legs: Legs, asked: dict[str, Any]) -> None:
        (payer, _less), (payee, more) = legs
        actions.adjust(
            by=self.request.user, payer=payer, payee=payee, minutes=more, reason=asked["reason"], key=asked["key"]
        )


@method_decorator(require_role("broker"), name="dispatch")
class Grant(TwoSteps):
    title = gettext_lazy("Give hours from the community pot")
    intro = gettext_lazy("For somebody who cannot earn at the moment: illness, caring, a shift pattern.")
    button = gettext_lazy("Give the hours")
    said = gettext_lazy("Given: %(time)s, and they are told.")

    def legs(self, asked: dict[str, Any]) -> Legs:
        taker = ledger.account_for(member=desk_people.member(self.kwargs["user_id"]))
        return [(ledger.system_account(Account.COMMUNITY_POT), -asked["minutes"]), (taker, asked["minutes"])]

    def act(self, legs: Legs, asked: dict[str, Any]) -> None:
        actions.grant(
            by=self.request.user,
            member=legs[1][0].member,
            minutes=asked["minutes"],
            reason=asked["reason"],
            key=asked["key"],
        )

    def done_url(self) -> str:
        return reverse("timebank:desk_member", args=[desk_people.member(self.kwargs["user_id"]).pk])


@require_role("broker")
def reverse_transfer(request: HttpRequest, transfer_id: Any) -> HttpResponse:
    """One transfer: what reversing it does to each balance, and doing it."""
    found = queries.transfer(transfer_id)
    legs = queries.undoing(found)
    actions.check_no_party(request.user, [account for account, _minutes in legs])
    form = ReverseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            actions.reverse(by=request.user, transfer=found, reason=asked["reason"], key=f"desk_reverse:{found.pk}")
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Reversed, and those whose hours moved are told."))
            members = [account.member_id for account, _minutes in legs if account.member_id]
            return redirect("timebank:desk_member", members[0]) if members else redirect("timebank:desk")
    elif not found.stands_alone or found.reversals.exists():
        raise DomainError(_("This cannot be reversed by itself, or it was reversed already."))
    context = {"form": form, "transfer": found, "effects": queries.effects(legs)}
    return render(request, "timebank/desk/reverse.html", context, status=422 if form.errors else 200)
