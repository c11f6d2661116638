"""What every request passes through: routes for the log, strange addresses, and domain errors that become pages."""

from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from ui.errors import DomainError
from ui.views import error_response

# Nothing on our pages looks, listens, asks where somebody is, or takes money.
PERMISSIONS = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), midi=(), display-capture=()"


class RouteMiddleware:
    """Leaves the route of each request where the access log finds it, which must not hold the address that was asked for:
    addresses carry tokens and what people typed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        match = request.resolver_match
        request.META["odha.route"] = f"/{match.route}" if match else "(no route)"
        return response


class PrivateAnswerMiddleware:
    """Keeps what was answered to somebody with a session out of every cache, errors and redirects too, so that nobody finds
    it with Back after they have signed out. The session's cookie tells, not the person: no question to the database, which
    may be what is away. Public pages may be kept for those who have none. What no page of ours needs is switched off."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        cookie = settings.SESSION_COOKIE_NAME
        if cookie in request.COOKIES or cookie in response.cookies:
            response["Cache-Control"] = "no-store, private"
        response.setdefault("Permissions-Policy", PERMISSIONS)
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


class DomainErrorMiddleware:
    """Answers a `DomainError` that a view let through: with its status, and its sentence for the person to read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The page for a domain error; None (so Django goes on) for anything else."""
        if isinstance(exception, DomainError):
            back = _page_of(request.path_info) if exception.status == HTTPStatus.CONFLICT else ""
            return error_response(request, exception.status, str(exception), typed=words_typed(request), back=back)
        return None


class FormAddressMiddleware:
    """Whoever comes back to an address that only takes what a form sends (a reloaded tab, the history) finds a page with
    the way on, where the browser would say that the site is broken."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED or request.method != "GET":
            return response
        page = error_response(request, HTTPStatus.METHOD_NOT_ALLOWED, back=_address_above(request.path_info))
        page["Allow"] = response["Allow"]
        return page


def _address_above(path: str) -> str:
    """The nearest address above this one that is a page of ours."""
    while path := path.rstrip("/").rpartition("/")[0]:
        try:
            resolve(f"{path}/")
        except Resolver404:
            continue
        return f"{path}/"
    return "/"


def _page_of(path: str) -> str:
    """The page of what was to be done something with, above the address of the doing; empty where there is none."""
    above = _address_above(path)
    return above if resolve(above).kwargs else ""


def words_typed(request: HttpRequest) -> list[str]:
    """What a person wrote on the form that this request sends: the fields of more than one word. Nothing of a form that
    anybody could have sent from elsewhere."""
    view = getattr(request.resolver_match, "func", None)
    if request.method != "POST" or getattr(view, "csrf_exempt", False):
        return []
    return [value.strip() for value in request.POST.values() if isinstance(value, str) and " " in value.strip()]


class StrangeAddressMiddleware:
    """Refuses an address with a NUL in it: nobody types one, and PostgreSQL keeps none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            return error_response(request, 404)
        return self.get_response(request)
