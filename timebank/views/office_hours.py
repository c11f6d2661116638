from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from people.access import require_conduct
from timebank import rules
from timebank.actions import office_hours as actions
from timebank.forms.office_hours import BookForm, OfficeHoursFilter, PublishForm, SkipForm, SwapForm
from timebank.models import Exchange, Listing, OfficeHours, Pot
from timebank.queries import exchanges as exchange_queries
from timebank.queries import home
from timebank.queries import listings as listing_queries
from timebank.queries import office_hours as queries
from ui.asked import as_id
from ui.errors import DomainError, Invalid, Missing, NotAllowed
from ui.formats import hours, moment
from ui.forms import Form
from ui.views import ListPage, QuestionPage


class Browse(ListPage):
    template_name = "timebank/office_hours_list.html"
    title = gettext_lazy("Office hours")
    empty = gettext_lazy("Nobody has a free slot just now. Ask on the board, or publish your own hours.")
    filter_form = OfficeHoursFilter

    def items(self, skill: str = "") -> QuerySet:
        return queries.browse(self.request.user, skill=skill)


@require_conduct
def publish(request: HttpRequest) -> HttpResponse:
    listing = _own_offer(request)
    form = PublishForm(request.POST or None, listing=listing)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data | {"key": str(form.cleaned_data["key"])}
        try:
            office_hours = actions.publish(by=request.user, listing=listing, **asked)
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Published. We will tell you as soon as somebody books."))
            return redirect("timebank:office_hours", office_hours.pk)
    context = {"form": form, "listing": listing}
    return render(request, "timebank/office_hours_publish.html", context, status=422 if form.errors else 200)


def _own_offer(request: HttpRequest) -> Listing | None:
    """The offer that the page was opened for. Raises Missing where it is not this person's."""
    wanted = request.GET.get("listing")
    if not wanted:
        return None
    listing = listing_queries.listing_for(as_id(wanted), request.user)
    if listing.kind != Listing.Kind.OFFER or not listing_queries.owns(listing, request.user):
        raise Missing(_("We cannot find that offer."))
    return listing


@require_safe
def office_hours(request: HttpRequest, office_hours_id: Any) -> HttpResponse:
    found = queries.page(office_hours_id, request.user)
    return render(request, "timebank/office_hours.html", {"found": found, "office_hours": found.office_hours})


class Skip(QuestionPage):
    title = gettext_lazy("Skip a day")
    intro = gettext_lazy("Whoever has booked that day is told, and their credits are free again at once.")
    button = gettext_lazy("Skip this day")
    form_class = SkipForm
    found: OfficeHours

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        page = queries.page(kwargs["office_hours_id"], request.user)
        if not page.owns:
            raise Missing(_("We cannot find these office hours."))
        self.found, self.days = page.office_hours, page.days
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"days": self.days}

    def save(self, form: Form) -> None:
        booked = actions.skip_day(
            by=self.request.user,
            office_hours=self.found,
            day=form.cleaned_data["day"],
            reason=form.cleaned_data["reason"],
        )
        said = _("Skipped. Nobody had booked it.")
        if booked:
            said = ngettext(
                "Skipped. %(n)d person is told and released.", "Skipped. %(n)d people are told and released.", booked
            ) % {"n": booked}
        messages.success(self.request, said)

    def next_url(self) -> str:
        return reverse("timebank:office_hours", args=[self.found.pk])

    back_url = next_url


@require_POST
def end(request: HttpRequest, office_hours_id: Any) -> HttpResponse:
    found = queries.office_hours_for(office_hours_id, request.user)
    actions.end(by=request.user, office_hours=found)
    messages.success(request, _("Ended. What is booked goes on; the free slots are gone."))
    return redirect("timebank:office_hours", found.pk)


@require_conduct
def book(request: HttpRequest, slot_id: Any) -> HttpResponse:
    slot = queries.slot_for(slot_id, request.user)
    found = slot.office_hours
    if found.helper_id == request.user.pk:
        raise Missing(_("These are your own office hours."))
    run = Pot.objects.open().run_by(request.user).order_by("name", "id")
    form = BookForm(request.POST or None, pots=run if run.exists() else None)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            exchange = actions.book(
                by=request.user, slot=slot, key=str(asked["key"]), message=asked["message"], pot=asked.get("pot")
            )
        except (NotAllowed, Missing):
            raise
        except DomainError as error:  # gone meanwhile, or too few credits: said here, beside the other slots
            form.add_domain_error(error)
        else:
            messages.success(
                request,
                _("Booked: %(when)s. Set aside: %(hours)s.")
                % {"when": moment(exchange.starts_at, zone=True), "hours": hours(exchange.minutes)},
            )
            return redirect("timebank:exchange", exchange.pk)
    free = queries.free_slots(request.user).filter(office_hours=found)
    context = {
        "slot": slot,
        "office_hours": found,
        "form": form,
        "typed": [words] if (words := (form["message"].value() or "").strip()) else [],
        "is_free": free.filter(pk=slot.pk).exists(),
        "others": free.exclude(pk=slot.pk)[:5],
        **home.standing(request.user),
    }
    return render(request, "timebank/office_hours_book.html", context, status=422 if form.errors else 200)


@method_decorator(require_conduct, name="dispatch")
class Swap(QuestionPage):
    title = gettext_lazy("Choose another slot")
    template_name = "timebank/office_hours_swap.html"
    button = gettext_lazy("Move the booking")
    form_class = SwapForm
    exchange: Exchange

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        page = exchange_queries.page(kwargs["exchange_id"], request.user)
        booked = queries.booked_slot(page.exchange)
        if rules.Who.RECEIVER not in page.who or booked is None:
            raise Missing(_("We cannot find that booking."))
        self.exchange = page.exchange
        self.slots = queries.free_slots(request.user).filter(office_hours=booked.office_hours_id)
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        ids = list(self.slots.values_list("pk", flat=True)[:30])
        return super().get_form_kwargs() | {"slots": self.slots.filter(pk__in=ids)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return context | {"exchange": self.exchange, "any": context["form"].fields["slot"].queryset.exists()}

    def save(self, form: Form) -> None:
        actions.swap(by=self.request.user, exchange=self.exchange, slot=form.cleaned_data["slot"])
        messages.success(self.request, _("Moved, and the other side is told."))

    def next_url(self) -> str:
        return reverse("timebank:exchange", args=[self.exchange.pk])

    back_url = next_url
