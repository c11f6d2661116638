"""Files are handed out in one way, under a harmless name."""

import io
import re
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from ui.downloads import LONGEST_STEM, attachment, plain_name
from ui.errors import Gone

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Ward map.PDF", "Ward map.pdf"),
        ("C:\\Users\\ada\\plan.docx", "plan.docx"),
        ("/home/ada/plan.docx", "plan.docx"),
        ("../../etc/passwd", "passwd"),
        (".", "file"),
        ("..", "file"),
        ("", "file"),
        ("   ", "file"),
        ("/", "file"),
        (".htaccess", "file.htaccess"),
        ("a\x00b\r\nX-Evil: 1.txt", "abX-Evil_ 1.txt"),
        ("\u202egpj.exe", "gpj.exe"),  # the mark would show it as exe.jpg
        ("Café “β”; x=1.pdf", "Café _β__ x_1.pdf"),
        ("archive.tar.gz", "archive_tar.gz"),
        ("e" * 300 + ".pdf", "e" * LONGEST_STEM + ".pdf"),
        ("x." + "y" * 300, "x." + "y" * 10),
        ("\ud800.txt", "file.txt"),
    ],
)
def test_whatever_a_file_is_called_its_name_is_harmless(name, plain):
    assert plain_name(name) == plain
    assert plain_name(plain) == plain, "a harmless name stays as it is"


def test_the_ending_says_what_it_is_and_not_what_it_was_called():
    assert plain_name("holiday.jpg.exe", "jpg") == "holiday_jpg.jpg"


@pytest.mark.parametrize("content", [b"words", io.BytesIO(b"words"), iter([b"wo", b"rds"])])
def test_a_file_is_kept_by_no_cache_and_opened_by_no_browser(content):
    answer = attachment(content, 'a"b\r\n.txt')
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert body == b"words"
    assert answer["Content-Disposition"] == 'attachment; filename="a_b.txt"'
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_what_we_made_may_be_shown():
    answer = attachment(b"%PDF", "record.pdf", "application/pdf", shown=True)
    assert answer["Content-Disposition"].startswith("inline") and "Content-Security-Policy" not in answer
    assert "no-store" in answer["Cache-Control"]


def test_a_stored_file_that_is_gone_is_said_to_be():
    name = default_storage.save("uploads/to-go", ContentFile(b"x"))
    stored = default_storage.open(name)
    stored.close()
    default_storage.delete(name)
    with pytest.raises(Gone):
        attachment(stored, "plan.pdf")


def test_no_view_hands_out_a_file_in_a_way_of_its_own():
    own_way = re.compile(r"\bFileResponse\(|\bStreamingHttpResponse\(|Content-Disposition|as_attachment")
    apps = [
        "accelerator",
        "audit",
        "demo",
        "evaluation",
        "goals",
        "notifications",
        "outreach",
        "people",
        "timebank",
        "ui",
    ]
    offending = [
        str(path.relative_to(ROOT))
        for app in apps
        for path in (ROOT / app).rglob("*.py")
        if path.name != "downloads.py" and own_way.search(path.read_text())
    ]
    assert offending == []
