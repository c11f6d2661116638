"""Group sessions: finding one, preparing one, places, the code on the screen, the register."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from outreach.posters import qr_on_page
from people.access import require_conduct, require_role
from people.rules import check_may_act, has_role, may_act
from timebank import group_codes as codes
from timebank import group_rules as rules
from timebank.actions import group_places as places
from timebank.actions import group_register as registers
from timebank.actions import group_sessions as actions
from timebank.actions.ledger import NotEnough
from timebank.forms.fields import KeyOnly, RequiredReasonForm
from timebank.forms.group_sessions import (
    AskForm,
    CallOffForm,
    ChangeForm,
    GiveUpForm,
    HereForm,
    ObjectionDecisionForm,
    ObjectionForm,
    RegisterForm,
    SessionForm,
)
from timebank.models import GroupBooking, GroupSession
from timebank.queries import group_sessions as queries
from timebank.queries import home
from timebank.views.answers import yes_or_no
from ui import forms
from ui.downloads import attachment
from ui.errors import DomainError, Invalid, Missing, TooMany
from ui.formats import hours as say_hours
from ui.views import ListPage, MovePage


class CalendarFilter(forms.Form):
    mark_optional = False
    q = forms.CharField(label=gettext_lazy("Search"), required=False, max_length=100)


class GroupSessions(ListPage):
    template_name = "timebank/group_sessions.html"
    title = gettext_lazy("Group sessions")
    empty = gettext_lazy("No session is planned just now. Give one yourself: one hour of yours can reach many.")
    filter_form = CalendarFilter

    def items(self, q: str = "") -> QuerySet:
        return queries.calendar(self.request.user, words=q)


class Mine(ListPage):
    template_name = "timebank/group_sessions_mine.html"
    title = gettext_lazy("Your group sessions")
    empty = gettext_lazy("You have no place in a session yet, and you give none.")

    def items(self) -> QuerySet:
        return queries.mine(self.request.user)


@require_conduct
def prepare(request: HttpRequest) -> HttpResponse:
    form = SessionForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            session = actions.prepare(by=request.user, **form.asked())
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Saved. Look it over, ask others to give it with you, and publish it."))
            return redirect("timebank:group_session", session.pk)
    return render(request, "timebank/group_session_prepare.html", {"form": form}, status=422 if form.errors else 200)


def _page(request: HttpRequest, session_id: Any, *, status: int = 200, **given: Any) -> HttpResponse:
    """The page of a session, with the forms as they were sent where something was wrong."""
    found = queries.page(session_id, request.user)
    context = {
        "found": found,
        "session": found.session,
        "may_act": may_act(request.user),
        "may_reverse": found.session.state == GroupSession.State.SETTLED
        and has_role(request.user, "broker")
        and not (found.gives or found.mine),
        "key": given.get("key_form") or KeyOnly(),
        "ask_form": given.get("ask_form") or AskForm(),
        "errors": given,
        "waits_for_it": found.waiting and found.mine and found.mine.state == GroupBooking.State.WAITING,
        **(home.standing(request.user) if may_act(request.user) else {}),
    }
    return render(request, "timebank/group_session.html", context, status=status)


@require_safe
def group_session(request: HttpRequest, session_id: Any) -> HttpResponse:
    return _page(request, session_id)


def _seen(request: HttpRequest, session_id: Any) -> GroupSession:
    """The session, if this person may see it. Raises Missing."""
    return queries.page(session_id, request.user).session


@require_POST
def book(request: HttpRequest, session_id: Any) -> HttpResponse:
    found = _seen(request, session_id)
    check_may_act(request.user)
    form = KeyOnly(request.POST)
    if not form.is_valid():
        return _page(request, session_id, status=422, key_form=form)
    try:
        booking = places.book(by=request.user, session=found, key=str(form.cleaned_data["key"]))
    except Invalid as error:
        form.add_error(None, str(error))
        return _page(request, session_id, status=422, key_form=form)
    if booking.state == GroupBooking.State.WAITING:
        messages.success(request, _("You are on the waiting list. We tell you as soon as a place is yours."))
    elif booking.state == GroupBooking.State.BOOKED:
        messages.success(
            request, _("You have a place. Set aside: %(hours)s.") % {"hours": say_hours(found.most_minutes)}
        )
    return redirect("timebank:group_session", found.pk)


@require_POST
def ask(request: HttpRequest, session_id: Any) -> HttpResponse:
    found = _seen(request, session_id)
    check_may_act(request.user)
    form = AskForm(request.POST)
    if form.is_valid():
        try:
            actions.ask_to_give(by=request.user, session=found, **form.cleaned_data)
        except (Invalid, TooMany) as error:
            form.add_domain_error(error)
            return _page(request, session_id, status=error.status, ask_form=form)
        else:
            messages.success(request, _("Asked. You can publish the session once they have said yes."))
            return redirect("timebank:group_session", found.pk)
    if found.host_id != request.user.pk:
        raise Missing(_("We cannot find that session."))
    return _page(request, session_id, status=422, ask_form=form)


@require_POST
def take_off(request: HttpRequest, session_id: Any, provider_id: Any) -> HttpResponse:
    found = queries.page(session_id, request.user)
    check_may_act(request.user)
    provider = next((row for row in found.providers if row.pk == provider_id), None)
    if provider is None or not found.is_host:
        raise Missing(_("We cannot find that person."))
    actions.take_off(by=request.user, session=found.session, provider=provider)
    messages.success(request, _("Taken off."))
    return redirect("timebank:group_session", session_id)


@require_POST
def answer(request: HttpRequest, session_id: Any) -> HttpResponse:
    found = _seen(request, session_id)
    yes = yes_or_no(request)
    actions.answer_to_give(by=request.user, session=found, yes=yes)
    messages.success(request, _("Thank you. The host is told."))
    return redirect("timebank:group_session", found.pk) if yes else redirect("timebank:group_sessions")


@require_POST
def sponsor(request: HttpRequest, session_id: Any) -> HttpResponse:
    found = _seen(request, session_id)
    check_may_act(request.user)
    yes = yes_or_no(request)
    pot_id = found.pot_id
    try:
        actions.answer_to_sponsor(by=request.user, session=found, yes=yes)
    except (Invalid, NotEnough) as error:
        form = KeyOnly(request.POST)
        form.add_error(None, str(error))
        return _page(request, session_id, status=422, key_form=form)
    messages.success(request, _("Thank you. The host is told."))
    return redirect("timebank:group_session", found.pk) if yes else redirect("timebank:pot", pot_id)


@require_POST
def publish(request: HttpRequest, session_id: Any) -> HttpResponse:
    found = _seen(request, session_id)
    check_may_act(request.user)
    done = actions.publish(by=request.user, session=found)
    messages.success(request, _("It is open for booking. We tell you when places are taken."))
    return redirect("timebank:group_session", done.pk)


class OfSession(MovePage):
    """A move that asks something first, and then goes back to the session."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.found = queries.page(kwargs["session_id"], request.user)
        self.check()
        return super().dispatch(request, *args, **kwargs)

    def check(self) -> None:
        """Raises where this person has nothing to answer here."""

    def next_url(self) -> str:
        return reverse("timebank:group_session", args=[self.found.session.pk])

    def _only_host(self) -> None:
        if not self.found.is_host:
            raise Missing(_("We cannot find that session."))


class Change(OfSession):
    title = gettext_lazy("Change what the session says")
    intro = gettext_lazy("Whoever has a place is told of a new link or place. Its date and price stand.")
    button = gettext_lazy("Save")
    said = gettext_lazy("Saved.")
    form_class = ChangeForm

    def check(self) -> None:
        self._only_host()
        check_may_act(self.request.user)

    def get_initial(self) -> dict[str, Any]:
        session = self.found.session
        return {"description": session.description, "online_link": session.online_link, "place": session.place}

    def act(self, **given: Any) -> Any:
        return actions.change(by=self.request.user, session=self.found.session, **given)


class CallOff(OfSession):
    title = gettext_lazy("Cancel this session")
    intro = gettext_lazy("Everybody who has a place is told, and what was set aside is free again.")
    button = gettext_lazy("Cancel the session")
    said = gettext_lazy("Cancelled, and everybody is told.")
    form_class = CallOffForm

    def check(self) -> None:
        self._only_host()

    def act(self, **given: Any) -> Any:
        return actions.cancel(by=self.request.user, session=self.found.session, **given)


class GiveUp(OfSession):
    title = gettext_lazy("Give up your place")
    button = gettext_lazy("Give up the place")
    said = gettext_lazy("Done. Thank you for saying so: the next person moves up.")
    form_class = GiveUpForm

    def check(self) -> None:
        if self.found.mine is None:
            raise Missing(_("You have no place in this session."))
        if self.found.session.stay_away_pays:
            self.intro = _(
                "This session said that whoever cancels less than 24 hours before it pays their share. "
                "Being called to duty, illness, disability and caring are always excused."
            )
        else:
            self.intro = _("It costs you nothing.")

    def act(self, **given: Any) -> Any:
        return places.give_up_place(by=self.request.user, session=self.found.session, **given)


class Objection(OfSession):
    title = gettext_lazy("I was not there")
    intro = gettext_lazy("You pay nothing until this is cleared up.")
    button = gettext_lazy("Send")
    said = gettext_lazy("Thank you. Those who gave the session are told, and a broker decides if they do not agree.")
    form_class = ObjectionForm

    def check(self) -> None:
        if self.found.mine is None:
            raise Missing(_("You have no place in this session."))

    def act(self, **given: Any) -> Any:
        return registers.object_to_tick(by=self.request.user, session=self.found.session, **given)


@require_safe
@never_cache
def code(request: HttpRequest, session_id: Any) -> HttpResponse:
    """What the host puts on the screen. Each time it is drawn it is another code."""
    found = queries.given_page(session_id, request.user)
    check_may_act(request.user)
    if found.session.state != GroupSession.State.PUBLISHED or not found.doors_open:
        raise DomainError(_("The code can be shown from half an hour before the session until two hours after it."))
    address = settings.SITE_URL.rstrip("/") + codes.address_of(codes.code_for(found.session.pk))
    there = sum(row.state == GroupBooking.State.ATTENDED for row in found.bookings)
    context = {
        "session": found.session,
        "qr": mark_safe(qr_on_page(address)),  # noqa: S308 - drawn by ourselves from our own address
        "there": there,
        "booked": sum(row.state in queries.TAKEN for row in found.bookings),
        "seconds": rules.CODE_SECONDS,
    }
    return render(request, "timebank/group_session_code.html", context)


@require_conduct
@never_cache
def here(request: HttpRequest, code: str) -> HttpResponse:
    """Where the code leads. Opening it changes nothing: the button does."""
    if request.method != "POST":
        session_id = codes.read_code(code)
        form = HereForm(initial={"seen": codes.seen_by(request.user, session_id)})
    else:
        form = HereForm(request.POST)
        session_id = codes.seen_session(request.POST.get("seen", ""), request.user) or codes.read_code(code)
    found = queries.page(session_id, request.user)
    if request.method == "POST" and form.is_valid():
        try:
            registers.check_in(by=request.user, session=found.session, key=str(form.cleaned_data["key"]))
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("You are here. Enjoy it."))
            return redirect("timebank:group_session", found.session.pk)
    context = {"form": form, "found": found, "session": found.session}
    return render(request, "timebank/group_session_here.html", context, status=422 if form.errors else 200)


def register(request: HttpRequest, session_id: Any) -> HttpResponse:
    found = queries.given_page(session_id, request.user)
    check_may_act(request.user)
    form = RegisterForm(request.POST if request.method == "POST" else None, bookings=found.bookings)
    if form.is_valid():
        done = registers.note_attendance(by=request.user, session=found.session, **form.cleaned_data)
        messages.success(request, SAID_AFTER_REGISTER.get(done.state, _("Noted.")))
        return redirect("timebank:group_session", done.pk)
    context = {"found": found, "session": found.session, "form": form}
    return render(request, "timebank/group_session_register.html", context, status=422 if form.errors else 200)


SAID_AFTER_REGISTER: dict[str, Any] = {
    GroupSession.State.NOTED: gettext_lazy("Noted. Whoever you ticked is told, and it settles in 72 hours."),
    GroupSession.State.SETTLED: gettext_lazy("Noted and settled."),
    GroupSession.State.EMPTY: gettext_lazy("Noted. Nobody came, so nothing moves."),
}


@require_POST
def untick(request: HttpRequest, session_id: Any, booking_id: Any) -> HttpResponse:
    found = queries.given_page(session_id, request.user)
    check_may_act(request.user)
    booking = next((row for row in found.bookings if row.pk == booking_id), None)
    if booking is None:
        raise Missing(_("We cannot find that place."))
    registers.untick(by=request.user, booking=booking)
    messages.success(request, _("Put right, and they are told."))
    return redirect("timebank:group_session", session_id)


@require_safe
def calendar_file(request: HttpRequest, session_id: Any) -> HttpResponseBase:
    found = queries.page(session_id, request.user)
    address = settings.SITE_URL.rstrip("/") + reverse("timebank:group_session", args=[found.session.pk])
    return attachment(queries.calendar_file(found, address), "group-session.ics", "text/calendar; charset=utf-8")


@method_decorator(require_role("broker"), name="dispatch")
class Objections(ListPage):
    template_name = "timebank/group_session_objections.html"
    title = gettext_lazy("Who was at a group session")
    empty = gettext_lazy("Nobody says that they were noted by mistake.")

    def items(self) -> QuerySet:
        return queries.objections_for(self.request.user)


@method_decorator(require_role("broker"), name="dispatch")
class Reverse(OfSession):
    title = gettext_lazy("Reverse this session")
    intro = gettext_lazy("All that was paid and earned goes back, as a new entry. It cannot be undone.")
    button = gettext_lazy("Reverse it")
    said = gettext_lazy("Reversed, and everybody is told.")
    form_class = RequiredReasonForm

    def act(self, reason: str) -> Any:
        return registers.reverse(by=self.request.user, session=self.found.session, reason=reason)


@require_role("broker")
def decide(request: HttpRequest, booking_id: Any) -> HttpResponse:
    booking = queries.objection_for(booking_id, request.user)
    form = ObjectionDecisionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        registers.decide_objection(
            by=request.user,
            booking=booking,
            was_there=form.cleaned_data["was_there"] == "yes",
            note=form.cleaned_data["note"],
        )
        messages.success(request, _("Decided, and both are told."))
        return redirect("timebank:group_session_objections")
    context = {"booking": booking, "session": booking.session, "form": form}
    return render(request, "timebank/group_session_decide.html", context, status=422 if form.errors else 200)
