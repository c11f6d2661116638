"""Taking out of a file what says who made it: authors, cameras, places, dates. Pure: bytes in, bytes out.

Pillow and pypdf are slow to load, and few requests bring a file: each function imports its own."""

import io
import re
import zipfile

PICTURES = {"image/jpeg", "image/png", "image/gif", "image/webp"}
LARGEST_UNPACKED = 200 * 1024 * 1024  # bytes; more than that is no document
KEPT = (
    "transparency",
    "duration",
    "loop",
    "background",
)  # of what a picture says of itself: how it looks, not whose it is
_NEW_YEAR = (1980, 1, 1, 0, 0, 0)  # the first day that a ZIP knows

_PACKAGE = "http://schemas.openxmlformats.org/"
BLANK = {  # parts that hold nothing but properties of the document
    "docProps/core.xml": f'<cp:coreProperties xmlns:cp="{_PACKAGE}package/2006/metadata/core-properties"/>',
    "docProps/app.xml": f'<Properties xmlns="{_PACKAGE}officeDocument/2006/extended-properties"/>',
    "docProps/custom.xml": f'<Properties xmlns="{_PACKAGE}officeDocument/2006/custom-properties"/>',
    "meta.xml": '<office:document-meta xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" office:version="1.2"/>',
}
_ATTRIBUTES = re.compile(rb'(\s(?:w\d*:)?(?:author|initials|userId|providerId|displayName))="[^"]*"')
_NAMED = re.compile(rb'(\sname)="[^"]*"')  # in the lists of who commented
_ELEMENTS = re.compile(rb"<((?:dc:creator|meta:initial-creator|meta:creator-initials|author))\b([^>]*)>[^<]*</\1>")
_COMMENTERS = re.compile(r"commentAuthors\.xml$|authors\.xml$|people\.xml$|persons?/[^/]+\.xml$")


def stripped(content: bytes, kind: str) -> bytes | None:
    """A file of the media type `kind` without what says who made it. None for kinds that we cannot do it to (sound, film,
    HEIC), and for files that are broken or locked."""
    if kind == "text/plain":
        return content
    try:
        if kind in PICTURES:
            return _picture(content)
        if kind == "application/pdf":
            return _pdf(content)
        if "officedocument" in kind or "opendocument" in kind:
            return _document(content)
    except Exception:
        return None
    return None


def _picture(content: bytes) -> bytes:
    """The same pixels the right way up, and nothing beside them."""
    from PIL import Image, ImageOps, ImageSequence

    with Image.open(io.BytesIO(content)) as image:
        form, moves = image.format, getattr(image, "is_animated", False)
        frames = (
            [frame.copy() for frame in ImageSequence.Iterator(image)] if moves else [ImageOps.exif_transpose(image)]
        )
    for frame in frames:
        frame.info = {name: frame.info[name] for name in KEPT if name in frame.info}
        frame.getexif().clear()
    out = io.BytesIO()
    more = {"save_all": True, "append_images": frames[1:]} if moves else {}
    frames[0].save(out, format=form, quality=90, **more)
    return out.getvalue()


def _pdf(content: bytes) -> bytes | None:
    from pypdf import PdfReader, PdfWriter
    from pypdf.generic import NameObject

    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted:
        return None
    writer = PdfWriter(clone_from=reader)
    writer.metadata = None
    writer.root_object.pop(NameObject("/Metadata"), None)
    for page in writer.pages:
        for name in ("/Metadata", "/PieceInfo", "/LastModified"):
            page.pop(NameObject(name), None)
        for note in page.get("/Annots") or []:
            note.get_object().pop(NameObject("/T"), None)  # who wrote it
    writer.compress_identical_objects(remove_unreferenced=True)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _document(content: bytes) -> bytes | None:
    """An office document without its properties, and without the names beside its comments and changes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        if sum(part.file_size for part in old.infolist()) > LARGEST_UNPACKED:
            return None
        for part in old.infolist():
            text = BLANK[part.filename].encode() if part.filename in BLANK else _anonymous(part, old.read(part))
            fresh = zipfile.ZipInfo(part.filename, _NEW_YEAR)
            fresh.compress_type = part.compress_type
            new.writestr(fresh, text)
    return out.getvalue()


def _anonymous(part: zipfile.ZipInfo, text: bytes) -> bytes:
    if not part.filename.endswith(".xml"):
        return text
    text = _ELEMENTS.sub(rb"<\1\2></\1>", _ATTRIBUTES.sub(rb'\1=""', text))
    return _NAMED.sub(rb'\1=""', text) if _COMMENTERS.search(part.filename) else text
