"""Domain errors become pages."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from ui.errors import DomainError
from ui.views import error_response


class DomainErrorMiddleware:
    """Answers a `DomainError` that a view let through: with its status, and its sentence for the person to read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The page for a domain error; None (so Django goes on) for anything else."""
        if isinstance(exception, DomainError):
            return error_response(request, exception.status, str(exception))
        return None
