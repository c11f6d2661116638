"""PDFs are tagged, named, in a language, with their fonts inside; and never reach out."""

import io

import pytest
from pypdf import PdfReader

from ui import charts, pdf


@pytest.fixture
def template(monkeypatch, settings, tmp_path):
    """A template made for one test."""
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path, *settings.TEMPLATES[0]["DIRS"]]}]

    def made(content):
        text = (
            '{% extends "ui/pdf.html" %}{% block title %}Report{% endblock %}{% block content %}'
            + content
            + "{% endblock %}"
        )
        (tmp_path / "made.html").write_text(text)
        return "made.html"

    return made


def test_a_pdf_is_tagged_for_accessibility_and_says_what_it_is(template):
    chart = charts.bar(title="Hours", description="Design leads.", label="Kind", value="Hours", items=[("Design", 2.5)])
    made = pdf.render(
        template("<h1>Hello {{ name }}</h1><p>Text</p>{{ chart.svg }}"), {"name": "Zoë & co", "chart": chart}
    )
    reader = PdfReader(io.BytesIO(made))
    root = reader.trailer["/Root"]
    assert reader.metadata.title == "Report – Open Digital Health Accelerator"
    assert root["/Lang"] == "en-GB" and root["/MarkInfo"]["/Marked"] and "/StructTreeRoot" in root
    assert "pdfuaid" in root["/Metadata"].get_data().decode()
    assert "Hello Zoë & co" in reader.pages[0].extract_text()
    fonts = [font.get_object() for font in reader.pages[0]["/Resources"]["/Font"].values()]
    files = [font["/DescendantFonts"][0].get_object()["/FontDescriptor"] for font in fonts]
    assert files and all(any(key.startswith("/FontFile") for key in descriptor) for descriptor in files)


@pytest.mark.parametrize(
    "address", ["https://example.org/x.png", "file:///etc/hostname", "//example.org/x", "/etc/hostname"]
)
def test_a_pdf_fetches_nothing_from_elsewhere(template, address):
    name = template('<h1>x</h1><img src="{{ address }}" alt="x">')
    with pytest.raises(pdf.NotServed, match="may not fetch"):
        pdf.render(name, {"address": address})


def test_a_pdf_may_use_our_static_files(template):
    made = pdf.render(template('<h1>x</h1><img src="/static/ui/mark.svg" alt="Our mark">'), {})
    assert made.startswith(b"%PDF")


def test_a_missing_static_file_is_named():
    with pytest.raises(pdf.NotServed, match=r"no static file nope\.css"):
        pdf.static_file("nope.css")
