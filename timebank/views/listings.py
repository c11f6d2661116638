import datetime as dt
import re
from functools import partial
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from people.access import require_conduct
from people.models import Skill
from people.rules import may_act
from timebank.actions import listings as actions
from timebank.forms.fields import KeyOnly
from timebank.forms.listings import BoardFilter, ListingForm
from timebank.models import Listing
from timebank.queries import away, board, home, matches, searches, shares
from timebank.queries import exchanges as exchange_queries
from timebank.queries import listings as queries
from timebank.queries import office_hours as office_hours_queries
from ui.errors import DomainError, Invalid, Missing
from ui.formats import day
from ui.views import ListPage


class Mine(ListPage):
    template_name = "timebank/my_listings.html"
    title = gettext_lazy("What you offer and ask for")
    empty = gettext_lazy("You have nothing on the board. Everybody has an hour of something.")

    def items(self) -> QuerySet:
        return queries.listings_of(self.request.user)


class Board(ListPage):
    template_name = "timebank/board.html"
    title = gettext_lazy("Offers and requests")
    empty = gettext_lazy("Nothing matches. Try fewer words, or post a request: the right person may be watching.")
    page_size = board.PAGE

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = self.request.GET.get("page", "")
        asked = board.Asked.of(self.request.GET)
        self.results = board.Results(
            self.request.user, asked, page=int(page) if re.fullmatch(r"[1-9]\d{0,5}", page) else 1
        )
        self.filter_form = partial(BoardFilter, facets=self.results.found.facets)  # type: ignore[assignment]  # called like it
        found = self.results.found
        return super().get_context_data(**kwargs) | {
            "asked": asked,
            "chosen": [(words, self.without(asked, name)) for name, words in board.described(asked)],
            "some_words": found.some_words,
            "first_yes": home.first_yes_days(),
            "query": urlencode(asked.filters()),
            "saved": searches.saved_before(self.request.user, asked) if asked.filters() else None,
            "suits": matches.suggested_for(self.request.user) if asked == board.Asked() and page in ("", "1") else [],
        }

    def items(self, **filters: Any) -> Any:
        return self.results

    def without(self, asked: board.Asked, name: str) -> str:
        """The address of the same search with one filter taken away."""
        rest = {key: value for key, value in asked.filters().items() if key != name}
        return f"{self.request.path}?{urlencode(rest)}" if rest else self.request.path


@require_conduct
def post_listing(request: HttpRequest, kind: str) -> HttpResponse:
    if kind not in Listing.Kind.values:
        raise Missing(_("You can post an offer or a request."))
    begun = {name: request.GET[name] for name in ("title", "purpose", "pot") if name in request.GET}
    begun["skills"] = Skill.objects.filter(slug__in=request.GET.getlist("skills")).values_list("pk", flat=True)
    form = ListingForm(request.POST if request.method == "POST" else None, kind=kind, user=request.user, initial=begun)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data | {"key": str(form.cleaned_data["key"])}
        try:
            listing = actions.post_listing(by=request.user, kind=kind, **asked)
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("It is on the board. We will tell you as soon as somebody answers."))
            if kind == Listing.Kind.OFFER and not shares.has_chosen(request.user):
                return redirect(f"{reverse('timebank:earnings')}?{urlencode({'listing': str(listing.pk)})}")
            return redirect("timebank:listing", listing.pk)
    context = {"form": form, "kind": kind}
    return render(request, "timebank/post_listing.html", context, status=422 if form.errors else 200)


def _own(listing_id: Any, user: Any) -> Listing:
    """A listing that this person may change. Raises Missing."""
    found = queries.listing_for(listing_id, user)
    if not queries.owns(found, user):
        raise Missing(_("We cannot find that listing."))
    return found


def edit_listing(request: HttpRequest, listing_id: Any) -> HttpResponse:
    found = _own(listing_id, request.user)
    form = ListingForm(
        request.POST if request.method == "POST" else None, kind=found.kind, user=request.user, listing=found
    )
    if request.method == "POST" and form.is_valid():
        asked = dict(form.cleaned_data)
        del asked["key"]
        try:
            actions.edit_listing(by=request.user, listing=found, **asked)
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Changed. What you have agreed stays as it was agreed."))
            return redirect("timebank:listing", found.pk)
    elif found.closed_at:
        raise DomainError(_("This listing is closed. Post a new one."))
    context = {"form": form, "listing": found, "kind": found.kind}
    return render(request, "timebank/post_listing.html", context, status=422 if form.errors else 200)


def renew(request: HttpRequest, listing_id: Any) -> HttpResponse:
    """Where the reminder's link leads: one button."""
    found = _own(listing_id, request.user)
    if request.method == "POST":
        done = actions.renew_listing(by=request.user, listing=found)
        until = done.open_until
        said = _("It stays on the board until %(day)s.") % {"day": day(until)} if until else _("It stays on the board.")
        messages.success(request, said)
        return redirect("timebank:listing", found.pk)
    if found.closed_at:
        raise DomainError(_("This listing is closed. Post a new one."))
    until = timezone.localdate() + dt.timedelta(days=actions.RENEWED_FOR)
    return render(request, "timebank/renew_listing.html", {"listing": found, "until": until})


@require_safe
def listing(request: HttpRequest, listing_id: Any) -> HttpResponse:
    found = queries.listing_for(listing_id, request.user)
    owns = queries.owns(found, request.user)
    may_propose = not owns and found.state == "open" and may_act(request.user)
    soon = timezone.localdate() + dt.timedelta(days=14)
    context = {
        "listing": found,
        "owns": owns,
        "form": KeyOnly(),
        "office_hours": office_hours_queries.for_listing(found, request.user),
        "suggested": matches.counterparts([found])[found.pk] if owns and found.state == "open" else [],
        "away": away.coming(request.user) if owns and away.is_away(request.user) else None,
        "ends_soon": owns and found.open_until and found.state != "closed" and found.open_until <= soon,
        "may_propose": may_propose,
        "begun": exchange_queries.begun_on(found, request.user) if may_propose else None,
    }
    return render(request, "timebank/listing.html", context)


MOVES = {
    "pause": (actions.pause_listing, gettext_lazy("Paused. Nobody sees it until you resume it.")),
    "resume": (actions.resume_listing, gettext_lazy("It is on the board again.")),
    "close": (actions.close_listing, gettext_lazy("Closed. What you have agreed goes on.")),
}


@require_POST
def move(request: HttpRequest, listing_id: Any, move: str) -> HttpResponse:
    if move not in MOVES:
        raise Missing(_("We cannot find that page."))
    action, said = MOVES[move]
    found = queries.listing_for(listing_id, request.user)
    action(by=request.user, listing=found)
    messages.success(request, said)
    return redirect("timebank:listing", found.pk)
