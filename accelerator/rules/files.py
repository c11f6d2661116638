"""What an upload is, by its content. Pure: bytes and a name in, a media type and a harmless name out."""

import unicodedata

import filetype
from django.utils.translation import gettext as _

from ui.downloads import plain_name
from ui.errors import Invalid

LARGEST_BYTES = 20 * 1024 * 1024
MOST_FILES = 10
HEAD_BYTES = 8192  # enough for every signature that we look for

OFFICE = "application/vnd.openxmlformats-officedocument."
OPEN = "application/vnd.oasis.opendocument."
ALLOWED = {
    "application/pdf": "pdf",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/heic": "heic",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    f"{OFFICE}wordprocessingml.document": "docx",
    f"{OFFICE}spreadsheetml.sheet": "xlsx",
    f"{OFFICE}presentationml.presentation": "pptx",
    f"{OPEN}text": "odt",
    f"{OPEN}spreadsheet": "ods",
    f"{OPEN}presentation": "odp",
    "text/plain": "txt",
}
KINDS_IN_WORDS = "PDF, Word, Excel, PowerPoint, OpenDocument, text, picture, sound or film"


def media_type(head: bytes) -> str | None:
    """The media type of a file that begins with `head`, or None where it is none that we take. What its name says
    does not count. Text is what reads as text and is no program: no markup, no script."""
    known = filetype.guess(head)
    if known is not None:
        return known.mime if known.mime in ALLOWED else None
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:  # a character cut in two at the very end is no fault
            return None
        text = head[: error.start].decode("utf-8-sig")
    if any(unicodedata.category(c) == "Cc" and c not in "\r\n\t\f" for c in text):
        return None
    return None if text.lstrip()[:2].startswith(("<", "#!", "%!", "{\\")) else "text/plain"


def harmless_name(name: str, kind: str) -> str:
    """The name to offer on download, with the ending that belongs to what the file is."""
    is_table = kind == "text/plain" and name.lower().endswith(".csv")
    return plain_name(name, "csv" if is_table else ALLOWED[kind])


def check(name: str, size: int, head: bytes) -> tuple[str, str]:
    """(media type, harmless name) of an upload. Raises Invalid, naming the file, where we cannot take it."""
    shown = plain_name(name)
    if size > LARGEST_BYTES:
        raise Invalid(
            _("“%(name)s” is larger than 20 MB. Make it smaller, or send a link to it.") % {"name": shown}, "files"
        )
    if size == 0:
        raise Invalid(_("“%(name)s” is empty. Choose another file.") % {"name": shown}, "files")
    kind = media_type(head)
    if kind is None:
        raise Invalid(
            _("We cannot take “%(name)s”. Send a %(kinds)s file.") % {"name": shown, "kinds": KINDS_IN_WORDS}, "files"
        )
    return kind, harmless_name(name, kind)
