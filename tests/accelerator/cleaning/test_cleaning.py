"""Nothing of who made a file is left in its copy, and no file takes more than its process may."""

import io
import json
import resource
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from pypdf import PdfReader, PdfWriter

from accelerator.cleaning import limits, run
from accelerator.cleaning.limits import Refused
from tests.accelerator.cleaning import leaky_files as leaky
from tests.accelerator.cleaning.leaky_files import DOCX, ODT, PLANTED, PPTX, WHO, WORDS, XLSX, names_somebody


def cleaned(content: bytes, kind: str) -> run.Clean:
    return run.cleaned(io.BytesIO(content), kind)


def words_in(content: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


def pictures_in(content: bytes) -> int:
    """How many different ones: the pages of a copy share what they may show."""
    return len({image.data for page in PdfReader(io.BytesIO(content)).pages for image in page.images})


@pytest.mark.parametrize("kind", PLANTED)
def test_whoever_made_a_file_is_nowhere_in_its_copy(kind):
    content = PLANTED[kind]()
    assert names_somebody(content), "there is something to leak"
    copy = cleaned(content, kind)
    assert not names_somebody(copy.content)
    if copy.kind == "application/pdf":
        reader = PdfReader(io.BytesIO(copy.content))
        assert (not reader.attachments and reader.xmp_metadata is None) or WHO not in str(reader.xmp_metadata)
        assert all("/Annots" not in page for page in reader.pages)


def test_a_letter_keeps_its_words_and_pictures_in_order():
    copy = cleaned(leaky.docx(), DOCX)
    words = words_in(copy.content)
    assert copy.kind == "application/pdf"
    assert words.index("Why") < words.index(WORDS) < words.index("Ward | Beds") < words.index("A shelf")
    assert "Headers and footers Draft two" in words
    assert pictures_in(copy.content) == 1


def test_slides_come_in_the_order_in_which_they_are_shown():
    copy = cleaned(leaky.pptx(), PPTX)
    assert "Slide 1" in words_in(copy.content) and WORDS in words_in(copy.content)
    assert "Slide 2" not in words_in(copy.content), "one is hidden"
    assert pictures_in(copy.content) == 1


def test_a_table_keeps_what_its_cells_show():
    copy = cleaned(leaky.xlsx(), XLSX)
    assert f"Beds {WORDS} | 12 | | A" in words_in(copy.content)
    assert "Notes" not in words_in(copy.content), "that sheet is hidden"


def test_an_open_document_keeps_its_words():
    words = words_in(cleaned(leaky.odt(), ODT).content)
    assert WORDS in words and "Draft two" in words


def test_a_pdf_keeps_its_pages_and_the_words_that_are_seen_on_them():
    copy = cleaned(leaky.pdf(layered=False), "application/pdf")
    assert WORDS in words_in(copy.content) and "white" not in words_in(copy.content)
    assert pictures_in(copy.content) == 1


def test_words_of_a_pdf_with_layers_are_shown_and_not_read_out():
    copy = cleaned(leaky.pdf(layered=True), "application/pdf")
    assert WORDS not in words_in(copy.content) and pictures_in(copy.content) == 1


def test_the_copy_of_a_document_can_be_read_out():
    root = PdfReader(io.BytesIO(cleaned(leaky.docx(), DOCX).content)).trailer["/Root"]
    assert root["/Lang"] == "en-GB" and root["/MarkInfo"]["/Marked"] == True  # noqa: E712 - a PDF's own True


def test_a_photograph_stays_the_right_way_up_and_a_moving_picture_moves():
    photograph = cleaned(leaky.jpeg(), "image/jpeg")
    with Image.open(io.BytesIO(photograph.content)) as image:
        assert image.size == (40, 60) and not image.getexif() and photograph.kind == "image/jpeg"
    with Image.open(io.BytesIO(cleaned(leaky.gif(), "image/gif").content)) as image:
        assert image.n_frames == 3 and image.info["duration"] == 80


def test_a_large_photograph_is_made_smaller():
    out = io.BytesIO()
    Image.new("RGB", (6000, 4000), "teal").save(out, "JPEG")
    with Image.open(io.BytesIO(cleaned(out.getvalue(), "image/jpeg").content)) as image:
        assert image.size == (2400, 1600)


def test_text_is_left_as_it_is():
    assert (
        cleaned(f"By {WHO}\n".encode(), "text/plain").content == f"By {WHO}\n".encode()
    )  # content: a manager reads it


# --- Files that are made to do harm ---


def a_png_of(width: int, height: int) -> bytes:
    """A picture of that size, all black: a few hundred kilobytes."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    pixels = zlib.compress(bytes((width // 8 + 1) * height), 1)
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def a_gif_of(frames: int, side: int) -> bytes:
    first = Image.new("P", (side, side))
    ImageDraw.Draw(first).line((0, 0, 9, 9), fill=1)
    out = io.BytesIO()
    others = (first if number % 2 else first.transpose(Image.Transpose.ROTATE_90) for number in range(frames - 1))
    first.save(out, "GIF", save_all=True, append_images=list(others), optimize=False)
    return out.getvalue()


def a_pdf_of(pages: int) -> bytes:
    writer = PdfWriter()
    for _number in range(pages):
        writer.add_blank_page(10, 10)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def a_zip_bomb() -> bytes:
    return leaky.docx(**{"word/header1.xml": b"<w>" + b" " * (90 * 1024**2) + b"</w>"})


def a_lying_zip() -> bytes:
    """A ZIP whose directory says that a part of 150 MB has 20 bytes."""
    size = 150 * 1024**2
    content = bytearray(leaky.docx(**{"word/header1.xml": b" " * size}))
    while (at := content.find(size.to_bytes(4, "little"))) >= 0:
        content[at : at + 4] = (20).to_bytes(4, "little")
    return bytes(content)


LAUGHS = '<!DOCTYPE l [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {after} "{f"&{before};" * 10}">' for before, after in zip("abcdefghi", "bcdefghij", strict=True)
)
BILLION_LAUGHS = LAUGHS + f"]><w:document {leaky.W}><w:p><w:r><w:t>&j;</w:t></w:r></w:p></w:document>"
DEEP = f"<w:p {leaky.W}>" * 200_000
FETCHES = f'<!DOCTYPE d SYSTEM "file:///etc/passwd"><w:document {leaky.W}/>'

HARMFUL = {
    "a picture of 900 million points": (lambda: a_png_of(30_000, 30_000), "image/png", "too_much"),
    "10,000 frames": (lambda: a_gif_of(10_000, 20), "image/gif", "too_much"),
    "a small GIF of many large frames": (lambda: a_gif_of(90, 2000), "image/gif", "too_much"),
    "10,000 pages": (lambda: a_pdf_of(10_000), "application/pdf", "too_much"),
    "a locked PDF": (lambda: leaky.pdf(password="secret"), "application/pdf", "locked"),
    "a ZIP bomb": (a_zip_bomb, DOCX, "too_much"),
    "a ZIP that lies about its sizes": (a_lying_zip, DOCX, "broken"),
    "a ZIP of 10,000 parts": (lambda: leaky.docx(**{f"x/{n}": "" for n in range(10_000)}), DOCX, "too_much"),
    "a billion laughs": (lambda: leaky.docx(**{"word/document.xml": BILLION_LAUGHS}), DOCX, "broken"),
    "200,000 elements in one another": (lambda: leaky.docx(**{"word/document.xml": DEEP}), DOCX, "too_much"),
    "XML that fetches": (lambda: leaky.docx(**{"word/document.xml": FETCHES}), DOCX, "broken"),
    "many words": (lambda: leaky.docx("<w:p><w:r><w:t>ab</w:t></w:r></w:p>" * 200_000), DOCX, "too_much"),
    "attributes without end": (
        lambda: leaky.docx(f'<w:p {" ".join(f"w:a{n}={chr(34)}1{chr(34)}" for n in range(100_000))}/>'), DOCX, None,
    ),
    "one author after another": (lambda: leaky.docx("<author" * 50_000), DOCX, "broken"),
    "a picture in a letter that is a bomb": (
        lambda: leaky.docx(**{"word/media/image1.jpeg": a_png_of(30_000, 30_000)}), DOCX, None,
    ),
    "no picture": (lambda: b"\x89PNG\r\n\x1a\n" + b"\x00" * 64, "image/png", "broken"),
    "no PDF": (lambda: b"%PDF-1.7 broken", "application/pdf", "broken"),
    "no ZIP": (lambda: b"PK broken", DOCX, "broken"),
    "nothing": (lambda: b"", "image/png", "broken"),
    "a sound": (lambda: b"ID3", "audio/mpeg", "kind"),
    "a picture as telephones keep them": (lambda: b"\x00\x00\x00\x18ftypheic", "image/heic", "kind"),
    "a program that says that it is text": (lambda: b"words\x00\x7fELF", "text/plain", "broken"),
}  # fmt: skip


MEASURED = """
import json, resource, sys
from accelerator.cleaning import child
child.main()
used = resource.getrusage(resource.RUSAGE_SELF)
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))  # ru_maxrss knows the parent's
sys.stderr.write(json.dumps([used.ru_utime + used.ru_stime, int(peak) * 1024]))
"""


@pytest.mark.parametrize("what", HARMFUL)
def test_a_file_that_is_made_to_do_harm_is_refused_within_the_limits(what, tmp_path):
    make, kind, why = HARMFUL[what]
    command = [sys.executable, "-c", MEASURED, kind]
    ended = subprocess.run(
        command, input=make(), capture_output=True, cwd=run.ROOT, env=run.environment(str(tmp_path)), check=True
    )  # ends well: it was refused before a limit stopped it
    answer = json.loads(ended.stdout.partition(b"\n")[0])
    assert answer.get("refused") == why
    seconds, peak = json.loads(ended.stderr.splitlines()[-1])
    assert seconds < limits.CPU_SECONDS / 3
    assert peak < limits.MEMORY_BYTES / 2


@pytest.mark.parametrize(
    "harm",
    ["bytearray(2 * 1024**3)", "[0 for _ in iter(int, 1)]", "open('/dev/shm/x', 'wb').write(bytes(50 * 1024**2))"],
)
def test_whatever_a_parser_does_it_is_stopped_and_the_file_is_refused(harm, monkeypatch):
    program = (
        f"from accelerator.cleaning import child; child.CPU_SECONDS = 2; child.copy = lambda *a: {harm}; child.main()"
    )
    monkeypatch.setattr(run, "command", lambda kind: [sys.executable, "-c", program, kind])
    with pytest.raises(Refused):
        run.cleaned(io.BytesIO(b""), "image/png")


def test_the_process_knows_no_secret(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "do not tell")
    monkeypatch.setenv("DATABASE_URL", "postgresql://owner:secret@db/odha")
    with tempfile.TemporaryDirectory() as folder:
        assert set(run.environment(folder)) == {"PATH", "LANG", "TMPDIR", "PYTHONDONTWRITEBYTECODE"}


def test_a_file_that_is_two_things_is_shown_as_one_of_them():
    out = io.BytesIO(leaky.gif())
    with zipfile.ZipFile(out, "a") as made:
        made.writestr("evil.html", f"<script>{WHO}</script>")
    assert zipfile.is_zipfile(out), "it is a picture and a ZIP"
    copy = cleaned(out.getvalue(), "image/gif")
    assert not zipfile.is_zipfile(io.BytesIO(copy.content)) and b"script" not in copy.content


def test_macros_are_left_behind():
    copy = cleaned(leaky.docx(), DOCX)
    assert b"VB_Name" not in leaky.everything_in(copy.content)


def test_nothing_is_left_on_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    cleaned(leaky.docx(), DOCX)
    with pytest.raises(Refused):
        cleaned(b"no picture", "image/png")
    assert list(Path(tmp_path).iterdir()) == []
    assert resource.getrlimit(resource.RLIMIT_CPU)[0] in (-1, resource.RLIM_INFINITY), "this process has no limit"
