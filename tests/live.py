"""The running site and its background processes, for browser and worker tests."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

from config.stack.servers import free_port


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args) -> None:
        """Keeps requests out of the test report."""


@contextmanager
def serve(port: int = 0) -> Iterator[str]:
    """The site in threads of this process (a travelled clock reaches it), on a free port or `port`; yields its address."""
    server = ThreadedWSGIServer(("127.0.0.1", port), _Quiet)
    server.daemon_threads = True
    server.set_app(StaticFilesHandler(WSGIHandler()))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)


@contextmanager
def web_process(*, database_url: str, port: int) -> Iterator[subprocess.Popen]:
    """The site as a process of its own, which a test may kill. Raises where it does not answer."""
    environment = os.environ | {"DATABASE_URL": database_url, "REDIS_URL": settings.REDIS_URL, "ODHA_MODE": "test"}
    starts = f"import django; django.setup(); import tests.live; tests.live.serve_for_ever({port})"
    process = subprocess.Popen([sys.executable, "-c", starts], env=environment)
    try:
        wait_until(lambda: _answers(port) or process.poll() is not None, what=f"the site on port {port}")
        yield process
    finally:
        process.kill()
        process.wait()


def serve_for_ever(port: int) -> None:
    """What `web_process` runs."""
    with serve(port):
        threading.Event().wait()


@contextmanager
def gunicorn(*, database_url: str, folder: Path, **environ: str) -> Iterator[int]:
    """The site as production serves it, logging to `folder`/web.log; yields its port."""
    port = free_port()
    environment = os.environ | {"DATABASE_URL": database_url, "REDIS_URL": settings.REDIS_URL, "ODHA_MODE": "test"}
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "-c", "config/gunicorn.py", f"--bind=127.0.0.1:{port}"]
    with open(folder / "web.log", "wb") as log:
        process = subprocess.Popen(
            [*command, "--threads=4"], env=environment | environ, cwd=settings.BASE_DIR, stdout=log, stderr=log
        )
    try:
        wait_until(lambda: _answers(port) or process.poll() is not None, what=f"gunicorn on port {port}")
        yield port
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


def make_everything_due(schedule_file: Path) -> None:
    """Writes a beat schedule whose entries last ran a day ago, so that beat runs each of them as it starts."""
    from celery.beat import PersistentScheduler

    from config.celery import app

    scheduler = PersistentScheduler(app, schedule_filename=str(schedule_file), lazy=False)
    for entry in scheduler.schedule.values():
        entry.last_run_at = datetime.now(UTC) - timedelta(days=1)
    scheduler.sync()
    scheduler.close()


@contextmanager
def celery(*, database_url: str, folder: Path) -> Iterator[dict[str, subprocess.Popen]]:
    """A worker and beat as processes of their own; yields them by name. Raises where either ends while it starts."""
    environment = os.environ | {"DATABASE_URL": database_url, "REDIS_URL": settings.REDIS_URL, "ODHA_MODE": "test"}
    schedule = folder / "beat-schedule"
    make_everything_due(schedule)
    commands = {
        "worker": ["worker", "--pool=prefork", "--concurrency=1", "--without-gossip", "--without-mingle"],
        "beat": ["beat", f"--schedule={schedule}", f"--pidfile={folder / 'beat.pid'}", "--max-interval=1"],
    }
    processes = {}
    for name, arguments in commands.items():
        log = open(folder / f"{name}.log", "wb")  # noqa: SIM115 - the process writes to it until it stops
        command = [sys.executable, "-m", "celery", "-A", "config", *arguments, "--loglevel=INFO"]
        processes[name] = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        log.close()
    try:
        _wait_for_line(folder / "worker.log", " ready.", processes["worker"])
        yield processes
    finally:
        for process in processes.values():
            process.terminate()
        for process in processes.values():
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for_line(log: Path, text: str, process: subprocess.Popen, seconds: float = 300) -> None:
    until = time.monotonic() + seconds
    while text not in log.read_text(errors="replace"):
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"{log.name} never said {text!r}:\n{log.read_text(errors='replace')[-3000:]}")
        time.sleep(0.1)


def wait_until(condition, *, seconds: float = 300, what: str = "the condition"):
    """Polls until `condition()` is truthy and returns its value; AssertionError naming `what` after `seconds`."""
    until = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < until, f"Waited {seconds} s for {what}."
        time.sleep(0.1)
