"""The inbox, preferences, the "stop" link of a mail, and the administrators' outbox."""

from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from notifications import actions, kinds, mailer, queries, rules
from notifications.forms import OutboxFilter, PreferencesForm
from ui.errors import Invalid, Missing, NotAllowed
from ui.views import ListPage


class Inbox(ListPage):
    """My messages, newest first."""

    template_name = "notifications/inbox.html"
    title = gettext_lazy("Messages")
    empty = gettext_lazy("No messages yet. When something waits for you, it is here.")

    def items(self, **filters: Any):
        return queries.inbox(self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"unread": queries.unread_count(self.request.user)}


@require_safe
def message(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """One message; opening it is reading it."""
    item = actions.mark_read(by=request.user, item_id=item_id)
    return render(request, "notifications/message.html", {"item": item, "body": mailer.to_html(item.text)})


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Marks every message as read."""
    actions.mark_all_read(by=request.user)
    return redirect("notifications:inbox")


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """How I want each kind of message, and when I want peace."""
    form = PreferencesForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            actions.save_preferences(by=request.user, chosen=form.choices_made(), quiet=form.quiet_hours())
        except Invalid as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("Saved. We will write to you in this way from now on."))
            return redirect("notifications:preferences")
    status = 422 if request.method == "POST" else 200
    return render(request, "notifications/preferences.html", {"form": form}, status=status)


@csrf_exempt  # mail programs POST here by themselves (RFC 8058); the signed token is the permission
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """What "stop e-mails like this" opens: a button for people, one click for mail programs. GET changes nothing."""
    try:
        user_id, slug = mailer.read_stop_token(token)
        kind = kinds.get(slug)
    except (signing.BadSignature, LookupError, ValueError):
        raise Missing(_("This link is not complete. Open it again from the e-mail.")) from None
    if request.method == "POST":
        actions.stop_kind(user_id=user_id, kind=slug)
    return render(request, "notifications/stop.html", {"kind": kind, "stopped": request.method == "POST"})


def administrators(view):
    """Lets only administrators in. `roles` is what the second-factor middleware and the URL matrix read."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not rules.may_see_outbox(request.user):
            raise NotAllowed(_("Only administrators see the outbox."))
        return view(request, *args, **kwargs)

    guarded.roles = ("administrator",)  # type: ignore[attr-defined]  # as people.access.require_role marks its views
    return guarded


class Outbox(ListPage):
    """What has been sent, what waits and what failed; never what it says."""

    template_name = "notifications/outbox.html"
    title = gettext_lazy("Outbox")
    filter_form = OutboxFilter
    page_size = 50
    empty = gettext_lazy("No messages here.")

    def items(self, **filters: Any):
        return queries.outbox(**filters)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        health = queries.outbox_health()
        return super().get_context_data(**kwargs) | {"counts": queries.outbox_counts(), "health": health}


outbox: Any = administrators(Outbox.as_view())


@administrators
@require_POST
def retry(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Sends a failed message again."""
    actions.retry(by=request.user, message_id=message_id)
    messages.success(request, _("The message is on its way again."))
    return redirect("notifications:outbox")
