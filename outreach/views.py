"""The door behind every poster, and the outreach leads' pages."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from audit.ids import clean_code
from outreach import actions, posters, queries, rules, tickets
from outreach.forms import CampaignForm, EmailForm, PlacementForm
from outreach.models import Campaign, Placement, Start
from people.access import ip_key, require_role
from people.actions import sign_in
from ui.downloads import attachment
from ui.errors import Invalid, Missing
from ui.views import ListPage

# --- The door: no cookie, no script, nothing kept but numbers ---


@csrf_exempt  # no cookie before the e-mail form, so no CSRF cookie; the signed ticket shows that the form is ours
@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def door(request: HttpRequest, code: str = "") -> HttpResponse:
    """The landing of a code, or without one. GET counts an opening; POST goes through one of its two doors."""
    cleaned = clean_code(code)
    placement = Placement.objects.filter(code=cleaned).first() if cleaned else None
    if code and placement is None:
        return _no_such_code(request, code)
    if code != cleaned:
        return redirect("outreach:door", cleaned)
    if request.method == "POST":
        return _go_through(request, placement)
    counted = placement is not None and rules.counts(request.method or "", request.headers)
    ticket = tickets.issue(placement, rules.device(request.headers.get("User-Agent", "")), counted)
    if counted:
        actions.count_open(ticket=ticket)
    return _door_page(request, placement, ticket.sign(), counted=counted)


def _door_page(
    request: HttpRequest, placement: Placement | None, ticket: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    onward = actions.clean_onward(request.POST.get("onward", "") or request.GET.get("to", ""))
    context = {"placement": placement, "ticket": ticket, "limit": actions.SENTENCE, "onward": onward, **context}
    return render(request, "outreach/door.html", context, status=status)


def _go_through(request: HttpRequest, placement: Placement | None) -> HttpResponse:
    sentence = request.POST.get("sentence", "")
    try:
        ticket = tickets.read(request.POST.get("ticket", ""))
    except (signing.BadSignature, ValueError, TypeError):
        fresh = tickets.issue(placement, rules.device(request.headers.get("User-Agent", "")), counted=False)
        problem = _("This page was out of date. Nothing is lost: press the button once more.")
        return _door_page(request, placement, fresh.sign(), status=422, problem=problem, sentence=sentence)
    try:
        begun = actions.start(
            ticket=ticket,
            door=request.POST.get("door", ""),
            sentence=sentence,
            onward=request.POST.get("onward", ""),
        )
    except Invalid as error:
        field = error.field or ""
        return _door_page(
            request, placement, ticket.sign(), status=422, problem=str(error), field=field, sentence=sentence
        )
    return redirect("outreach:email", tickets.sign_start(begun.pk))


@csrf_exempt  # as above: no cookie here; the signed ticket allows exactly this, once
@never_cache
@login_not_required
@require_POST
def take_back(request: HttpRequest) -> HttpResponse:
    """Takes this opening out of the count, once."""
    try:
        ticket = tickets.read(request.POST.get("ticket", ""))
    except (signing.BadSignature, ValueError, TypeError):
        raise Missing(_("This page was out of date. Open the address again.")) from None
    taken = actions.take_back(ticket=ticket)
    return render(request, "outreach/taken_back.html", {"taken": taken, "code": ticket.code})


@never_cache
@login_not_required
@require_GET
def typed(request: HttpRequest) -> HttpResponse:
    """Where a code is typed; `?code=` leads on."""
    code = request.GET.get("code", "").strip()
    if not code:
        return render(request, "outreach/typed.html", {"code": ""})
    if Placement.objects.filter(code=clean_code(code)).exists():
        return redirect("outreach:door", clean_code(code))
    return _no_such_code(request, code)


def _no_such_code(request: HttpRequest, code: str) -> HttpResponse:
    return render(request, "outreach/typed.html", {"code": code[:20], "unknown": True}, status=404)


@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def email(request: HttpRequest, token: str) -> HttpResponse:
    """The e-mail address. Somebody who is signed in already goes on with a button."""
    begun = _start(token)
    if request.user.is_authenticated:
        if request.method == "POST":
            actions.claim(by=request.user, start_id=begun.pk)
            return redirect(actions.next_address(request.user, {"start": str(begun.pk)}) or "ui:home")
        return render(request, "outreach/go_on.html", {"begun": begun})
    form = EmailForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            sent = sign_in.send_code(
                email=form.cleaned_data["email"], ip_key=ip_key(request), context={"start": str(begun.pk)}
            )
        except Invalid as error:
            form.add_domain_error(error)
        else:
            return redirect("people:sign_in_code", sent.pk)
    context = {"form": form, "begun": begun, "title": form["email"].label, "button": _("Send me the code")}
    return render(request, "outreach/email.html", context, status=422 if request.method == "POST" else 200)


def _start(token: str) -> Start:
    try:
        begun = Start.objects.filter(pk=tickets.read_start(token)).first()
    except signing.BadSignature:
        begun = None
    if begun is None:
        raise Missing(_("What you began here is no longer kept. Start again; it takes a minute."))
    return begun


# --- Outreach leads ---

leads = require_role(*rules.LEADS)


class Campaigns(ListPage):
    """Every campaign."""

    template_name = "outreach/campaigns.html"
    title = gettext_lazy("Campaigns")
    empty = gettext_lazy("No campaign yet. Make one, then the posters that belong to it.")

    def items(self, **filters: Any):
        return queries.campaigns()


campaigns: Any = leads(Campaigns.as_view())


@leads
def new_campaign(request: HttpRequest) -> HttpResponse:
    """A campaign in three answers."""
    form = CampaignForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            campaign = actions.create_campaign(by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
        except Invalid as error:
            form.add_domain_error(error)
        else:
            return redirect("outreach:campaign", campaign.pk)
    context = {"form": form, "title": _("New campaign"), "button": _("Make the campaign")}
    return render(request, "ui/question.html", context, status=422 if request.method == "POST" else 200)


class CampaignPage(ListPage):
    """One campaign's placements with their numbers."""

    template_name = "outreach/campaign.html"
    empty = gettext_lazy("No placements yet. Each poster, e-mail or slide is one, with a code of its own.")

    def dispatch(self, request, *args, **kwargs):
        self.campaign = _campaign(kwargs["campaign_id"])
        self.title = self.campaign.name
        return super().dispatch(request, *args, **kwargs)

    def items(self, **filters: Any):
        return queries.placements(self.campaign)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"campaign": self.campaign}


campaign: Any = leads(CampaignPage.as_view())


def _campaign(campaign_id: UUID) -> Campaign:
    found = Campaign.objects.filter(pk=campaign_id).first()
    if found is None:
        raise Missing(_("There is no such campaign."))
    return found


def _placement(placement_id: UUID) -> Placement:
    found = queries.placements().filter(pk=placement_id).first()
    if found is None:
        raise Missing(_("There is no such placement."))
    return found


@leads
def new_placement(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """A placement in a few answers."""
    within = _campaign(campaign_id)
    form = PlacementForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        answers = dict(form.cleaned_data)
        pence = answers.pop("cost") * 100
        try:
            made = actions.create_placement(by=request.user, campaign=within, cost_pence=pence, **answers)  # type: ignore[arg-type]
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("The placement is ready. Its code is %(code)s.") % {"code": made.code})
            return redirect("outreach:placement", made.pk)
    context = {"form": form, "title": _("New placement"), "button": _("Make the placement"), "section": within.name}
    return render(request, "ui/question.html", context, status=422 if request.method == "POST" else 200)


@leads
@require_safe
def placement(request: HttpRequest, placement_id: UUID) -> HttpResponse:
    """One placement: its numbers, its materials, whether it has gone silent."""
    found = _placement(placement_id)
    context = {"placement": found, "devices": queries.by_device(found)}
    return render(request, "outreach/placement.html", context)


@leads
@require_POST
def retire(request: HttpRequest, placement_id: UUID) -> HttpResponse:
    """The poster is gone; its code still opens the door."""
    actions.retire(by=request.user, placement=_placement(placement_id))  # type: ignore[arg-type]
    messages.success(request, _("Retired. Whoever still has the code is told so, and led on."))
    return redirect("outreach:placement", placement_id)


@leads
@require_safe
def poster(request: HttpRequest, placement_id: UUID) -> HttpResponseBase:
    """The poster as PDF; counted as a download."""
    found = _placement(placement_id)
    content = posters.poster(found)
    if request.method == "GET":
        actions.note_download(by=request.user, placement=found)  # type: ignore[arg-type]
    return attachment(content, f"poster-{found.code}.pdf", "application/pdf")


@leads
@require_safe
def qr(request: HttpRequest, placement_id: UUID, ending: str) -> HttpResponseBase:
    """The QR code alone, as SVG or PNG."""
    found = _placement(placement_id)
    if ending == "svg":
        return attachment(posters.qr_svg(found), f"qr-{found.code}.svg", "image/svg+xml")
    if ending != "png":
        raise Missing(_("The code comes as svg or png."))
    return attachment(posters.qr_png(found), f"qr-{found.code}.png", "image/png")
