import io

import pypdfium2
import pytest
import zxingcpp
from django.core.management import CommandError, call_command
from PIL import Image
from pypdf import PdfReader

from outreach import posters
from tests.outreach.factories import placement

MM = 72 / 25.4  # points


def page_image(pdf: bytes, scale: float) -> Image.Image:
    """The first page as pixels; scale 1 is 72 dots an inch."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return document[0].render(scale=scale).to_pil()
    finally:
        document.close()


@pytest.mark.parametrize("design", ["bright", "plain"])
def test_the_code_on_the_rendered_poster_reads_back_as_the_placements_address(db, settings, design):
    settings.SITE_URL = "https://opendigitalhealth.example"
    poster = placement(design=design)
    pdf = posters.poster(poster)
    (found,) = zxingcpp.read_barcodes(page_image(pdf, scale=1))  # even at 72 dots an inch
    assert found.text == poster.url == f"https://opendigitalhealth.example/j/{poster.code}"
    assert found.ec_level in {"Q", "H"}
    corners = found.position
    assert corners.top_right.x - corners.top_left.x >= 30 * MM


@pytest.mark.parametrize("design", ["bright", "plain"])
def test_a_poster_is_one_tagged_a4_page_that_says_what_scanning_does(db, settings, design):
    settings.SITE_URL = "https://a-rather-long-hospital-trust-address.example.nhs.uk:8443"
    poster = placement(design=design)
    reader = PdfReader(io.BytesIO(posters.poster(poster)))
    (page,) = reader.pages
    assert (round(page.mediabox.width / MM), round(page.mediabox.height / MM)) == (210, 297)
    words = " ".join(page.extract_text().split())
    assert poster.code in words and "No app, no password" in words and "nothing about you" in words
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.trailer["/Root"]["/Lang"]


def test_the_quiet_zone_is_four_modules_dark_on_white(db):
    poster = placement()
    image = Image.open(io.BytesIO(posters.qr_png(poster))).convert("L")
    across = posters.qr(poster).symbol_size(scale=1, border=4)[0]
    module = image.width // across
    assert image.width >= 1417  # 60 mm at 600 dots an inch
    assert image.getpixel((4 * module + 1, 4 * module + 1)) == 0
    border = [image.getpixel((4 * module - 1, y)) for y in range(image.height)]
    assert set(border) == {255}
    (found,) = zxingcpp.read_barcodes(image)
    assert found.text == poster.url
    assert poster.typed_address.encode() in posters.qr_svg(poster)


def test_the_command_writes_the_poster_of_one_placement(db, tmp_path, capsys):
    poster = placement()
    output = tmp_path / "poster.pdf"
    call_command("make_poster", placement=poster.code.lower(), output=output)
    (found,) = zxingcpp.read_barcodes(page_image(output.read_bytes(), scale=2))
    assert found.text == poster.url and poster.url in capsys.readouterr().out


def test_the_command_says_what_it_cannot_do(db, tmp_path):
    with pytest.raises(CommandError, match="No placement has the code ZZZZZZ"):
        call_command("make_poster", placement="ZZZZZZ", output=tmp_path / "p.pdf")
    with pytest.raises(CommandError, match="no folder"):
        call_command("make_poster", placement=placement().code, output=tmp_path / "nowhere" / "p.pdf")
