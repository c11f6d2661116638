"""How much a request may bring, decided before it is read, and what its files are called."""

from collections.abc import Callable
from typing import Any

from django.core.files.uploadhandler import MemoryFileUploadHandler, TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from ui.downloads import plain_name
from ui.views import error_response

MEGABYTE = 1024 * 1024
ANONYMOUS_BYTES = 64 * 1024  # whatever the page: nobody who is not signed in sends a file
FORM_BYTES = MEGABYTE  # a form without files: its longest texts, percent-encoded

View = Callable[..., Any]


def takes_files(most_bytes: int) -> Callable[[View], View]:
    """Says of a view that its form sends files of up to `most_bytes` together. Any other view takes `FORM_BYTES`. For a
    class, decorate its `dispatch`."""

    def mark(view: View) -> View:
        view.takes_bytes = most_bytes + FORM_BYTES  # type: ignore[attr-defined]
        return view

    return mark


class BodyLimitMiddleware:
    """Refuses a request that says that it brings more than its view takes, before any of it is read. Django reads no more
    than a request says, and nothing of one that does not say (chunked): such a one is refused too, or its form would look
    empty. Stands before whatever reads the form, as the check of the CSRF token does."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: View, args: Any, kwargs: Any) -> HttpResponse | None:
        if "HTTP_TRANSFER_ENCODING" in request.META:
            return error_response(request, 413, _("Your program did not say how much it sends. Use a web browser."))
        said = request.META.get("CONTENT_LENGTH") or "0"
        length = int(said) if said.isdecimal() else 0
        if not request.user.is_authenticated:
            return None if length <= ANONYMOUS_BYTES else error_response(request, 413, _for_nobody())
        most = getattr(view, "takes_bytes", FORM_BYTES)
        if length <= most:
            return None
        if most == FORM_BYTES:
            return error_response(request, 413)
        return error_response(
            request,
            413,
            _(
                "Go back: what you typed is still there. This page takes %(most)d MB at a time, and you sent %(sent)d MB. "
                "Choose smaller files, or fewer, or give a link to them."
            )
            % {"most": (most - FORM_BYTES) // MEGABYTE, "sent": -(-length // MEGABYTE)},
        )


def _for_nobody() -> str:
    return _(
        "Files are taken from people who are signed in. Sign in on another tab, come back to this page and send it again."
    )


class _PlainNames:
    """Names the files of a form harmlessly before anything is done with them: an ending of 250 letters would not fit the
    name of a temporary file."""

    def new_file(self, field_name: str, file_name: str, *args: Any, **kwargs: Any) -> None:
        super().new_file(field_name, plain_name(file_name), *args, **kwargs)  # type: ignore[misc]


class InMemory(_PlainNames, MemoryFileUploadHandler):
    """Small files."""


class OnDisk(_PlainNames, TemporaryFileUploadHandler):
    """Larger files, in the folder for temporary ones."""
