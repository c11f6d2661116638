"""Files that are handed out: one way to answer with them, and one way to name them."""

import re
import unicodedata
from collections.abc import Iterable
from typing import IO, Any

from django.core.files.base import File
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from ui.errors import Gone

UNOPENED = "application/octet-stream"  # a browser keeps it, and never opens it as what it is
LONGEST_STEM = 100  # characters
LONGEST_ENDING = 10  # characters
SIGNS = " -_()&+,"  # what a name may hold beside letters and digits


def plain_name(name: str, ending: str | None = None) -> str:
    """A harmless name for a file that somebody called `name`: the last part of any path; letters, digits, spaces and a few
    signs, in the order in which they are read; an ending of letters and digits, which is `ending` where that is given.
    Whatever comes in (nothing, dots, NUL, marks that turn the writing round, 300 characters), something with a stem comes
    out."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    last = "".join(c for c in last if unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
    stem, dot, own = last.rpartition(".")
    if not dot:
        stem, own = last, ""
    if ending is None:
        ending = "".join(c for c in own if c.isascii() and c.isalnum())[:LONGEST_ENDING].lower()
    marked = "".join(c if c.isalnum() or unicodedata.combining(c) or c in SIGNS else "_" for c in stem)
    stem = marked.strip(" ._")[:LONGEST_STEM].strip(" ._") or "file"
    return f"{stem}.{ending}" if ending else stem


def attachment(
    content: bytes | str | IO[bytes] | Iterable[Any], name: str, kind: str = UNOPENED, *, shown: bool = False
) -> HttpResponseBase:
    """The answer that hands out a file: a stored or an open one, its bytes, or its lines as they are made.

    It is kept by no cache, guessed at by no browser, and does nothing on our site if somebody opens it there. `kind` is its
    media type: never that of a file which a person sent. Only with `shown`, for what we made ourselves, may the browser
    show it instead of saving it. Raises Gone where a stored file is not there any more."""
    name = plain_name(name)
    answer: HttpResponseBase
    if isinstance(content, bytes | str):
        answer = HttpResponse(content, content_type=kind)
    elif isinstance(content, File) or hasattr(content, "read"):  # asking a stored file for `read` would open it
        answer = FileResponse(_opened(content), content_type=kind)
    else:
        answer = StreamingHttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = content_disposition_header(not shown, name) or "attachment"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "no-store, private"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    if not shown:  # a sandbox would keep Chromium from showing a PDF
        answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer


def _opened(content: Any) -> Any:
    """The file, open at its beginning. Raises Gone."""
    try:
        if isinstance(content, File):
            return content.open("rb")
    except (FileNotFoundError, ValueError):  # ValueError: no file belongs to the row
        raise Gone(_("This file is not there any more.")) from None
    return content
