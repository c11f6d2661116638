"""What a copy of a document is written on: blocks of words and pictures, made into a tagged PDF by WeasyPrint."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from accelerator.cleaning.limits import MOST_CHARACTERS, Refused

TITLE = "A copy without what says who made it"
STYLE = """
@page { size: A4; margin: 15mm }
html { font: 11pt/1.45 sans-serif }
h1 { font-size: 16pt } h2 { font-size: 13pt }
p { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0 0 3mm }
img { max-width: 100%; max-height: 255mm }
figure { margin: 0 0 5mm } figcaption { color: #333 }
.page { break-after: page; text-align: center }
"""


@dataclass(frozen=True)
class Heading:
    words: str


@dataclass(frozen=True)
class Words:
    words: str


@dataclass(frozen=True)
class Picture:
    kind: str
    content: bytes
    instead: str  # what it is, for who cannot see it
    caption: str = ""
    whole_page: bool = False


Block = Heading | Words | Picture


def paper(blocks: Iterable[Block]) -> bytes:
    """The blocks as a PDF in the order in which they come, with headings, a language and alternative texts. It asks for
    nothing but its own pictures. Raises Refused for more words than `MOST_CHARACTERS`."""
    from weasyprint import HTML
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    pictures: dict[str, Picture] = {}

    class OwnPicturesOnly(URLFetcher):
        def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
            if url not in pictures:
                raise FatalURLFetchingError("A copy fetches nothing.")
            return URLFetcherResponse(url, pictures[url].content, headers={"Content-Type": pictures[url].kind})

    lines, characters = [], 0
    for block in blocks:
        if isinstance(block, Picture):
            address = f"picture:{len(pictures)}"
            pictures[address] = block
            image = f'<img src="{address}" alt="{escape(block.instead)}">'
            caption = f"<figcaption>{escape(block.caption)}</figcaption>" if block.caption else ""
            lines.append(f"<figure{' class=page' if block.whole_page else ''}>{image}{caption}</figure>")
            continue
        words = "".join(c for c in block.words if c.isprintable() or c in "\n\t")
        characters += len(words)
        if characters > MOST_CHARACTERS:
            raise Refused("too_much")
        name = "h2" if isinstance(block, Heading) else "p"
        lines.append(f"<{name}>{escape(words)}</{name}>")
    html = (
        f'<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>{TITLE}</title>'
        f"<style>{STYLE}</style></head><body><h1>{TITLE}</h1>{''.join(lines)}</body></html>"
    )
    document = HTML(string=html, url_fetcher=OwnPicturesOnly())
    return document.write_pdf(pdf_variant="pdf/ua-1", pdf_tags=True)
