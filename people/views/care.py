"""Staff pages of somebody's account: ending its sessions, a lost second factor, closing it."""

from abc import ABC
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from people import queries
from people.access import require_role
from people.actions import care
from people.forms import ConsentForm, ReasonForm
from people.models import AccountAct, User
from people.rules import RESETTERS
from ui.errors import Missing
from ui.views import ListPage, MovePage


class _OfSomebody(MovePage, ABC):
    """A move with somebody's account. Raises Missing for nobody, and for an account that is closed."""

    form_class: Any = ReasonForm
    user: User

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        user = User.objects.filter(pk=kwargs["user_id"], closed_at=None).first()
        if user is None:
            raise Missing
        self.user = user
        return super().dispatch(request, *args, **kwargs)

    def next_url(self) -> str:
        return reverse("people:roles", args=[self.user.pk])

    def back_url(self) -> str:
        return reverse("people:roles", args=[self.user.pk])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return context | {"title": str(self.title) % {"who": self.user}}


class SignOut(_OfSomebody):
    title = gettext_lazy("Sign %(who)s out everywhere")
    intro = gettext_lazy("Every browser in which they are signed in asks them to sign in again.")
    button = gettext_lazy("Sign them out")
    said = gettext_lazy("They are signed out everywhere.")

    def act(self, reason: str) -> Any:
        return care.sign_out(by=self.request.user, user=self.user, reason=reason)  # type: ignore[arg-type]  # signed in


class AskReset(_OfSomebody):
    title = gettext_lazy("%(who)s has lost their second step")
    intro = gettext_lazy(
        "A second person must agree: another administrator or a safeguarding lead. We email this person now, and again"
        " when it is decided. Ring them first, on a number that you knew before."
    )
    button = gettext_lazy("Ask a second person")
    said = gettext_lazy("A second person is asked. Nothing has changed yet.")

    def act(self, reason: str) -> Any:
        return care.ask_reset(by=self.request.user, user=self.user, reason=reason)  # type: ignore[arg-type]  # signed in


class Close(_OfSomebody):
    form_class = ConsentForm
    title = gettext_lazy("Close the account of %(who)s")
    intro = gettext_lazy("Only at their own word, and for good: name, email address and profile are deleted.")
    button = gettext_lazy("Close this account")
    said = gettext_lazy("The account is closed.")

    def act(self, reason: str) -> Any:
        return care.close(by=self.request.user, user=self.user, reason=reason)  # type: ignore[arg-type]  # signed in

    def next_url(self) -> str:
        return reverse("people:people")


sign_out = require_role("administrator")(SignOut.as_view())
ask_reset = require_role("administrator")(AskReset.as_view())
close = require_role("administrator")(Close.as_view())


class Resets(ListPage):
    """Lost second factors: those that wait, then those that were decided."""

    template_name = "people/staff/resets.html"
    title = gettext_lazy("Lost second steps")
    empty = gettext_lazy("Nobody has lost their second step.")

    def items(self, **filters: Any) -> Any:
        return queries.resets_for(self.request.user)  # type: ignore[arg-type]  # signed in


@require_http_methods(["GET", "HEAD", "POST"])
def stop_reset(request: HttpRequest) -> HttpResponse:
    """For the person whom a reset is about: what was asked, and how to stop it."""
    viewer: Any = request.user
    if request.method == "POST":
        if care.stop_reset(by=viewer):
            messages.success(request, _("Stopped. Your second step stays as it is, and we have told the team."))
        return redirect("mfa_index")
    return render(request, "people/stop_reset.html", {"act": queries.open_reset_of(viewer)})


resets = require_role(*RESETTERS)(Resets.as_view())


@require_role(*RESETTERS)
def reset(request: HttpRequest, act_id: Any) -> HttpResponse:
    """One lost second factor: agree or refuse."""
    viewer: Any = request.user
    act = queries.resets_for(viewer).filter(pk=act_id).first()
    if act is None:
        raise Missing
    if request.method == "POST":
        decided = care.decide_reset(by=viewer, act=act, agree="agree" in request.POST)
        agreed = decided.outcome == AccountAct.Outcome.AGREED
        messages.success(request, _("Their second step is removed.") if agreed else _("Refused. Nothing has changed."))
        return redirect("people:resets")
    return render(
        request, "people/staff/reset.html", {"act": act, "may_decide": act.by_id != viewer.pk and not act.is_overdue}
    )
