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
from timebank import rules
from timebank.actions import calling_off, disputes
from timebank.actions import exchanges as actions
from timebank.actions import hours as hours_actions
from timebank.forms.exchanges import ArrangeForm, HoursForm, MessageForm, ProposalForm, StatementForm
from timebank.forms.fields import KeyOnly, ReasonForm, RequiredReasonForm
from timebank.models import Exchange, Listing, Pot
from timebank.queries import engagements, home, office_hours
from timebank.queries import exchanges as queries
from timebank.queries import listings as listing_queries
from ui.errors import Invalid, Missing
from ui.formats import hours as say_hours
from ui.forms import Form
from ui.views import QuestionPage


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
    }
    return render(request, "timebank/exchange.html", context, status=status)


@require_safe
def exchange(request: HttpRequest, exchange_id: Any) -> HttpResponse:
    return _page(request, exchange_id)


def _mine(request: HttpRequest, exchange_id: Any) -> Exchange:
    """The exchange, if it is this person's. Raises Missing."""
    found = queries.page(exchange_id, request.user)
    if not found.who:
        raise Missing(_("We cannot find that exchange."))
    return found.exchange


@require_POST
def accept(request: HttpRequest, exchange_id: Any) -> HttpResponse:
    form = KeyOnly(request.POST)
    found = _mine(request, exchange_id)
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
    done = actions.withdraw(by=request.user, exchange=_mine(request, exchange_id))
    messages.success(request, _("Withdrawn. Nothing was paid."))
    return redirect("timebank:exchange", done.pk)


@require_POST
def take_held(request: HttpRequest, exchange_id: Any) -> HttpResponse:
    done = hours_actions.take_held(by=request.user, exchange=_mine(request, exchange_id))
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
    found = _mine(request, exchange_id)
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
    found = _mine(request, exchange_id)
    if not form.is_valid():
        return _page(request, exchange_id, status=422, message_form=form)
    actions.send_message(
        by=request.user, exchange=found, text=form.cleaned_data["text"], key=str(form.cleaned_data["key"])
    )
    return redirect(reverse("timebank:exchange", args=[found.pk]) + "#thread")


def arrange(request: HttpRequest, exchange_id: Any) -> HttpResponse:
    found = _mine(request, exchange_id)
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


class Move(QuestionPage):
    """A move that asks one question first, and then goes back to the exchange."""

    field = "reason"
    said: Any = ""
    form_class: type[Form] = ReasonForm

    def act(self, exchange: Exchange, words: str) -> Any:
        raise NotImplementedError

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.exchange = self.find(request, kwargs["exchange_id"])
        return super().dispatch(request, *args, **kwargs)

    def find(self, request: HttpRequest, exchange_id: Any) -> Exchange:
        return _mine(request, exchange_id)

    def get_form(self, form_class: type[Form] | None = None) -> Form:
        form = super().get_form(form_class)
        form.page_heading = None
        return form

    def save(self, form: Form) -> None:
        self.act(self.exchange, form.cleaned_data[self.field])
        messages.success(self.request, self.said)

    def next_url(self) -> str:
        return reverse("timebank:exchange", args=[self.exchange.pk])

    def back_url(self) -> str:
        return self.next_url()


class Decline(Move):
    title = gettext_lazy("Decline this proposal")
    intro = gettext_lazy("Nobody has to say yes. A word of why is kind, but you need not give one.")
    button = gettext_lazy("Decline")
    said = gettext_lazy("Declined. Thank you for answering.")

    def act(self, exchange: Exchange, words: str) -> Any:
        return actions.decline(by=self.request.user, exchange=exchange, reason=words)


class Cancel(Move):
    title = gettext_lazy("Cancel this exchange")
    intro = gettext_lazy("The credits that are set aside are free again at once. Cancelling costs nothing.")
    button = gettext_lazy("Cancel the exchange")
    said = gettext_lazy("Cancelled. What was set aside is free again.")

    def act(self, exchange: Exchange, words: str) -> Any:
        return calling_off.cancel(by=self.request.user, exchange=exchange, reason=words)


class NoShow(Move):
    title = gettext_lazy("It did not happen")
    intro = gettext_lazy("Nobody pays, and what was set aside is free again.")
    button = gettext_lazy("It did not happen")
    said = gettext_lazy("Noted. What was set aside is free again.")
    form_class = RequiredReasonForm

    def act(self, exchange: Exchange, words: str) -> Any:
        return calling_off.no_show(by=self.request.user, exchange=exchange, reason=words)


class Undo(Move):
    title = gettext_lazy("Undo this settlement")
    intro = gettext_lazy("It was settled because one side said nothing. Undoing it gives everything back.")
    button = gettext_lazy("Undo it")
    said = gettext_lazy("Undone. What was paid went back whole.")
    form_class = RequiredReasonForm

    def act(self, exchange: Exchange, words: str) -> Any:
        return disputes.undo(by=self.request.user, exchange=exchange, reason=words)


class AskBroker(Move):
    title = gettext_lazy("Ask a broker to decide")
    intro = gettext_lazy("A broker who knows neither of you well reads both sides and decides within 10 days.")
    button = gettext_lazy("Send to a broker")
    said = gettext_lazy("A broker will look at it. What is set aside stays set aside.")
    form_class = StatementForm
    field = "statement"

    def act(self, exchange: Exchange, words: str) -> Any:
        return disputes.dispute(by=self.request.user, exchange=exchange, statement=words)


class Statement(AskBroker):
    title = gettext_lazy("Tell the broker what happened")
    intro = gettext_lazy("You can change it until the broker decides.")
    button = gettext_lazy("Save")
    said = gettext_lazy("Saved. The broker reads it with the other side's.")

    def act(self, exchange: Exchange, words: str) -> Any:
        return disputes.add_statement(by=self.request.user, exchange=exchange, statement=words)
