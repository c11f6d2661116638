"""Office documents as their words and pictures, in the order in which they are read.

A document is a ZIP of XML. What is read of it is what is looked for: the words of paragraphs and cells, and the pictures
that they hold. Whatever else a program put there (properties, templates, remarks, what was deleted, macros, other people's
XML) is never looked at, so nothing of it can be forgotten."""

import io
import posixpath
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from defusedxml.ElementTree import DefusedXMLParser

from accelerator.cleaning.limits import (
    DEEPEST_XML,
    LARGEST_RATIO,
    MOST_CHARACTERS,
    MOST_PARTS,
    MOST_PICTURES,
    RATIO_COUNTS_FROM,
    UNPACKED_BYTES,
    Refused,
)
from accelerator.cleaning.paper import Block, Heading, Picture, Words
from accelerator.cleaning.pictures import picture

NOT_SHOWN = "[A picture that cannot be shown safely is left out here.]"
ENCRYPTED = 0x1


class Package:
    """The parts of a ZIP, of which no more than `UNPACKED_BYTES` are ever read."""

    def __init__(self, content: bytes):
        self._zip = zipfile.ZipFile(io.BytesIO(content))
        parts = self._zip.infolist()
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > UNPACKED_BYTES:
            raise Refused("too_much")
        if any(part.flag_bits & ENCRYPTED for part in parts):
            raise Refused("locked")
        for part in parts:
            if part.file_size > RATIO_COUNTS_FROM and part.file_size > LARGEST_RATIO * max(part.compress_size, 1):
                raise Refused("too_much")
        self.names = [part.filename for part in parts]
        self._left = UNPACKED_BYTES

    def read(self, name: str) -> bytes:
        """A part, b"" where there is none. What a part says of its own size is not believed. Raises Refused."""
        if name not in self.names:
            return b""
        with self._zip.open(name) as part:
            content = part.read(self._left + 1)
        self._left -= len(content)
        if self._left < 0:
            raise Refused("too_much")
        return content


def parse(content: bytes, target: Any) -> Any:
    """Sends the elements of an XML document to `target` one by one; no tree is kept. Raises Refused for a document type,
    entities, and anything that would be fetched."""
    if not content:
        return target
    parser = DefusedXMLParser(target=target, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    parser.feed(content)
    parser.close()
    return target


class Deep:
    """A reader of elements that refuses what is nested deeper than documents are."""

    depth = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.depth += 1
        if self.depth > DEEPEST_XML:
            raise Refused("too_much")

    def end(self, tag: str) -> None:
        self.depth -= 1

    def data(self, text: str) -> None:
        """Words between elements."""

    def close(self) -> None:
        """The end of the document."""


class Links(Deep):
    """The relations of a part: id → (kind, name of the other part)."""

    def __init__(self, folder: str):
        self.folder, self.to = folder, {}  # type: tuple[str, dict[str, tuple[str, str]]]

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        super().start(tag, attributes)
        if local(tag) == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "")
            name = posixpath.normpath(posixpath.join("/", self.folder, target)).lstrip("/")
            self.to[attributes.get("Id", "")] = (attributes.get("Type", "").rsplit("/", 1)[-1], name)


def links_of(package: Package, part: str) -> dict[str, tuple[str, str]]:
    """The relations of a part; of the whole document for ""."""
    folder, name = posixpath.split(part)
    return parse(package.read(posixpath.join(folder, "_rels", f"{name}.rels")), Links(folder)).to


def local(tag: str) -> str:
    """The name of an element or attribute without its namespace."""
    return tag.rpartition("}")[2]


def named(attributes: Mapping[str, str], name: str) -> str:
    """The attribute of that name in whatever namespace; "" where there is none."""
    return next((value for key, value in attributes.items() if local(key) == name), "")


@dataclass(frozen=True)
class Language:
    """Which elements hold what in one family of formats; by local names."""

    paragraphs: frozenset[str]
    texts: frozenset[str]  # whose words count; none: all words in a paragraph
    rows: frozenset[str]
    cells: frozenset[str]
    skipped: frozenset[str]  # with all that is in them
    breaks: Mapping[str, str]  # elements that stand for a sign
    headings: frozenset[str] = frozenset()
    pictures: frozenset[str] = frozenset()
    within: frozenset[str] = frozenset()  # only what stands in one of these; none: everything


OOXML = Language(
    paragraphs=frozenset({"p"}),
    texts=frozenset({"t"}),
    rows=frozenset({"tr"}),
    cells=frozenset({"tc"}),
    skipped=frozenset(
        {"del", "moveFrom", "Fallback", "instrText", "delText", "delInstrText", "pPrChange", "rPrChange"}
    ),
    breaks={"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"},
    pictures=frozenset({"blip", "imagedata"}),
)
ABOUT_WRITERS = {  # fields of ODF that write somebody's name, or the file's, into the words
    "author-name", "author-initials", "creator", "initial-creator", "printed-by", "file-name", "template-name",
    "sender-firstname", "sender-lastname", "sender-initials", "sender-title", "sender-position", "sender-email",
    "sender-phone-private", "sender-phone-work", "sender-fax", "sender-company", "sender-street", "sender-city",
    "sender-postal-code", "sender-country", "sender-state-or-province", "user-defined",
}  # fmt: skip
ODF = Language(
    paragraphs=frozenset({"p", "h"}),
    texts=frozenset(),
    rows=frozenset({"table-row"}),
    cells=frozenset({"table-cell"}),
    skipped=frozenset(
        {"annotation", "tracked-changes", "hidden-text", "hidden-paragraph", "notes", "forms", *ABOUT_WRITERS}
    ),
    breaks={"tab": "\t", "line-break": "\n", "s": " "},
    headings=frozenset({"h"}),
    pictures=frozenset({"image"}),
)
ODF_MARGINS = Language(**{**vars(ODF), "within": frozenset({"header", "footer"})})


@dataclass
class Row:
    cells: list[str] = field(default_factory=list)


class Reader(Deep):
    """The words and pictures of one part, as blocks."""

    def __init__(self, language: Language, pictures: "Pictures"):
        self.language, self.pictures = language, pictures
        self.blocks: list[Block] = []
        self.hidden = False  # the whole part, as a slide that is not shown
        self._skipping = self._within = 0
        self._paragraphs: list[list[str]] = []
        self._heading = self._vanishes = self._in_run = False
        self._text = 0
        self._rows: list[Row] = []
        self._cells: list[list[str]] = []
        self._described = ""
        self._characters = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        super().start(tag, attributes)
        name, language = local(tag), self.language
        if self._skipping or name in language.skipped:
            self._skipping += 1
            return
        if name in language.within:
            self._within += 1
        if name == "sld" and named(attributes, "show") in ("0", "false"):
            self.hidden = True
        if name in language.paragraphs:
            self._paragraphs.append([])
            self._heading = name in language.headings
        elif name in language.texts:
            self._text += 1
        elif name in language.rows:
            self._rows.append(Row())
        elif name in language.cells:
            self._cells.append([])
        elif name in language.breaks:
            self._write(language.breaks[name])
        elif name == "pStyle":
            self._heading = named(attributes, "val").lower().startswith(("heading", "title"))
        elif name == "r":
            self._in_run, self._vanishes = True, False
        elif name == "vanish" and self._in_run:
            self._vanishes = named(attributes, "val") not in ("0", "false", "off")
        elif name in ("docPr", "cNvPr"):
            self._described = named(attributes, "descr")
        elif name in language.pictures:
            reference = named(attributes, "embed") or named(attributes, "id") or named(attributes, "href")
            self.blocks.append(self.pictures.of(reference, self._described))
            self._described = ""

    def data(self, text: str) -> None:
        if not self._skipping and (self._text or not self.language.texts):
            self._write(text)

    def _write(self, text: str) -> None:
        shown = self._within or not self.language.within
        if self._paragraphs and shown and not self._vanishes:
            self._characters += len(text)
            if self._characters > MOST_CHARACTERS:
                raise Refused("too_much")
            self._paragraphs[-1].append(text)

    def end(self, tag: str) -> None:
        super().end(tag)
        name, language = local(tag), self.language
        if self._skipping:
            self._skipping -= 1
            return
        if name in language.within:
            self._within -= 1
        if name in language.texts:
            self._text -= 1
        elif name == "r":
            self._in_run = self._vanishes = False
        elif name in language.paragraphs and self._paragraphs:
            self._say("".join(self._paragraphs.pop()).strip(), heading=self._heading)
            self._heading = False
        elif name in language.cells and self._cells:
            words = " ".join(self._cells.pop())
            if self._rows:
                self._rows[-1].cells.append(words)
        elif name in language.rows and self._rows:
            self._say(line_of(self._rows.pop().cells))

    def _say(self, words: str, *, heading: bool = False) -> None:
        if not words:
            return
        if self._cells:
            self._cells[-1].append(words)
        else:
            self.blocks.append(Heading(words) if heading else Words(words))


def line_of(cells: list[str]) -> str:
    """A row of a table as one line; "" where nothing stands in it."""
    return " | ".join(cells) if any(cells) else ""


class Pictures:
    """The pictures of a document, each drawn again once, however often it is shown."""

    def __init__(self, package: Package):
        self._package, self._shown = package, 0
        self.names: dict[str, str] = {}  # how the part that is being read calls them → the part that they are

    def of(self, reference: str, described: str = "") -> Block:
        """The picture that a part refers to, with what its writer said of it; a line in its place where it cannot be
        shown. Raises Refused for more than `MOST_PICTURES`."""
        self._shown += 1
        if self._shown > MOST_PICTURES:
            raise Refused("too_much")
        content = self._package.read(self.names.get(reference, reference))
        try:
            kind, pixels = picture(content, moves=False)
        except Exception:  # a parser of pictures fails in its own ways, and the words are worth having without it
            return Words(NOT_SHOWN)
        instead = described or f"Picture {self._shown} of this document. Its writer gave no words for it."
        return Picture(kind, pixels, instead, caption=described)


def office(content: bytes, kind: str) -> list[Block]:
    """The words and pictures of an office document of the media type `kind`, in order. Raises Refused."""
    package = Package(content)
    pictures = Pictures(package)
    if "opendocument" in kind:
        blocks = _read(package, "content.xml", ODF, pictures)
        margins = _read(package, "styles.xml", ODF_MARGINS, pictures)
        return [*blocks, *_under("Headers and footers", margins)]
    main = next((name for what, name in links_of(package, "").values() if what == "officeDocument"), "")
    if main not in package.names:
        raise Refused("broken")
    if "spreadsheet" in kind:
        return [*_sheets(content), *_all_pictures(package, "xl/media/", pictures)]
    if "presentation" in kind:
        return _slides(package, main, pictures)
    blocks = _read(package, main, OOXML, pictures)
    for heading, kinds in (("Notes", ("footnotes", "endnotes")), ("Headers and footers", ("header", "footer"))):
        parts = dict.fromkeys(name for what, name in links_of(package, main).values() if what in kinds)
        blocks += _under(heading, [block for name in parts for block in _read(package, name, OOXML, pictures)])
    return blocks


def _read(package: Package, part: str, language: Language, pictures: Pictures) -> list[Block]:
    """The blocks of one part; none of a slide that is not shown."""
    pictures.names = {id_: name for id_, (_what, name) in links_of(package, part).items()}
    reader = parse(package.read(part), Reader(language, pictures))
    return [] if reader.hidden else reader.blocks


def _under(heading: str, blocks: list[Block]) -> list[Block]:
    return [Heading(heading), *blocks] if blocks else []


class _Order(Deep):
    """The slides of a presentation in order, by the ids that it calls them by."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        super().start(tag, attributes)
        if local(tag) == "sldId":
            self.ids += [value for key, value in attributes.items() if key.startswith("{") and local(key) == "id"]


def _slides(package: Package, main: str, pictures: Pictures) -> list[Block]:
    links = links_of(package, main)
    blocks: list[Block] = []
    for number, id_ in enumerate(parse(package.read(main), _Order()).ids, start=1):
        if id_ in links:
            blocks += _under(f"Slide {number}", _read(package, links[id_][1], OOXML, pictures))
    return blocks


def _sheets(content: bytes) -> Iterator[Block]:
    """The values in the cells of the sheets that are shown: what a formula comes to, dates as dates."""
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    characters = 0
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            continue
        yield Heading(sheet.title)
        for row in sheet.iter_rows(values_only=True):
            words = line_of(["" if value is None else str(value) for value in row]).rstrip(" |")
            characters += len(words) + len(row)
            if characters > MOST_CHARACTERS:
                raise Refused("too_much")
            if words:
                yield Words(words)


def _all_pictures(package: Package, folder: str, pictures: Pictures) -> list[Block]:
    pictures.names = {}
    return _under("Pictures", [pictures.of(name) for name in package.names if name.startswith(folder)])
