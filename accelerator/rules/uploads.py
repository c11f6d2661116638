"""What a file may be, by its content."""

import zipfile
from typing import Any

import filetype
from django.utils.translation import gettext as _

from ui.errors import Invalid

LARGEST = 20 * 1024 * 1024  # bytes
ALLOWED = {
    "application/pdf",
    "image/jpeg",
    "image/png",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
OFFICE_FOLDERS = {
    "word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
ENDINGS = ("pdf", "docx", "pptx", "xlsx", "jpg", "jpeg", "png")


def check_file(file: Any) -> str:
    """The media type of `file` (an uploaded file), found in its content. Raises Invalid where it is empty, over 20 MB,
    none of the allowed kinds, or an office file with macros."""
    if not file.size:
        raise Invalid(_("The file is empty. Choose another one."), field="answer")
    if file.size > LARGEST:
        raise Invalid(_("Choose a file that is smaller than 20 MB."), field="answer")
    file.seek(0)
    found = filetype.guess_mime(file.read(8192)) or ""
    file.seek(0)
    if found == "application/zip" or found in OFFICE_FOLDERS.values():
        found = _office_type(file)
    if found not in ALLOWED:
        raise Invalid(_("Choose a PDF, Word, PowerPoint, Excel, JPEG or PNG file."), field="answer")
    return found


def _office_type(file: Any) -> str:
    """Which office file a zip is; "" for any other zip, and where it holds macros."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        return ""
    finally:
        file.seek(0)
    if any(name.endswith("vbaProject.bin") for name in names):
        return ""
    return next((kind for folder, kind in OFFICE_FOLDERS.items() if any(n.startswith(folder) for n in names)), "")
