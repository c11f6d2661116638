from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
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
from timebank.queries import exchanges as exchange_queries
from timebank.queries import listings as queries
from ui.errors import Invalid, Missing
from ui.views import ListPage


class Board(ListPage):
    template_name = "timebank/board.html"
    title = gettext_lazy("Offers and requests")
    empty = gettext_lazy("Nothing matches. Try fewer words, or post a request: the right person may be watching.")
    filter_form = BoardFilter

    def items(self, q: str = "", kind: str = "", skill: str = "", remote: bool = False) -> QuerySet:
        return queries.board(self.request.user, words=q, kind=kind, skill=skill, remote=remote)


@require_conduct
def post_listing(request: HttpRequest, kind: str) -> HttpResponse:
    if kind not in Listing.Kind.values:
        raise Missing(_("You can post an offer or a request."))
    begun = {name: request.GET[name] for name in ("title", "purpose") if name in request.GET}
    begun["skills"] = Skill.objects.filter(slug__in=request.GET.getlist("skills")).values_list("pk", flat=True)
    form = ListingForm(request.POST or None, kind=kind, user=request.user, initial=begun)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data | {"key": str(form.cleaned_data["key"])}
        try:
            listing = actions.post_listing(by=request.user, kind=kind, **asked)
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("It is on the board. We will tell you as soon as somebody answers."))
            return redirect("timebank:listing", listing.pk)
    context = {"form": form, "kind": kind}
    return render(request, "timebank/post_listing.html", context, status=422 if form.errors else 200)


@require_safe
def listing(request: HttpRequest, listing_id: Any) -> HttpResponse:
    found = queries.listing_for(listing_id, request.user)
    owns = queries.owns(found, request.user)
    suggested = []
    if owns and found.kind == Listing.Kind.REQUEST and found.state == "open":
        suggested = queries.offers_for_skills(found.skills.all(), request.user)
    may_propose = not owns and found.state == "open" and may_act(request.user)
    context = {
        "listing": found,
        "owns": owns,
        "form": KeyOnly(),
        "suggested": suggested,
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
