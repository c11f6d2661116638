"""One finished report of the demonstration: its page, its PDF, its data pack, and that nothing small is in any of them."""

import csv
import io
import json
import re
import zipfile

import pytest
from django.template.loader import render_to_string
from pypdf import PdfReader

from accelerator.models import Application, Innovation, Wave
from evaluation import actions, pack
from evaluation.disclosure import HIDDEN, in_words
from evaluation.models import Report
from evaluation.page import report_context
from people.actions.privacy import close_account
from people.models import User
from tests import databases
from tests.evaluation.factories import a_report

pytestmark = pytest.mark.realdb


@pytest.fixture(scope="module")
def built(django_db_setup, django_db_blocker):
    """The report on the demonstration's first wave, built once for this module, in a database of its own."""
    with django_db_blocker.unblock():
        databases.ensure_demonstration()
        with databases.clone("odha_report", databases.DEMONSTRATION):
            report = actions.build(report=a_report(Wave.objects.get(slug="wave-one")))
            yield Report.objects.select_related("wave", "plan").get(pk=report.pk)


@pytest.fixture(scope="module")
def reader(built):
    with built.pdf.open("rb") as file:
        return PdfReader(io.BytesIO(file.read()))


@pytest.fixture(scope="module")
def page(built):
    return render_to_string("evaluation/report.html", report_context(built))


def text_of(reader) -> str:
    """The words of all pages, with single spaces."""
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def tagged(reader):
    """Every element of the PDF's structure tree."""
    waiting = [reader.trailer["/Root"]["/StructTreeRoot"]]
    while waiting:
        element = waiting.pop().get_object()
        if not isinstance(element, dict):
            continue
        yield element
        kids = element.get("/K", [])
        waiting += [kid for kid in (kids if isinstance(kids, list) else [kids]) if not isinstance(kid, int)]


def test_page_one_says_in_plain_words_what_came_of_it_for_whom_and_at_what_cost(page, reader):
    first = " ".join(reader.pages[0].extract_text().split())
    for said in (
        "Evaluation of Wave one",
        "Should there be another wave?",
        "people applied",
        "For whom did it work, and for whom not?",
        "What did it cost?",
        "The programme's staff put in",
    ):
        assert said in first, said
    assert "The answers at a glance" not in first  # page one is one page
    assert "Should there be another wave?" in page
    assert page.count("<h1") == 1


def test_every_question_has_its_answer_on_the_page_and_in_the_pdf(built, page, reader):
    words = text_of(reader)
    assert len(built.sections) == 14
    for section in built.sections:
        assert section["sentence"] in words, section["question"]
        assert f">{section['question']}</span>" in page
    assert "What this cannot show" in words
    assert "regression to the mean" in words


def test_the_pdf_is_tagged_titled_in_a_language_with_bookmarks_and_page_numbers(reader):
    root = reader.trailer["/Root"]
    assert "pdfuaid" in root["/Metadata"].get_data().decode()
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en-GB"
    assert reader.metadata.title == "Evaluation of Wave one – Open Digital Health Accelerator"
    bookmarks = [entry.title for entry in _flat(reader.outline)]
    assert "Evaluation of Wave one" in bookmarks
    assert sum(bool(re.match(r"V\d+ ", title)) for title in bookmarks) >= 8
    for number, one in enumerate(reader.pages, start=1):
        assert f"{number} / {len(reader.pages)}" in one.extract_text()


def _flat(outline):
    for entry in outline:
        if isinstance(entry, list):
            yield from _flat(entry)
        else:
            yield entry


def test_every_figure_of_the_pdf_has_words_and_every_table_its_headers(built, reader):
    elements = list(tagged(reader))
    figures = [one for one in elements if one.get("/S") == "/Figure"]
    charts = [table for table in built.tables.all() if table.chart]
    assert len(figures) >= len(charts) > 4
    assert all(str(figure.get("/Alt", "")).strip() for figure in figures)
    kinds = [one.get("/S") for one in elements]
    assert kinds.count("/Table") == built.tables.count()
    assert kinds.count("/TH") > built.tables.count()
    assert kinds.count("/H1") == 1


def test_every_font_of_the_pdf_is_embedded(reader):
    descriptors = []
    for one in reader.pages:
        for font in one["/Resources"].get("/Font", {}).values():
            font = font.get_object()
            inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
            descriptors.append(inner["/FontDescriptor"])
    assert descriptors
    assert all(any(key.startswith("/FontFile") for key in descriptor) for descriptor in descriptors)


def test_the_pack_holds_every_table_its_dictionary_and_all_of_it_as_json(built):
    with built.pack.open("rb") as file, zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        whole = json.loads(archive.read("report.json"))
        dictionary = list(csv.DictReader(io.StringIO(archive.read("dictionary.csv").decode())))
        funnel = list(csv.reader(io.StringIO(archive.read("v1-funnel.csv").decode())))
    assert {row["file"] for row in dictionary} == {name for name in names if name[0] == "v"}
    assert [table["name"] for table in whole["tables"]] == [table.name for table in built.tables.all()]
    assert [section["question"] for section in whole["sections"]] == [f"V{n}" for n in range(1, 15)]
    assert funnel[0] == ["Step", "Number"]
    assert funnel[-1] == ["Applied", "40"]


def test_nothing_small_is_in_the_page_the_pdf_the_charts_or_the_pack(built, page, reader):
    """The data could leak: ten people were accepted, in pay-band groups of fewer than eight, and few goals got worse."""
    accepted = Innovation.objects.filter(wave=built.wave).values("application__lead").distinct().count()
    assert 8 <= accepted < 16  # so that at least one of the two groups has fewer than eight
    stored = {table.name: table for table in built.tables.all()}
    assert all(row[2:5] == [HIDDEN] * 3 for row in stored["reach-accepted"].rows)
    hidden = {
        (table.name, row[0]) for table in stored.values() for row in table.rows if len(row) > 1 and row[1] == HIDDEN
    }
    assert hidden, "nothing was hidden, so this test shows nothing"

    context = report_context(built)
    svgs = {
        one.table.name: str(one.chart.svg) for section in context["sections"] for one in section["shown"] if one.chart
    }
    for name, label in hidden:
        assert f">{label}<" not in svgs.get(name, ""), (name, label)  # not drawn, not even as nothing

    people = ("funnel", "reach-sign-up", "reach-applied", "reach-accepted", "goal-change")
    wholes = {
        "funnel": [1, 2], "reach-sign-up": [0, 1], "reach-applied": [0, 1], "reach-accepted": [0, 1], "goal-change": [0, 1, 2],
    }  # fmt: skip
    for name in people:
        for place in wholes[name]:
            shown = stored[name].rows[place][1]
            assert shown in (HIDDEN, "0") or (int(shown) % 5 == 0 and int(shown) >= 10), (name, shown)
    for name, label in hidden:
        with built.pack.open("rb") as file, zipfile.ZipFile(file) as archive:
            csv_name = next(one for one in archive.namelist() if one.endswith(f"-{name}.csv"))
            lines = list(csv.reader(io.StringIO(archive.read(csv_name).decode())))
        assert next(line for line in lines if line[0] == label)[1] == HIDDEN
    assert "fewer than 8 people" in text_of(reader)
    assert "fewer than 8 people" in page


def test_no_name_or_address_of_anybody_is_in_the_report(built, page, reader):
    leads = User.objects.filter(pk__in=Application.objects.filter(wave=built.wave).values("lead"))
    leads = leads.filter(closed_at=None)  # another test closes an account
    assert leads.count() >= 30
    everything = page + text_of(reader) + pack.as_json(built, list(built.tables.all())).decode()
    assert "@example.org" not in everything
    for name in leads.values_list("name", flat=True):
        assert name not in everything, name


def test_two_packs_of_one_report_are_the_same_bytes_even_after_somebody_closed_their_account(built):
    with built.pack.open("rb") as file:
        first = file.read()
    assert pack.zipped(built) == first
    somebody = User.objects.filter(pk__in=Application.objects.filter(wave=built.wave, state="submitted").values("lead"))
    leaver = somebody.exclude(innovation_places__isnull=False).order_by("joined_at").last()
    close_account(by=leaver, user=leaver)
    assert User.objects.get(pk=leaver.pk).closed_at
    again = Report.objects.select_related("wave", "plan").get(pk=built.pk)
    assert pack.zipped(again) == first


@pytest.mark.parametrize(
    ("n", "said"), [(0, "none"), (1, "fewer than 8"), (7, "fewer than 8"), (8, "about 10"), (41, "about 40")]
)
def test_counts_of_people_in_a_sentence(n, said):
    assert in_words(n) == said
