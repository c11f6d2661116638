"""The logs say what happened and never to whom: no address of a person or a machine, no name, no token, no query."""

import http.client
import logging
import re
import socket
import socketserver
import sys
import threading
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import RequestFactory
from django.urls import resolve

from config.logs import PrivateFormatter
from notifications.actions import notify
from notifications.mailer import stop_token
from notifications.models import CaughtMail, OutboxMessage
from notifications.tasks import send_messages
from tests.live import celery, gunicorn, wait_until
from tests.people.factories import make_user

TOKEN = "eyJhIjoxfQ:1vABCd:Qx7yZ0123456789abcdefGHIJKLMN"


def written(message, *args, error=None, **extra):
    """The line that our formatter makes of a record."""
    info = None
    if error is not None:
        try:
            raise error
        except type(error):
            info = sys.exc_info()
    record = logging.LogRecord("some.logger", logging.ERROR, __file__, 1, message, args, info)
    vars(record).update(extra)
    return PrivateFormatter("%(levelname)s %(message)s").format(record)


@pytest.mark.parametrize(
    ("message", "args", "line"),
    [
        ("Sent to %s", ("ama.mensah+x@example.org",), "ERROR Sent to (address)"),
        ("No entry for host %s", ("203.0.113.9",), "ERROR No entry for host (address)"),
        ("From %s", ("2001:db8::17",), "ERROR From (address)"),
        ("Listening at 127.0.0.1:8000 since 12:03:44", (), "ERROR Listening at 127.0.0.1:8000 since 12:03:44"),
        ("GET %s", ("/search/?q=diabetes&page=2",), "ERROR GET /search/"),
        ("Token %s", ("aB3dE6gH9jK2mN5pQ8sT1vW4yZ7",), "ERROR Token (token)"),
        (
            "Exchange %s",
            ("01a22f59-cc08-76e6-b416-4d5f72ba6216",),
            "ERROR Exchange 01a22f59-cc08-76e6-b416-4d5f72ba6216",
        ),
        ("Error handling request %s", (f"/sign-in/link/{TOKEN}/",), "ERROR Error handling request"),
        ("Invalid request from ip=10.1.2.3: Bad 'GET /?x=y'", (), "ERROR Invalid request"),
    ],
)
def test_a_line_keeps_what_helps_and_loses_what_is_somebodys(message, args, line):
    assert written(message, *args) == line


def test_a_request_is_its_method_and_route():
    path = f"/sign-in/link/{TOKEN}/"
    request = RequestFactory().post(path + "?next=/x/")
    request.resolver_match = resolve(path)

    assert written("Forbidden (%s): %s", "Origin https://x", path, request=request, status_code=403) == (
        "ERROR POST /sign-in/link/<str:token>/ 403"
    )


def test_an_exception_is_its_type_and_place_and_so_is_its_cause():
    try:
        int("Ama Mensah")
    except ValueError as cause:
        error = RuntimeError("Ama Mensah is no number")
        error.__cause__ = cause
    line = written("It failed", error=error)

    assert "ValueError\n" in line and line.endswith("RuntimeError") and "test_logs.py" in line
    assert "Ama Mensah is" not in line and "invalid literal" not in line


def test_what_a_task_raised_or_gave_back_is_not_said():
    raised = {"name": "a.task", "exc": "ValueError('Ama')", "return_value": ["Ama"]}

    assert written("%(name)s: %(exc)s", raised, error=ValueError("Ama")).startswith("ERROR a.task: ValueError\n")
    assert written("%(name)s: %(return_value)s", raised) == "ERROR a.task: (done)"


class Refusing(socketserver.StreamRequestHandler):
    """A mail server that takes nobody, and repeats whom."""

    def handle(self):
        self.wfile.write(b"220 here\r\n")
        for line in self.rfile:
            word = line.split(b":")[0].strip().upper()
            if word.startswith(b"RCPT"):
                self.wfile.write(b"550 no such person " + line.partition(b":")[2].strip() + b"\r\n")
            else:
                self.wfile.write(b"250 fine\r\n")


class Person:
    """A browser behind a proxy that says where it is: cookies, forms, and nothing else."""

    address = "203.0.113.77"

    def __init__(self, port):
        self.port, self.cookies = port, SimpleCookie()

    def ask(self, path, data=None, **headers):
        """The status, the page and where it leads; a form is sent with the token of its page."""
        if data is not None:
            _status, page, _to = self.ask(path)
            token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
            data = {"csrfmiddlewaretoken": token[1] if token else "", **data}
        connection = http.client.HTTPConnection("localhost", self.port, timeout=60, source_address=("127.0.0.9", 0))
        sent = {"X-Forwarded-For": self.address, "User-Agent": "Curious/1.0", "Referer": f"http://localhost/{TOKEN}"}
        sent |= {"Cookie": "; ".join(f"{name}={morsel.value}" for name, morsel in self.cookies.items())}
        if data is not None:
            sent |= {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("GET" if data is None else "POST", path, data and urlencode(data), sent | headers)
        answer = connection.getresponse()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            self.cookies.load(cookie)
        page = answer.read().decode()
        connection.close()
        return answer.status, page, answer.getheader("Location")


def test_a_whole_journey_leaves_no_address_token_or_query_behind(real_db, tmp_path, monkeypatch):
    with connection.cursor() as cursor:
        cursor.execute("SHOW data_directory")
        database_log = Path(cursor.fetchone()[0]) / "server.log"
        cursor.execute("ALTER TABLE people_user ADD CONSTRAINT nobody_is_called_that CHECK (name <> 'Zaphod Quux')")
    began = database_log.stat().st_size if database_log.exists() else 0
    refusing = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=refusing.serve_forever, daemon=True).start()
    monkeypatch.setenv("EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
    monkeypatch.setenv("EMAIL_HOST", "127.0.0.1")
    monkeypatch.setenv("EMAIL_PORT", str(refusing.server_address[1]))
    kofi = make_user("kofi.secret@example.org", name="Kofi Private")

    with celery(database_url=real_db.url, folder=tmp_path):
        told = notify(
            to=kofi,
            kind="people.dormant",
            key="k",
            subject="Hello Kofi",
            template="people/mail/dormant",
            context={"days": 30},
        )
        send_messages.delay([str(told.pk)])
        send_messages.delay(["kofi.secret@example.org"])  # fails, and says with what
        wait_until(lambda: OutboxMessage.objects.get(pk=told.pk).state == "failed", what="the mail that is refused")
        wait_until(lambda: "raised unexpected" in (tmp_path / "worker.log").read_text(), what="the task that fails")

    mailbox = "notifications.mailbox.MailPageBackend"
    with gunicorn(
        database_url=real_db.url, folder=tmp_path, EMAIL_BACKEND=mailbox, TRUSTED_PROXIES="1", LOG_LEVEL="INFO"
    ) as port:
        zoe = Person(port)
        assert zoe.ask("/sign-in/", {"email": "zoe.secret@example.org", "next": "/privacy/?secret=1"})[0] == 302
        mail = CaughtMail.objects.latest("pk")
        link = re.search(r"/sign-in/link/([\w-]+)/", str(vars(mail)))
        code = re.search(r"\b\d{6}\b", str(vars(mail)))[0]
        assert (
            zoe.ask(
                "/sign-in/code/", {"email": "zoe.secret@example.org", "code": "000000" if code != "000000" else "1"}
            )[0]
            == 422
        )
        assert zoe.ask(link[0], {})[0] == 302
        assert zoe.ask("/aboard/name/", {"name": "Zaphod Quux"})[0] == 500
        assert zoe.ask(f"/applications/invited/{TOKEN}/")[0] in {302, 404, 410}
        assert zoe.ask(f"/stop/{stop_token(kofi.pk, 'people.dormant')}/")[0] in {200, 404}
        assert zoe.ask("/people/zoe.secret@example.org/?q=diabetes&page=2")[0] == 404
        assert (
            zoe.ask("/aboard/name/", {"name": "x", "csrfmiddlewaretoken": "y"}, Origin="https://zoe.example")[0] == 403
        )
        assert zoe.ask("/privacy/", Host="zoe.secret.example")[0] == 400
        with socket.create_connection(("127.0.0.1", port), source_address=("127.0.0.9", 0)) as raw:
            raw.sendall(b"GET /zoe.secret?q=diabetes HTTP/9 9\r\n\r\n")
            raw.recv(1000)

    logs = {name: (tmp_path / f"{name}.log").read_text() for name in ("web", "worker", "beat")}
    if database_log.exists():
        logs["database"] = database_log.read_bytes()[began:].decode(errors="replace")
    web = logs["web"]
    assert "POST /sign-in/link/<str:token>/ 302" in web and "POST /aboard/name/ 500" in web
    assert "CheckViolation (23514 nobody_is_called_that)" in web and "Traceback" not in web
    assert "Invalid request" in web
    secrets = [
        "zoe.secret", "kofi.secret", "Kofi Private", "Hello Kofi", "Zaphod", "diabetes", "secret=1", "203.0.113.77", "127.0.0.9",
        "Curious", TOKEN, TOKEN[:12], link[1], code, stop_token(kofi.pk, "people.dormant")[:20], zoe.cookies["sessionid"].value,
        zoe.cookies["csrftoken"].value, "zoe.example",
    ]  # fmt: skip
    for name, text in logs.items():
        assert not [secret for secret in secrets if secret in text], (name, text[-4000:])
        assert not re.findall(r"[\w.+-]+@[\w-]+\.[\w.-]+", text.replace("celery@", "")), name
        assert not re.findall(r"\?\w+=", text), name
