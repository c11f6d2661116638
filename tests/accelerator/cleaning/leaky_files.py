"""Files that say who made them, in every place where programs are known to write it, and the search that finds it again."""

import io
import re
import zipfile
import zlib

from PIL import Image, ImageDraw, PngImagePlugin
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

WHO = "Zephyrine"  # ASCII, and in no other word
WORDS = "Cups are out of reach"  # what the file is about
OFFICE = "application/vnd.openxmlformats-officedocument."
DOCX, XLSX, PPTX = (
    f"{OFFICE}wordprocessingml.document",
    f"{OFFICE}spreadsheetml.sheet",
    f"{OFFICE}presentationml.presentation",
)
ODT = "application/vnd.oasis.opendocument.text"
XMP = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="r"><dc:creator xmlns:dc="d">{WHO}</dc:creator></rdf:RDF></x:xmpmeta>'.encode()
IPTC = b"Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x0e\x1c\x02\x50\x00\x09" + WHO.encode()


def drawn(size: tuple[int, int] = (60, 40)) -> Image.Image:
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).rectangle((4, 4, 20, 20), fill="black")
    return image


def jpeg() -> bytes:
    exif = Image.Exif()
    exif[0x013B], exif[0x8298], exif[0x010E], exif[0x0112] = WHO, WHO, WHO, 6  # artist, copyright, title; turned by 90°
    exif[0x9C9D] = WHO.encode("utf-16-le")  # XPAuthor, as Windows writes it
    out = io.BytesIO()
    drawn().save(out, "JPEG", exif=exif, comment=WHO.encode(), xmp=XMP)
    content = out.getvalue()
    segment = b"\xff\xed" + (len(IPTC) + 2).to_bytes(2, "big") + IPTC
    return content[:2] + segment + content[2:] + WHO.encode()  # and after its end


def png() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", WHO)
    info.add_text("Comment", WHO, zip=True)
    info.add_itxt("XML:com.adobe.xmp", XMP.decode())
    out = io.BytesIO()
    drawn().save(out, "PNG", pnginfo=info)
    return out.getvalue() + WHO.encode()


def gif(frames: int = 3) -> bytes:
    out = io.BytesIO()
    pictures = [Image.new("RGB", (8, 8), (80 * number, 0, 0)) for number in range(frames)]
    pictures[0].save(out, "GIF", save_all=True, append_images=pictures[1:], comment=WHO.encode(), duration=80)
    return out.getvalue() + WHO.encode()


def webp() -> bytes:
    exif = Image.Exif()
    exif[0x013B] = WHO
    out = io.BytesIO()
    drawn().save(out, "WEBP", exif=exif, xmp=XMP)
    return out.getvalue()


def zipped(parts: dict[str, str | bytes], comment: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
        made.comment = comment.encode()
    return out.getvalue()


R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'


def rels(*links: tuple[str, str, str]) -> str:
    """Relations: (id, kind, target); those to somewhere else begin with a scheme."""
    return RELS.format(
        "".join(
            f'<Relationship Id="{id_}" Type="{R}/{kind}" Target="{target}"{" TargetMode=" + chr(34) + "External" + chr(34) if ":" in target else ""}/>'
            for id_, kind, target in links
        )
    )


PROPERTIES = {
    "docProps/core.xml": f'<cp:coreProperties xmlns:cp="c" xmlns:dc="d"><dc:creator>{WHO}</dc:creator><cp:lastModifiedBy>{WHO}</cp:lastModifiedBy></cp:coreProperties>',
    "docProps/app.xml": f"<Properties><Company>{WHO}</Company><Manager>{WHO}</Manager><Template>{WHO}.dotx</Template></Properties>",
    "docProps/custom.xml": f'<Properties><property name="Owner {WHO}"><lpwstr>{WHO}</lpwstr></property></Properties>',
    "docProps/thumbnail.jpeg": jpeg(),
    "customXml/item1.xml": f"<data><author>{WHO}</author></data>",
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
}
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:a="a" xmlns:wp="wp" xmlns:mc="mc"'


def docx(body: str = "", **more: str | bytes) -> bytes:
    """A letter with a heading, words that stay and words that were deleted, a table, a picture, a header, and `body`."""
    document = f"""<w:document {W}><w:body>
      <w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>Why</w:t></w:r></w:p>
      <w:p><w:ins w:author="{WHO}" w:id="1"><w:r><w:t xml:space="preserve">{WORDS}</w:t></w:r></w:ins>
           <w:del w:author="{WHO}" w:id="2"><w:r><w:delText>said {WHO}</w:delText><w:t>{WHO}</w:t></w:r></w:del></w:p>
      <w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden {WHO}</w:t></w:r><w:r><w:instrText>AUTHOR {WHO}</w:instrText></w:r></w:p>
      <w:tbl><w:tr><w:tc><w:p><w:r><w:t>Ward</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>Beds</w:t></w:r></w:p></w:tc></w:tr></w:tbl>
      <w:p><w:r><wp:docPr id="1" name="{WHO}.jpg" descr="A shelf"/><a:blip r:embed="rId1"/></w:r></w:p>{body}
    </w:body></w:document>"""
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": PROPERTIES[
            "[Content_Types].xml"
        ],  # first, as programs write it, or it is taken for any ZIP
        "_rels/.rels": rels(("rId1", "officeDocument", "word/document.xml")),
        "word/document.xml": document,
        **PROPERTIES,
        "word/_rels/document.xml.rels": rels(("rId1", "image", "media/image1.jpeg"), ("rId2", "header", "header1.xml")),
        "word/header1.xml": f"<w:hdr {W}><w:p><w:r><w:t>Draft two</w:t></w:r></w:p></w:hdr>",
        "word/media/image1.jpeg": jpeg(),
        "word/comments.xml": f'<w:comments {W}><w:comment w:author="{WHO}" w:initials="Z"><w:p><w:r><w:t>{WHO}</w:t></w:r></w:p></w:comment></w:comments>',
        "word/people.xml": f'<w15:people xmlns:w15="w"><w15:person w15:author="{WHO}"/></w15:people>',
        "word/settings.xml": f'<w:settings {W}><w:docVars><w:docVar w:name="who" w:val="{WHO}"/></w:docVars><w:attachedTemplate r:id="rId1"/></w:settings>',
        "word/_rels/settings.xml.rels": rels(("rId1", "attachedTemplate", f"file:///C:/Users/{WHO}/Normal.dotm")),
        "word/vbaProject.bin": f"Attribute VB_Name = {WHO}",
        **more,
    }
    return zipped(parts, comment=WHO)


def xlsx() -> bytes:
    from openpyxl import Workbook
    from openpyxl.comments import Comment

    book = Workbook()
    book.properties.creator = book.properties.lastModifiedBy = WHO
    sheet = book.active
    sheet.title = "Beds"
    sheet.append([WORDS, 12, None, "A"])
    sheet["A1"].comment = Comment(WHO, WHO)
    hidden = book.create_sheet("Notes")
    hidden.sheet_state = "veryHidden"
    hidden.append([WHO])
    out = io.BytesIO()
    book.save(out)
    with zipfile.ZipFile(out) as made:
        parts: dict[str, str | bytes] = {name: made.read(name) for name in made.namelist()}
    path = f'<x15ac:absPath xmlns:x15ac="x" url="C:\\Users\\{WHO}\\"/>'.encode()
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b"<sheets>", path + b"<sheets>")  # type: ignore[union-attr, arg-type]
    parts["xl/media/image1.jpeg"], parts["customXml/item1.xml"] = jpeg(), f"<a>{WHO}</a>"
    return zipped(parts)


def pptx() -> bytes:
    names = 'xmlns:p="p" xmlns:a="a" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    slide = f'<p:sld {names} {{}}><p:cNvPr descr="A shelf" name="{WHO}"/><a:blip r:embed="rId1"/><a:p><a:r><a:t>{{}}</a:t></a:r></a:p></p:sld>'
    picture = rels(("rId1", "image", "../media/image1.png"))
    return zipped(
        PROPERTIES
        | {
            "_rels/.rels": rels(("rId1", "officeDocument", "ppt/presentation.xml")),
            "ppt/presentation.xml": f'<p:presentation {names}><p:sldIdLst><p:sldId id="1" r:id="rId2"/><p:sldId id="2" r:id="rId1"/></p:sldIdLst></p:presentation>',
            "ppt/_rels/presentation.xml.rels": rels(
                ("rId1", "slide", "slides/slide1.xml"), ("rId2", "slide", "slides/slide2.xml")
            ),
            "ppt/slides/slide1.xml": slide.format('show="0"', f"hidden {WHO}"),
            "ppt/slides/slide2.xml": slide.format("", WORDS),
            "ppt/slides/_rels/slide1.xml.rels": picture,
            "ppt/slides/_rels/slide2.xml.rels": picture,
            "ppt/media/image1.png": png(),
            "ppt/commentAuthors.xml": f'<p:cmAuthorLst {names}><p:cmAuthor name="{WHO}"/></p:cmAuthorLst>',
            "ppt/notesSlides/notesSlide1.xml": f"<p:notes {names}><a:t>{WHO}</a:t></p:notes>",
        }
    )


def odt() -> bytes:
    names = 'xmlns:office="o" xmlns:text="t" xmlns:dc="d" xmlns:draw="w" xmlns:xlink="x" xmlns:style="s"'
    return zipped(
        {
            "mimetype": ODT,
            "meta.xml": f"<m {names}><dc:creator>{WHO}</dc:creator></m>",
            "content.xml": f"<o {names}><text:tracked-changes><dc:creator>{WHO}</dc:creator><text:p>{WHO}</text:p></text:tracked-changes>"
            f"<text:h>Why</text:h><text:p>{WORDS}<office:annotation><dc:creator>{WHO}</dc:creator><text:p>{WHO}</text:p></office:annotation>"
            f'<text:author-name>{WHO}</text:author-name></text:p><draw:image xlink:href="Pictures/a.jpg"/></o>',
            "styles.xml": f"<o {names}><style:style><text:p>{WHO}</text:p></style:style><style:header><text:p>Draft two</text:p></style:header></o>",
            "settings.xml": f"<o {names}>{WHO}</o>",
            "Pictures/a.jpg": jpeg(),
            "Thumbnails/thumbnail.png": png(),
        }
    )


def pdf(pages: int = 1, password: str = "", layered: bool = True) -> bytes:
    """A page of words and a picture, with a name in its properties, XMP, picture, attachment, script, remark, and in words
    that nobody sees: white on white, and (`layered`) in a layer that is switched off."""
    writer = PdfWriter()
    for _number in range(pages):
        page = writer.add_blank_page(300, 200)
    name = NameObject
    font = DictionaryObject(
        {name("/Type"): name("/Font"), name("/Subtype"): name("/Type1"), name("/BaseFont"): name("/Helvetica")}
    )
    picture = DecodedStreamObject()
    picture.set_data(jpeg())
    xmp = DecodedStreamObject()
    xmp.set_data(XMP)
    xmp.update({name("/Type"): name("/Metadata"), name("/Subtype"): name("/XML")})
    picture.update({name("/Type"): name("/XObject"), name("/Subtype"): name("/Image"), name("/Width"): NumberObject(60),
                    name("/Height"): NumberObject(40), name("/ColorSpace"): name("/DeviceRGB"), name("/BitsPerComponent"): NumberObject(8),
                    name("/Filter"): name("/DCTDecode"), name("/Metadata"): writer._add_object(xmp)})  # fmt: skip
    layer = DictionaryObject({name("/Type"): name("/OCG"), name("/Name"): TextStringObject(WHO)})
    layer_at = writer._add_object(layer)
    drawing = DecodedStreamObject()
    drawing.set_data(
        f"BT /F1 14 Tf 20 160 Td ({WORDS}) Tj ET q 1 1 1 rg BT /F1 14 Tf 20 120 Td (white {WHO}) Tj ET Q "
        f"q 60 0 0 40 20 20 cm /Im1 Do Q ".encode()
        + (f"/OC /L1 BDC BT /F1 14 Tf 20 90 Td (layer {WHO}) Tj ET EMC".encode() if layered else b"")
    )
    page[name("/Contents")] = writer._add_object(drawing)
    page[name("/Resources")] = DictionaryObject(
        {name("/Font"): DictionaryObject({name("/F1"): font}), name("/XObject"): DictionaryObject({name("/Im1"): writer._add_object(picture)}),
         name("/Properties"): DictionaryObject({name("/L1"): layer_at})}
    )  # fmt: skip
    note = DictionaryObject({name("/Type"): name("/Annot"), name("/Subtype"): name("/FreeText"), name("/T"): TextStringObject(WHO),
                             name("/Contents"): TextStringObject(WHO), name("/DA"): TextStringObject("/Helv 12 Tf 0 g"),
                             name("/Rect"): ArrayObject([FloatObject(n) for n in (150, 20, 280, 60)])})  # fmt: skip
    page[name("/Annots")] = ArrayObject([writer._add_object(note)])
    page[name("/PieceInfo")] = DictionaryObject(
        {name("/Word"): DictionaryObject({name("/Private"): TextStringObject(WHO)})}
    )
    if layered:
        writer.root_object[name("/OCProperties")] = DictionaryObject(
            {
                name("/OCGs"): ArrayObject([layer_at]),
                name("/D"): DictionaryObject({name("/OFF"): ArrayObject([layer_at])}),
            }
        )
    writer.add_metadata({"/Author": WHO, "/Creator": WHO, "/Company": WHO})
    writer.xmp_metadata = XMP
    writer.add_attachment(f"{WHO}.txt", WHO.encode())
    writer.root_object[name("/OpenAction")] = DictionaryObject(
        {name("/S"): name("/JavaScript"), name("/JS"): TextStringObject(f"app.alert('{WHO}')")}
    )
    if password:
        writer.encrypt(password)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


PLANTED = {
    "image/jpeg": jpeg,
    "image/png": png,
    "image/gif": gif,
    "image/webp": webp,
    "application/pdf": pdf,
    DOCX: docx,
    XLSX: xlsx,
    PPTX: pptx,
    ODT: odt,
}


def everything_in(content: bytes, depth: int = 4) -> bytes:
    """The bytes of a file and of all that is packed in it, however often: parts of ZIPs, deflated streams, and what the
    text of a PDF says."""
    found = [content]
    if depth == 0:
        return content
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            found += [everything_in(parts.read(name), depth - 1) for name in parts.namelist()]
            found += ["\n".join(parts.namelist()).encode(), parts.comment]
    for match in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", content):  # where a deflated stream may begin
        try:
            unpacked = zlib.decompressobj().decompress(content[match.start() :])
        except zlib.error:
            continue
        if unpacked:
            found.append(everything_in(unpacked, depth - 1))
    if content.startswith(b"%PDF"):
        reader = PdfReader(io.BytesIO(content))
        if not reader.is_encrypted:
            found += [page.extract_text().encode() for page in reader.pages]
    return b"\n".join(found)


def names_somebody(content: bytes) -> bool:
    """Whether the name stands anywhere in a file, in any of the ways in which files write words."""
    everything = everything_in(content).lower()
    who = WHO.lower()
    ways = [who.encode(form) for form in ("ascii", "utf-16-le", "utf-16-be")]
    ways += [WHO.encode(form).hex().encode() for form in ("ascii", "utf-16-be")]
    return any(way in everything for way in ways)
