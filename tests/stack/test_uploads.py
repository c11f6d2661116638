"""What a request may bring is decided before it is read: asked over a socket, of the server that production runs."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import get_resolver, reverse
from django.urls.resolvers import URLPattern, URLResolver

from accelerator.rules import files
from tests.accelerator.factories import PNG, a_full_draft, a_person, a_wave
from tests.accelerator.innovations.factories import an_innovation, first, lead_of
from tests.live import wait_until
from tests.matrix import make_client
from ui.uploads import ANONYMOUS_BYTES, FORM_BYTES

HUGE = 300 * 1024 * 1024
BOUNDARY = "B"
HEAD = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="answer"; filename="a.bin"\r\n\r\n'.encode()


@contextlib.contextmanager
def gunicorn(database_url: str, folder: Path):
    """The site as production serves it, with `folder` for its temporary files; yields its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "REDIS_URL": settings.REDIS_URL,
        "ODHA_MODE": "test",
        "TMPDIR": str(folder),
    }
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", f"--bind=127.0.0.1:{port}", "--workers=1", "--threads=4",
               "--worker-tmp-dir=/dev/shm"]  # fmt: skip
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def answers() -> bool:
        with socket.socket() as tried:
            return tried.connect_ex(("127.0.0.1", port)) == 0

    try:
        wait_until(answers, what="gunicorn")
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


class Disk(threading.Thread):
    """Watches a folder; `most` is the largest that it was, in bytes."""

    def __init__(self, folder: Path):
        super().__init__(daemon=True)
        self.folder, self.most, self.stopped = folder, 0, threading.Event()

    def run(self) -> None:
        while not self.stopped.wait(0.02):
            with contextlib.suppress(OSError):
                self.most = max(self.most, sum(f.stat().st_size for f in self.folder.rglob("*") if f.is_file()))


def send(port: int, path: str, headers: dict[str, str], chunks, *, pause: float = 0) -> bytes:
    """The first bytes of the answer to a POST whose body is sent chunk by chunk, until the server has answered."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as sock:
        lines = [f"POST {path} HTTP/1.1", "Host: localhost", *(f"{name}: {value}" for name, value in headers.items())]
        sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        sock.setblocking(False)
        got = b""
        for chunk in chunks:
            with contextlib.suppress(BlockingIOError):
                got += sock.recv(65536)
            if got:
                break
            sock.settimeout(30)
            with contextlib.suppress(ConnectionError):
                sock.sendall(chunk)
            sock.setblocking(False)
            time.sleep(pause)
        sock.settimeout(30)
        while b"</html>" not in got and (more := sock.recv(65536)):
            got += more
    return got


KIND = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
MEGABYTE = b"x" * 1024 * 1024


def quickly():
    return (HEAD, *(MEGABYTE for _ in range(HUGE // len(MEGABYTE))))


def slowly():
    return (HEAD, *(b"x" * 1000 for _ in range(300)))


@pytest.mark.realdb
def test_300_megabytes_of_nobody_are_refused_unread_however_they_come(real_db, tmp_path):
    with gunicorn(real_db.url, tmp_path) as port:
        disk = Disk(tmp_path)
        disk.start()
        length = {"Content-Length": str(HUGE)}
        for path in ("/sign-in/", "/", "/home/"):
            answer = send(port, path, KIND | length, quickly())
            assert answer.startswith(b"HTTP/1.1 413"), answer[:200]
            assert b"This is too large to send" in answer
        assert send(port, "/sign-in/", KIND | length, slowly(), pause=0.01).startswith(b"HTTP/1.1 413")
        chunked = (b"100000\r\n" + MEGABYTE + b"\r\n" for _ in range(300))
        assert send(port, "/sign-in/", KIND | {"Transfer-Encoding": "chunked"}, chunked).startswith(b"HTTP/1.1 413")
        disk.stopped.set()
        disk.join()
    assert disk.most < 100_000, "nothing was written"


@pytest.mark.django_db
@pytest.mark.parametrize(("size", "status"), [(ANONYMOUS_BYTES - 1000, 403), (ANONYMOUS_BYTES + 1000, 413)])
def test_nobody_may_send_as_much_as_a_form_of_theirs_needs(size, status):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)  # 403: it was read, and has no token
    answer = client.post(reverse("people:sign_in"), {"email": "x" * size})
    assert answer.status_code == status


@pytest.mark.django_db
def test_a_page_takes_what_its_form_needs_and_says_how_much_that_is():
    draft = a_full_draft(a_person(), a_wave())
    client = make_client(draft.lead)
    files_page = reverse("accelerator:question", args=[draft.pk, "show"])
    fits = PNG + bytes(files.LARGEST_BYTES - len(PNG))
    assert client.post(files_page, {"answer": SimpleUploadedFile("a.png", fits)}).status_code == 302
    just_over = client.post(files_page, {"answer": SimpleUploadedFile("a.png", fits + b"x")})
    assert just_over.status_code == 422, "the form says so itself, beside the field"
    far_over = client.post(files_page, {"answer": SimpleUploadedFile("a.png", fits + bytes(2 * FORM_BYTES))})
    words = " ".join(far_over.content.decode().split())
    assert far_over.status_code == 413 and "takes 20 MB at a time, and you sent 23 MB" in words
    assert "what you typed is still there" in words
    elsewhere = client.post(reverse("accelerator:applications"), {"answer": "x" * (FORM_BYTES + 1)})
    assert elsewhere.status_code == 413


@pytest.mark.django_db
def test_a_form_of_more_fields_or_files_than_any_of_ours_is_refused_in_words():
    innovation = an_innovation()
    client = make_client(lead_of(innovation))
    url = reverse("accelerator:send_evidence", args=[first(innovation).pk])
    many = client.post(url, {f"f{n}": "x" for n in range(1500)})
    assert many.status_code == 413 and "too large to send" in many.content.decode()
    several = client.post(url, {"files": [SimpleUploadedFile(f"{n}.png", PNG) for n in range(30)]})
    assert several.status_code == 413


NAMES = [".", "..", "...", " .", ". ", "", "   ", "/", "a/", "..\\..", "x." + "y" * 250, "n" * 300 + ".png", "a%00b.png",
         "\u202egnp.exe", "&#46;", "CON", ".png", "a\tb.png"]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [len(PNG), 1024 * 1024 + 1], ids=["in memory", "on the disk"])
def test_no_name_of_a_file_breaks_a_page(name, size):
    draft = a_full_draft(a_person(), a_wave())
    client = make_client(draft.lead)
    head = f'--B\r\nContent-Disposition: form-data; name="answer"; filename="{name}"\r\nContent-Type: image/png\r\n\r\n'
    body = head.encode() + PNG + bytes(size - len(PNG)) + b"\r\n--B--\r\n"
    url = reverse("accelerator:question", args=[draft.pk, "show"])
    answer = client.generic("POST", url, body, content_type="multipart/form-data; boundary=B")
    # to Django, a file without a name that it knows is no file but a field, and this one is too long for one
    assert answer.status_code in (302, 400, 413, 422)
    for upload in draft.uploads.filter(removed_at=None):
        got = client.get(reverse("accelerator:application_file", args=[draft.pk, upload.pk]))
        assert got.status_code == 200 and upload.name.endswith(".png")


def views(resolver: URLResolver, namespace: str = ""):
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from views(pattern, pattern.namespace or namespace)
        elif isinstance(pattern, URLPattern):
            yield f"{namespace}:{pattern.name}", pattern.callback


def test_only_these_pages_take_more_than_a_form_without_files():
    larger = {name for name, view in views(get_resolver()) if getattr(view, "takes_bytes", FORM_BYTES) > FORM_BYTES}
    assert larger == {
        "accelerator:question",
        "accelerator:send_evidence",
        "accelerator:make_access_claim",
        "accelerator:access_claim_spent",
        "timebank:desk_upload",
    }
