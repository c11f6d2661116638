"""What a file says of who made it is taken out before a reviewer gets it."""

import io
import zipfile

import pytest
from PIL import Image, PngImagePlugin
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject

from accelerator.rules.metadata import stripped

WHO = b"Grace Hopper"
OFFICE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
OPEN = "application/vnd.oasis.opendocument.text"


def a_picture(form: str, **more) -> bytes:
    image = Image.new("RGB", (4, 2), "white")
    image.putpixel((0, 0), (0, 0, 0))
    out = io.BytesIO()
    image.save(out, format=form, **more)
    return out.getvalue()


def a_photograph() -> bytes:
    exif = Image.Exif()
    exif[0x013B], exif[0x0112] = "Grace Hopper", 6  # artist; turned by 90°
    return a_picture("JPEG", exif=exif, comment=WHO, xmp=b"<x:xmpmeta>Grace Hopper</x:xmpmeta>")


def a_png() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", "Grace Hopper")
    info.add_itxt("Comment", "by Grace Hopper")
    return a_picture("PNG", pnginfo=info)


def a_moving_picture() -> bytes:
    frames = [Image.new("RGB", (2, 2), (120 * number, 0, 0)) for number in range(3)]
    out = io.BytesIO()
    frames[0].save(out, format="GIF", save_all=True, append_images=frames[1:], comment=WHO, duration=80)
    return out.getvalue()


def a_pdf(password: str = "") -> bytes:
    writer = PdfWriter()
    page = writer.add_blank_page(100, 100)
    note = DictionaryObject({NameObject("/Type"): NameObject("/Annot"), NameObject("/Subtype"): NameObject("/Text"),
                             NameObject("/T"): TextStringObject("Grace Hopper"),
                             NameObject("/Contents"): TextStringObject("Look here")})  # fmt: skip
    page[NameObject("/Annots")] = ArrayObject([writer._add_object(note)])
    writer.add_metadata({"/Author": "Grace Hopper"})
    writer.xmp_metadata = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><dc>Grace Hopper</dc></x:xmpmeta>'
    if password:
        writer.encrypt(password)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def a_zip(**parts: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, text in parts.items():
            made.writestr(name.replace("__", "/"), text)
    return out.getvalue()


def everything(content: bytes) -> bytes:
    """The bytes of a file, those of its parts with them where it is packed."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return b"\n".join(parts.read(name) for name in parts.namelist())


A_LETTER = a_zip(
    **{
        "docProps__core.xml": "<x><dc:creator>Grace Hopper</dc:creator></x>",
        "docProps__app.xml": "<Properties><Company>Grace Hopper</Company></Properties>",
        "word__document.xml": '<w:p><w:ins w:author="Grace Hopper" w:id="1"><w:t>Cups are out of reach</w:t></w:ins></w:p>',
        "word__comments.xml": '<w:comment w:author="Grace Hopper" w:initials="GH"><w:t>Why?</w:t></w:comment>',
        "word__people.xml": '<w15:person w15:author="Grace Hopper"><w15:presenceInfo w15:userId="Grace Hopper"/></w15:person>',
    }
)
A_TEXT = a_zip(
    **{
        "mimetype": OPEN,
        "meta.xml": "<office:meta><meta:initial-creator>Grace Hopper</meta:initial-creator></office:meta>",
        "content.xml": "<office:annotation><dc:creator>Grace Hopper</dc:creator><text:p>Cups</text:p></office:annotation>",
    }
)


@pytest.mark.parametrize(
    ("content", "kind", "kept"),
    [
        (a_photograph(), "image/jpeg", b"\xff\xd8"),
        (a_png(), "image/png", b"\x89PNG"),
        (a_moving_picture(), "image/gif", b"GIF89a"),
        (a_pdf(), "application/pdf", b"Look here"),
        (A_LETTER, OFFICE, b"Cups are out of reach"),
        (A_TEXT, OPEN, b"<text:p>Cups</text:p>"),
    ],
)
def test_nobodys_name_is_left_and_the_content_is(content, kind, kept):
    before = everything(content)
    assert WHO in before, "there is something to leak"
    after = everything(stripped(content, kind) or b"")
    assert kept in after
    for name in (b"Grace", b"Hopper", b'"GH"'):
        assert name not in after


def test_a_photograph_stays_the_right_way_up_and_a_moving_picture_moves():
    with Image.open(io.BytesIO(stripped(a_photograph(), "image/jpeg"))) as image:
        assert image.size == (2, 4) and not image.getexif()
    with Image.open(io.BytesIO(stripped(a_moving_picture(), "image/gif"))) as image:
        assert image.n_frames == 3 and image.info["duration"] == 80


def test_a_pdf_can_still_be_read():
    reader = PdfReader(io.BytesIO(stripped(a_pdf(), "application/pdf")))
    assert len(reader.pages) == 1 and not reader.metadata and reader.xmp_metadata is None


def test_text_is_left_alone():
    assert stripped(b"By Grace Hopper", "text/plain") == b"By Grace Hopper"  # that is content: a manager reads it


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x00\x00\x00\x18ftypheic", "image/heic"),
        (b"ID3", "audio/mpeg"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 64, "image/png"),
        (b"%PDF-1.7 broken", "application/pdf"),
        (b"PK broken", OFFICE),
        (a_pdf(password="secret"), "application/pdf"),
    ],
)
def test_what_cannot_be_cleaned_is_not_given_out(content, kind):
    assert stripped(content, kind) is None
