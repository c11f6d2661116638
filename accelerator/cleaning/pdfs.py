"""The pages of a PDF as pictures, and after them the words that can be seen on them.

Nothing of the file is taken over: no properties, XMP, attachments, scripts, links, remarks, or what a program of its own
left in it. Importing its pages into a new PDF (pdfium can) would carry the XMP of its pictures along, which is why they
are drawn. The words stand where everybody sees them, so that the manager who clears the copy reads all that is in it."""

import io
from collections.abc import Iterator
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from accelerator.cleaning.limits import LONGEST_SIDE, MOST_CHARACTERS, MOST_PAGES, PAGE_DPI, Refused
from accelerator.cleaning.paper import Block, Heading, Picture, Words, paper

POINTS_AN_INCH = 72
SEEN_FROM = 24  # of 255: a smaller contrast between words and what they stand on is none that anybody sees
MOST_LINES = 3000  # of words on a page


def pdf(content: bytes) -> bytes:
    """The copy of a PDF. Raises Refused where it is locked, broken, or has too many pages."""
    try:
        document = pdfium.PdfDocument(content)
    except pdfium.PdfiumError as error:
        locked = getattr(error, "err_code", None) == pdfium_c.FPDF_ERR_PASSWORD
        raise Refused("locked" if locked else "broken") from error
    if len(document) > MOST_PAGES:
        raise Refused("too_much")
    if len(document) == 0:
        raise Refused("broken")
    document.init_forms()  # what was filled in belongs to the page; pdfium here has no JavaScript
    has_layers = _has_layers(content)
    pages, words = [], []
    for number in range(len(document)):
        page = document[number]
        width, height = page.get_size()
        scale = min(PAGE_DPI / POINTS_AN_INCH, LONGEST_SIDE / max(width, height, 1))
        drawn = page.render(scale=scale, draw_annots=False, may_draw_forms=True, rev_byteorder=True).to_pil()
        drawn = drawn.convert("RGB")
        pages.append(_picture(drawn, number + 1, len(document)))
        words.append("" if has_layers else "\n".join(_seen_words(page, drawn)))
        page.close()
    return paper([*pages, *_words_of(words)])


def _picture(drawn: Any, number: int, of: int) -> Picture:
    out = io.BytesIO()
    drawn.save(out, format="JPEG", quality=80)
    instead = f"Page {number} of {of}, as a picture. Its words come after the last page."
    return Picture("image/jpeg", out.getvalue(), instead, whole_page=True)


def _words_of(pages: list[str]) -> Iterator[Block]:
    left = MOST_CHARACTERS - 10_000  # characters, with room for the headings
    for number, words in enumerate(pages, start=1):
        if not words.strip():
            continue
        yield Heading(f"The words of page {number}")
        yield Words(words[:left])
        left -= len(words)
        if left <= 0:
            yield Words("There are more words than fit here. The pages above show them all.")
            return


def _has_layers(content: bytes) -> bool:
    """Whether parts of a page can be switched off: pdfium reads out the words of such parts although nobody sees them. True
    also where that cannot be found out."""
    from pypdf import PdfReader

    try:
        return "/OCProperties" in PdfReader(io.BytesIO(content)).root_object
    except Exception:
        return True


def _seen_words(page: Any, drawn: Any) -> Iterator[str]:
    """The words on a page, line by line, without those of which nothing is seen (white on white, or not drawn)."""
    text = page.get_textpage()
    for at in range(min(text.count_rects(), MOST_LINES)):
        left, bottom, right, top = text.get_rect(at)
        words = text.get_text_bounded(left, bottom, right, top).strip()
        if not words:
            continue
        corners = (_on_picture(page, drawn, left, bottom), _on_picture(page, drawn, right, top))
        box = (
            max(min(x for x, _y in corners), 0),
            max(min(y for _x, y in corners), 0),
            min(max(x for x, _y in corners) + 1, drawn.width),
            min(max(y for _x, y in corners) + 1, drawn.height),
        )
        if box[0] >= box[2] or box[1] >= box[3]:
            continue  # beside the page
        if any(high - low >= SEEN_FROM for low, high in drawn.crop(box).getextrema()):
            yield words
    text.close()


def _on_picture(page: Any, drawn: Any, x: float, y: float) -> tuple[int, int]:
    """Where a point of the page is on its picture, however the page is turned or cut."""
    from ctypes import byref, c_int

    across, down = c_int(), c_int()
    pdfium_c.FPDF_PageToDevice(page.raw, 0, 0, drawn.width, drawn.height, 0, x, y, byref(across), byref(down))
    return across.value, down.value
