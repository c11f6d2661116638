from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from people.access import require_conduct
from timebank import registries, rules
from timebank.actions import exchanges as actions
from timebank.actions import hours as hours_actions
from timebank.forms.exchanges import ArrangeForm, HoursForm, MessageForm, ProposalForm, RedoForm
from timebank.forms.fields import KeyOnly, ReasonForm
from timebank.invitations import PUBLISH, invitation
from timebank.models import Exchange, Listing, Pot
from timebank.queries import engagements, home, office_hours
from timebank.queries import exchanges as queries
from timebank.queries import listings as listing_queries
from ui.downloads import attachment
from ui.errors import DomainError, Invalid, Missing
from ui.formats import hours as say_hours
from ui.forms import Form
from ui.views import MovePage, QuestionPage


@require_conduct
def propose(request: HttpRequest, listing_id: Any) -> HttpResponse:
    listing = listing_queries.listing_for(listing_id, request.user)
    if listing_queries.owns(listing, request.user):
        raise Missing(_("This is your own listing."))
    run = Pot.objects.open().run_by(request.user).order_by("name", "id")
    pots = run if listing.kind == Listing.Kind.OFFER and run.exists() else None
    usual = listing.minutes if listing.minutes and listing.minutes <= rules.MOST_MINUTES else None
    form = ProposalForm(request.POST or None, pots=pots, initial={"minutes": usual, "pot": request.GET.get("pot")})
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            exchange = actions.propose(
                by=request.user,
                listing=listing,
                minutes=asked["minutes"],
                pot=asked.get("pot"),
                starts_at=asked["starts_at"],
                message=asked["message"],
                online_link=asked["online_link"],
                place=asked["place"],
                key=str(asked["key"]),
            )
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Sent. We will tell you as soon as there is an answer."))
            return redirect("timebank:exchange", exchange.pk)
    context = {
        "listing": listing,
        "form": form,
        "receives": listing.kind == Listing.Kind.OFFER,
        **home.standing(request.user),
    }
    return render(request, "timebank/propose.html", context, status=422 if form.errors else 200)


def _page(request: HttpRequest, exchange_id: Any, *, status: int = 200, **forms: Form) -> HttpResponse:
    """The page of an exchange, with the forms as they were sent where something was wrong."""
    found = queries.page(exchange_id, request.user)
    exchange = found.exchange
    started = exchange.starts_at is None or exchange.starts_at <= timezone.now()
    context = {
        "found": found,
        "exchange": exchange,
        "slot": office_hours.booked_slot(exchange),
        "month": engagements.month_of(exchange),
        "gives": rules.Who.PROVIDER in found.who,
        "started": started,
        "low": found.pays_themselves and home.standing(request.user)["low"],
        "key": KeyOnly(),
        "hours_form": forms.get("hours_form")
        or HoursForm(initial={"minutes": found.mine.minutes if found.mine else exchange.minutes}),
        "message_form": forms.get("message_form") or MessageForm(),
        "errors": forms,
        "sections": [
            (entry.template, built)
            for entry in registries.exchange_sections
            if (built := entry.build(exchange, request.user)) is not None
        ],
    }
    return render(request, "timebank/exchange.html", context, status=status)


@require_safe
def exchange(request: HttpRequest, exchange_id: Any) -> HttpResponse:
    return _page(request, exchange_id)


def mine(request: HttpRequest, exchange_id: Any) -> Exchange:
    """The exchange, if it is this person's. Raises Missing."""
    found = queries.page(exchange_id, request.user)
    if not found.who:
        raise Missing(_("We cannot find that exchange."))
    return found.exchange


@require_POST
def accept(request: HttpRequest, exchange_id: Any) -> HttpResponse:
    form = KeyOnly(request.POST)
    found = mine(request, exchange_id)
    if not form.is_valid():
        return _page(request, exchange_id, status=422, key_form=form)
    try:
        done = actions.accept(by=request.user, exchange=found)
    except Invalid as error:  # too few credits: said at once, with what is missing, where the button was
        form.add_error(None, str(error))
        return _page(request, exchange_id, status=422, key_form=form)
    messages.success(request, _("Agreed. Set aside: %(hours)s.") % {"hours": say_hours(done.minutes)})
    return redirect("timebank:exchange", done.pk)


@require_POST
def withdraw(request: HttpRequest, exchange_id: Any) -> HttpResponse:
    done = actions.withdraw(by=request.user, exchange=mine(request, exchange_id))
    messages.success(request, _("Withdrawn. Nothing was paid."))
    return redirect("timebank:exchange", done.pk)


@require_POST
def take_held(request: HttpRequest, exchange_id: Any) -> HttpResponse:
    done = hours_actions.take_held(by=request.user, exchange=mine(request, exchange_id))
    messages.success(request, _("Settled at %(hours)s.") % {"hours": say_hours(done.settled_minutes)})
    return redirect("timebank:exchange", done.pk)


AFTER_HOURS: dict[str, Any] = {
    rules.State.DELIVERED: gettext_lazy("Thank you. Now the other side says how long it took."),
    rules.State.DISPUTED: gettext_lazy(
        "Your hours differ. What you both recorded is paid; a broker looks at the rest."
    ),
}


@require_POST
def hours(request: HttpRequest, exchange_id: Any) -> HttpResponse:
    form = HoursForm(request.POST)
    found = mine(request, exchange_id)
    if not form.is_valid():
        return _page(request, exchange_id, status=422, hours_form=form)
    asked = form.cleaned_data
    try:
        done = hours_actions.record_hours(
            by=request.user,
            exchange=found,
            minutes=asked["minutes"],
            time_kind=asked["time_kind"],
            key=str(asked["key"]),
        )
    except Invalid as error:
        form.add_domain_error(error)
        return _page(request, exchange_id, status=422, hours_form=form)
    said = AFTER_HOURS.get(done.state) or _("Settled at %(hours)s. Thank you both.") % {
        "hours": say_hours(done.settled_minutes)
    }
    if done.waiting_since:
        said = _("You agree on the hours. There are too few credits to pay them now, so it waits.")
    messages.success(request, said)
    return redirect("timebank:exchange", done.pk)


@require_POST
def message(request: HttpRequest, exchange_id: Any) -> HttpResponse:
    form = MessageForm(request.POST)
    found = mine(request, exchange_id)
    if not form.is_valid():
        return _page(request, exchange_id, status=422, message_form=form)
    actions.send_message(
        by=request.user, exchange=found, text=form.cleaned_data["text"], key=str(form.cleaned_data["key"])
    )
    return redirect(reverse("timebank:exchange", args=[found.pk]) + "#thread")


def arrange(request: HttpRequest, exchange_id: Any) -> HttpResponse:
    found = mine(request, exchange_id)
    at = timezone.localtime(found.starts_at) if found.starts_at else None
    initial = {
        "date": at.date() if at else None,
        "time": f"{at:%H:%M}" if at else "",
        "online_link": found.online_link,
        "place": found.place,
    }
    form = ArrangeForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            actions.arrange(
                by=request.user,
                exchange=found,
                starts_at=asked["starts_at"],
                online_link=asked["online_link"],
                place=asked["place"],
            )
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Saved, and the other side is told."))
            return redirect("timebank:exchange", found.pk)
    context = {"exchange": found, "form": form}
    return render(request, "timebank/arrange.html", context, status=422 if form.errors else 200)


class Move(MovePage):
    """A move that asks something first, and then goes back to the exchange."""

    event = ""  # of `rules.TABLE`, where the page is only for whom that is open now
    form_class: type[Form] = ReasonForm

    found: queries.Page

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.exchange = self.find(request, kwargs["exchange_id"])
        return super().dispatch(request, *args, **kwargs)

    def find(self, request: HttpRequest, exchange_id: Any) -> Exchange:
        self.found = queries.page(exchange_id, request.user)
        if not self.found.who:
            raise Missing(_("We cannot find that exchange."))
        if request.method == "GET" and self.event and self.event not in self.found.can:
            raise DomainError(_("This is not possible now. Look at the exchange again."))
        return self.found.exchange

    def next_url(self) -> str:
        return reverse("timebank:exchange", args=[self.exchange.pk])


class Decline(Move):
    title = gettext_lazy("Decline this proposal")
    intro = gettext_lazy("Nobody has to say yes. A word of why is kind, but you need not give one.")
    button = gettext_lazy("Decline")
    said = gettext_lazy("Declined. Thank you for answering.")

    def act(self, reason: str) -> Any:
        return actions.decline(by=self.request.user, exchange=self.exchange, reason=reason)


@require_safe
def calendar_file(request: HttpRequest, exchange_id: Any) -> HttpResponseBase:
    """The exchange as an entry for a calendar."""
    found = mine(request, exchange_id)
    if found.starts_at is None or found.accepted_at is None:
        raise Missing(_("There is no date to put in a calendar yet."))
    entry = invitation(found, request.user, method=PUBLISH, url=reverse("timebank:exchange", args=[found.pk]))
    return attachment(entry, "exchange.ics", "text/calendar; charset=utf-8")


class Redo(QuestionPage):
    """A reversed exchange is proposed again, as a new one that says what it puts right."""

    form_class = RedoForm
    title = gettext_lazy("Record it again")
    intro = gettext_lazy("This sends a new proposal to the other side. Nothing is set aside until they say yes.")
    button = gettext_lazy("Propose it again")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.exchange = mine(request, kwargs["exchange_id"])
        if self.exchange.state != rules.State.REVERSED:
            raise DomainError(_("Only an exchange that was reversed can be recorded again."))
        return super().dispatch(request, *args, **kwargs)

    def get_initial(self) -> dict[str, Any]:
        return {"minutes": self.exchange.minutes}

    def save(self, form: Form) -> None:
        self.again = actions.propose(
            by=self.request.user,
            provider=self.exchange.provider,
            receiver=self.exchange.receiver,
            pot=self.exchange.pot,
            purpose=self.exchange.purpose,
            minutes=form.cleaned_data["minutes"],
            message=form.cleaned_data["message"],
            redoes=self.exchange,
            key=str(form.cleaned_data["key"]),
        )
        messages.success(self.request, _("Sent. We will tell you as soon as there is an answer."))

    def next_url(self) -> str:
        return reverse("timebank:exchange", args=[self.again.pk])

    def back_url(self) -> str:
        return reverse("timebank:exchange", args=[self.exchange.pk])
