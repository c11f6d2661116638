import datetime as dt
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
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
from timebank.actions import engagements as actions
from timebank.forms.engagements import AnswerHoursForm, EngagementForm, MonthlyForm, QueryForm, SessionForm
from timebank.forms.fields import KeyOnly, ReasonForm
from timebank.models import Engagement, Listing, Pot, WorkSession
from timebank.queries import engagements as queries
from timebank.queries import home
from timebank.queries import listings as listing_queries
from timebank.rules import Who
from ui.errors import Invalid, Missing
from ui.formats import hours as say_hours
from ui.forms import Form
from ui.views import ListPage, MovePage


class Mine(ListPage):
    template_name = "timebank/engagement_list.html"
    title = gettext_lazy("Engagements")
    empty = gettext_lazy("None yet. Open an offer or a request on the board, and propose to work together on it.")

    def items(self) -> QuerySet:
        return queries.mine(self.request.user)


@require_conduct
def propose(request: HttpRequest, listing_id: Any) -> HttpResponse:
    listing = listing_queries.listing_for(listing_id, request.user)
    if listing_queries.owns(listing, request.user):
        raise Missing(_("This is your own listing."))
    if listing.pot is not None and listing.pot.kind == Pot.Kind.HELP:
        raise Missing(_("This request is for one short piece of help. Offer that on its page."))
    receives = listing.kind == Listing.Kind.OFFER
    run = Pot.objects.open().run_by(request.user).order_by("name", "id")
    pots = run if receives and run.exists() else None
    form = EngagementForm(request.POST or None, pots=pots, initial={"title": listing.title})
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data | {"key": str(form.cleaned_data["key"])}
        try:
            engagement = actions.propose(by=request.user, listing=listing, **asked)
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Sent. We will tell you as soon as there is an answer."))
            return redirect("timebank:engagement", engagement.pk)
    context = {"listing": listing, "form": form, "receives": receives, **home.standing(request.user)}
    return render(request, "timebank/engagement_propose.html", context, status=422 if form.errors else 200)


def _page(request: HttpRequest, engagement_id: Any, *, status: int = 200, **forms: Form) -> HttpResponse:
    """The page of an engagement, with the forms as they were sent where something was wrong."""
    found = queries.page(engagement_id, request.user)
    context = {
        "found": found,
        "engagement": found.engagement,
        "key": KeyOnly(),
        "form": forms.get("session_form") or SessionForm(),
        "errors": forms,
        "low": found.to_answer and not found.gives and home.standing(request.user)["low"],
    }
    return render(request, "timebank/engagement.html", context, status=status)


@require_safe
def engagement(request: HttpRequest, engagement_id: Any) -> HttpResponse:
    return _page(request, engagement_id)


def _mine(request: HttpRequest, engagement_id: Any) -> Engagement:
    """The engagement, if it is this person's. Raises Missing."""
    return queries.engagement_for(engagement_id, request.user)[0]


@require_POST
def accept(request: HttpRequest, engagement_id: Any) -> HttpResponse:
    found, form = _mine(request, engagement_id), KeyOnly(request.POST)
    if not form.is_valid():
        return _page(request, engagement_id, status=422, key_form=form)
    try:
        actions.accept(by=request.user, engagement=found)
    except Invalid as error:  # too few credits: said at once, with what is missing, where the button was
        form.add_error(None, str(error))
        return _page(request, engagement_id, status=422, key_form=form)
    messages.success(request, _("Agreed. The first session can be logged today."))
    return redirect("timebank:engagement", found.pk)


@require_POST
def withdraw(request: HttpRequest, engagement_id: Any) -> HttpResponse:
    done = actions.withdraw(by=request.user, engagement=_mine(request, engagement_id))
    messages.success(request, _("Withdrawn. Nothing was paid."))
    return redirect("timebank:engagement", done.pk)


class Move(MovePage):
    """A move that asks something first, and then goes back to the engagement."""

    form_class: type[Form] = ReasonForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.engagement = _mine(request, kwargs["engagement_id"])
        return super().dispatch(request, *args, **kwargs)

    def next_url(self) -> str:
        return reverse("timebank:engagement", args=[self.engagement.pk])


class Decline(Move):
    title = gettext_lazy("Decline this proposal")
    intro = gettext_lazy("Nobody has to say yes. A word of why is kind, but you need not give one.")
    button = gettext_lazy("Decline")
    said = gettext_lazy("Declined. Thank you for answering.")

    def act(self, reason: str) -> Any:
        return actions.decline(by=self.request.user, engagement=self.engagement, reason=reason)


class Hours(Move):
    title = gettext_lazy("Other hours a month")
    button = gettext_lazy("Ask for this")
    said = gettext_lazy("Sent. The hours stay as they are until the other side says yes.")
    form_class = MonthlyForm

    @property
    def intro(self) -> str:  # it says what is agreed now
        return _("You have agreed on up to %(hours)s a month. Nothing changes until the other side says yes.") % {
            "hours": say_hours(self.engagement.monthly_minutes)
        }

    def act(self, monthly_minutes: int) -> Engagement:
        return actions.want_hours(by=self.request.user, engagement=self.engagement, monthly_minutes=monthly_minutes)

    def told(self, done: Engagement) -> Any:
        return self.said if done.wanted_minutes else AGREED_HOURS


AGREED_HOURS = gettext_lazy("Agreed. More is set aside at once; less counts from the next month.")


@require_POST
def answer_hours(request: HttpRequest, engagement_id: Any) -> HttpResponse:
    found, form = _mine(request, engagement_id), AnswerHoursForm(request.POST)
    if not form.is_valid():  # two buttons: nobody types here
        raise Invalid(_("Open the engagement again, and say yes or no there."))
    yes = form.cleaned_data["answer"] == "yes"
    actions.answer_hours(
        by=request.user, engagement=found, monthly_minutes=form.cleaned_data["wanted"], yes=yes
    )  # fmt: skip
    messages.success(request, AGREED_HOURS if yes else _("The hours stay as they are."))
    return redirect("timebank:engagement", found.pk)


class End(Move):
    title = gettext_lazy("End this engagement")
    intro = gettext_lazy(
        "What is logged is settled as at the end of a month. What is set aside beyond it is free again at once."
    )
    button = gettext_lazy("End it")
    said = gettext_lazy("Ended. Thank you both.")

    def act(self, reason: str) -> Any:
        return actions.end(by=self.request.user, engagement=self.engagement, reason=reason)


@require_POST
def log(request: HttpRequest, engagement_id: Any) -> HttpResponse:
    found, form = _mine(request, engagement_id), SessionForm(request.POST)
    if form.is_valid():
        asked = form.cleaned_data | {"key": str(form.cleaned_data["key"])}
        try:
            session = actions.log_session(by=request.user, engagement=found, **asked)
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(
                request,
                _("Logged: %(hours)s. %(name)s can confirm it now.")
                % {"hours": say_hours(session.minutes), "name": found.receiver},
            )
            return redirect("timebank:engagement", found.pk)
    return _page(request, engagement_id, status=422, session_form=form)


@require_POST
def confirm(request: HttpRequest, engagement_id: Any) -> HttpResponse:
    found = _mine(request, engagement_id)
    session = None
    if chosen := request.POST.get("session"):
        session = _session(request, found, chosen)
    done = actions.confirm(by=request.user, engagement=found, session=session)
    if done:
        messages.success(request, ngettext("Confirmed %(n)d session.", "Confirmed %(n)d sessions.", done) % {"n": done})
    return redirect("timebank:engagement", found.pk)


def _session(request: HttpRequest, engagement: Engagement, session_id: str) -> WorkSession:
    """A session of this engagement by what the button sent. Raises Missing."""
    try:
        session, _who = queries.session_for(session_id, request.user)
    except ValidationError as error:  # no id at all
        raise Missing(_("We cannot find that session.")) from error
    if session.month.engagement_id != engagement.pk:
        raise Missing(_("We cannot find that session."))
    return session


@method_decorator(require_conduct, name="dispatch")
class OfSession(MovePage):
    """A page about one logged session, for one side of its engagement."""

    side: Who

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.session, who = queries.session_for(kwargs["session_id"], request.user)
        if self.side not in who:
            raise Missing(_("We cannot find that session."))
        return super().dispatch(request, *args, **kwargs)

    def next_url(self) -> str:
        return reverse("timebank:engagement", args=[self.session.month.engagement_id])


class Query(OfSession):
    title = gettext_lazy("Ask about this session")
    button = gettext_lazy("Send")
    said = gettext_lazy("Sent. It does not count until you confirm it.")
    form_class = QueryForm
    side = Who.RECEIVER
    template_name = "timebank/engagement_query.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"session": self.session}

    def act(self, words: str) -> Any:
        return actions.query(by=self.request.user, session=self.session, words=words)


class Change(OfSession):
    title = gettext_lazy("Change this session")
    button = gettext_lazy("Save")
    said = gettext_lazy("Saved. It waits to be confirmed.")
    form_class = SessionForm
    side = Who.PROVIDER

    def get_initial(self) -> dict[str, Any]:
        return {name: getattr(self.session, name) for name in ("day", "minutes", "note", "time_kind")}

    def act(self, day: dt.date, minutes: int, note: str, time_kind: str) -> Any:
        return actions.change_session(
            by=self.request.user, session=self.session, day=day, minutes=minutes, note=note, time_kind=time_kind
        )


@require_POST
def withdraw_session(request: HttpRequest, session_id: Any) -> HttpResponse:
    session, who = queries.session_for(session_id, request.user)
    if Who.PROVIDER not in who:
        raise Missing(_("We cannot find that session."))
    actions.withdraw_session(by=request.user, session=session)
    messages.success(request, _("Taken back."))
    return redirect("timebank:engagement", session.month.engagement_id)
