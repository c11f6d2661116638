"""Staff see other people's matters, so they come in with two keys."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from people import access, rules, second_factor
from people.actions import factors
from ui.middleware import words_typed
from ui.views import error_response


class SecondFactorMiddleware:
    """Gives `request.user` the powers that this session has proved (see `people.second_factor`), and leads somebody who
    opens a page of their staff role (`access.require_role`) without them to where they give their second factor.

    A form that is sent after the powers have run out is answered with a page that says so and gives back what was typed:
    nothing is lost, and nothing is done as somebody less than they were.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.user = SimpleLazyObject(lambda: second_factor.judged(request))  # type: ignore[assignment]  # as Django's own
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable, args: Any, kwargs: Any) -> HttpResponse | None:
        roles = getattr(view, "roles", ())  # set by `access.require_role`
        sends = request.method not in ("GET", "HEAD")
        if _of_allauth(request, "mfa_") and request.user.is_authenticated:
            factors.sweep(request.user)
        user: Any = request.user if roles or sends else None
        if not getattr(user, "unproved", False):
            return None
        if roles and rules.was_given(user, *roles) and not rules.has_any_role(user, roles):
            if not sends:
                return redirect(access.to_second_step(request.get_full_path()))
            return _closed(request, _("Prove in a second way that it is you. Then send this again."))
        if (
            sends
            and second_factor.given_at(request, user) is not None
            and rules.held_back(user)
            and not _always(request)
        ):
            return _closed(
                request, _("Your desk closed after an hour in which you did nothing. Open it, then send this again.")
            )
        return None


def _closed(request: HttpRequest, message: str) -> HttpResponse:
    return error_response(request, 403, message, typed=words_typed(request))


def _always(request: HttpRequest) -> bool:
    """Whether what is sent goes on though the desk has closed: signing out, giving a factor, and what a page keeps by
    itself while somebody writes (the answer goes to nobody who could read it)."""
    return _of_allauth(request, "mfa_", "account_", "usersessions_") or "X-Autosave" in request.headers


def _of_allauth(request: HttpRequest, *names: str) -> bool:
    """Whether the page is one of allauth's (which have no namespace) whose name begins with one of `names`."""
    match: Any = request.resolver_match
    return bool(match and match.url_name and not match.namespace and match.url_name.startswith(names))


class PausedMiddleware:
    """The one place that says what somebody whose account is paused may reach: the pages of `access.WHILE_PAUSED`. Public
    pages answer them as they answer anybody who is not signed in; every other page leads to the one that says what happened.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable, args: Any, kwargs: Any) -> HttpResponse | None:
        if not request.user.is_authenticated or request.user.suspended_at is None:
            return None
        if request.resolver_match is not None and request.resolver_match.view_name in access.WHILE_PAUSED:
            return None
        if not getattr(view, "login_required", True):
            request.user = AnonymousUser()
            return None
        if getattr(request, "htmx", False):
            return HttpResponseClientRedirect(reverse("people:paused"))
        return redirect("people:paused")


class UnprocessableMiddleware:
    """allauth answers 200 where a form is wrong; our pages say 422, and htmx and tests rely on it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_template_response(self, request: HttpRequest, response: Any) -> Any:
        form = (response.context_data or {}).get("form")
        if request.method == "POST" and response.status_code == 200 and getattr(form, "errors", None):
            response.status_code = 422
        return response
