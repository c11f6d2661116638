"""`manage.py build_report`: everything of a report in a folder."""

import csv
import json
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from pypdf import PdfReader

from evaluation.models import Report
from tests.accelerator.factories import a_wave


def test_the_command_writes_html_pdf_json_and_a_csv_a_table(demo_db, tmp_path):
    out, folder = StringIO(), tmp_path / "new" / "report"
    call_command("build_report", wave="wave-one", output=folder, stdout=out)
    assert str(folder) in out.getvalue()
    assert sorted(path.name for path in folder.iterdir()) == ["data", "report.html", "report.json", "report.pdf"]
    html = (folder / "report.html").read_text()
    assert "Should there be another wave?" in html
    assert html.count("<svg") >= 4
    assert str(settings.BASE_DIR) not in html  # nothing of this machine
    assert len(PdfReader(folder / "report.pdf").pages) > 5
    tables = json.loads((folder / "report.json").read_text())["tables"]
    for table in tables:
        name = f"{table['question'].lower()}-{table['name']}.csv"
        with (folder / "data" / name).open(newline="") as file:
            assert len(list(csv.reader(file))) == len(table["rows"]) + 1
    assert (folder / "data" / "dictionary.csv").exists()
    assert Report.objects.get().state == "done"


def test_an_unknown_wave_is_a_clear_error_that_names_the_waves_and_writes_nothing(db, tmp_path):
    a_wave(slug="wave-known", call="closed")
    with pytest.raises(CommandError, match=r"no wave called 'wave-nine'. Waves: wave-known"):
        call_command("build_report", wave="wave-nine", output=tmp_path / "report")
    assert not (tmp_path / "report").exists()
    assert not Report.objects.exists()


def test_an_unknown_edition_is_refused(db, tmp_path):
    a_wave(slug="wave-known", call="closed")
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("build_report", "--wave=wave-known", f"--output={tmp_path / 'report'}", "--edition=tomorrow")
