"""The real supervisor: start, stop, kill -9, start again, two side by side. Each over a folder and port of its own."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import psycopg
import pytest

from config.stack.run import identity, stop_leftovers
from config.stack.servers import Postgres, free_port

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 90  # a stop takes 2 on a quiet machine
LONGEST_START = 300  # seconds; 10 on a quiet machine


class Running:
    """One supervisor as a process, as `make run` starts it."""

    def __init__(self, data: Path, port: int) -> None:
        self.data, self.port = data, port
        environment = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL", "ODHA_MODE"}}
        environment |= {"DATA_DIR": str(data), "PORT": str(port), "SEED": "0"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "config.stack.run"],
            cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        self.said = ""
        self.left = False

    def ready(self) -> "Running":
        """Waits until the addresses are printed."""
        return self.hear("/mail")

    def hear(self, words: str) -> "Running":
        """Reads what it says until these words; fails where it ends, or says nothing of the kind for minutes."""
        alarm = threading.Timer(LONGEST_START, self.process.kill)
        alarm.start()
        try:
            for line in self.process.stdout:
                self.said += line
                if words in line:
                    return self
        finally:
            alarm.cancel()
        raise AssertionError(f"It never said {words!r}:\n{self.said}")

    def children(self) -> dict[int, str]:
        recorded = json.loads((self.data / "children.json").read_text())
        return {int(pid): who for pid, who in recorded.items()}

    def database(self) -> psycopg.Connection:
        return psycopg.connect(
            json.loads((self.data / "environment.json").read_text())["DATABASE_URL"], autocommit=True
        )

    def stop(self, number: int = signal.SIGINT) -> str:
        """Signals it, waits, and returns the rest of what it said."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=SECONDS)
        return rest


@contextmanager
def supervisors(folder: Path) -> Iterator[Callable[..., Running]]:
    """Starts supervisors; whatever is left at the end is stopped and its database files removed."""
    started: list[Running] = []

    def start(name: str = "data", port: int | None = None) -> Running:
        started.append(Running(folder / name, port or free_port()))
        return started[-1]

    try:
        yield start
    finally:
        for running in started:
            running.stop()
            stop_leftovers(running.data / "children.json")
        for data in {running.data for running in started}:
            if data.exists():
                Postgres(data).delete()


@pytest.fixture
def stack(tmp_path):
    """Starts supervisors over folders in which nothing is."""
    with supervisors(tmp_path) as start:
        yield start


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A stack that was started over an empty folder, used, and stopped with Ctrl-C. `left` is what still ran then."""
    with supervisors(tmp_path_factory.mktemp("first")) as start:
        running = start().ready()
        assert answers(running.port)
        children = running.children()
        assert len(children) == 5  # PostgreSQL, Valkey, web, worker, beat
        with running.database() as connection:
            connection.execute("INSERT INTO people_user (password, name) VALUES ('!', 'Kept')")
        running.stop()
        running.left = not all_gone(children)
        yield running


@pytest.fixture
def prepared(stack, first, tmp_path):
    """Starts supervisors over copies of the first one's data, with nothing to prepare."""

    def start(name: str = "data") -> Running:
        copy = tmp_path / name
        subprocess.run(["cp", "-a", first.data, copy], check=True)
        (copy / "postgres-folder").unlink(missing_ok=True)  # as root it names the first one's database
        target = Postgres(copy)
        target.delete()
        subprocess.run(["cp", "-a", Postgres(first.data).data, target.data], check=True)
        return stack(name)

    return start


def answers(port: int) -> bool:
    """Whether a page of ours is served there (a refusal is a page too)."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/", timeout=10) as response:
            return "Open Digital Health Accelerator" in response.read().decode()
    except HTTPError as error:
        return "Open Digital Health Accelerator" in error.read().decode()


def all_gone(children: dict[int, str], seconds: float = 60) -> bool:
    until = time.monotonic() + seconds
    while any(identity(pid) == who for pid, who in children.items()):
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


def test_it_starts_and_stops_with_ctrl_c(first):
    for path in ("/demo", "/mail"):
        assert f"http://localhost:{first.port}{path}" in first.said
    assert "Collecting static files" in first.said
    assert (first.data / "secrets.json").stat().st_mode & 0o077 == 0

    assert first.process.returncode == 0
    assert not first.left


def test_it_continues_with_its_data_also_after_kill_9(first, stack, prepared):
    second = prepared().ready()
    assert "Collecting static files" not in second.said
    assert (second.data / "secrets.json").read_text() == (first.data / "secrets.json").read_text()
    children = second.children()
    second.stop(signal.SIGKILL)

    third = stack(port=second.port).ready()
    assert all_gone(children)
    assert answers(third.port)
    with third.database() as connection:
        assert connection.execute("SELECT name FROM people_user").fetchall() == [("Kept",)]


def test_two_run_side_by_side_and_a_taken_folder_or_port_is_said_plainly(stack, prepared):
    one, two = prepared("one"), prepared("two")
    one.ready()
    two.ready()
    assert answers(one.port) and answers(two.port)
    assert not set(one.children()) & set(two.children())

    same_folder = stack("one")
    assert "A stack is already running over" in same_folder.stop(0)
    same_port = stack("three", port=one.port)
    assert f"Port {one.port} is taken. Try another one: make run PORT={one.port + 1}" in same_port.stop(0)
    assert same_folder.process.returncode == same_port.process.returncode == 1

    one.stop(signal.SIGTERM)
    assert answers(two.port)


def test_a_process_that_dies_is_named_and_started_again_and_a_server_that_dies_ends_it(prepared):
    running = prepared().ready()
    children = running.children()
    web = next(pid for pid, who in children.items() if "gunicorn" in who)
    os.kill(web, signal.SIGKILL)

    running.hear("The web has stopped by itself (exit -9) and is started again")

    postgres = next(pid for pid, who in children.items() if "bin/postgres" in who)
    os.kill(postgres, signal.SIGINT)

    assert "Postgres has stopped by itself; its log:" in running.stop(0)
    assert running.process.returncode == 1
    assert all_gone(children)


def test_what_is_not_the_recorded_process_is_never_stopped(tmp_path):
    stranger = subprocess.Popen(["sleep", "60"], start_new_session=True)
    record = tmp_path / "children.json"
    record.write_text(json.dumps({stranger.pid: "12345 the process that had this number before"}))

    stop_leftovers(record)

    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_management_command_runs_against_a_stopped_and_a_running_stack(prepared):
    running = prepared().ready()
    environment = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL", "ODHA_MODE"}}
    environment |= {"DATA_DIR": str(running.data), "CMD": "showmigrations people --plan"}

    def manage() -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-m", "config.stack.manage"], cwd=ROOT, env=environment, capture_output=True, text=True
        )

    while_running = manage()
    running.stop()
    while_stopped = manage()

    assert "[X]  people.0001_initial" in while_running.stdout
    assert while_stopped.stdout == while_running.stdout
    assert while_running.returncode == while_stopped.returncode == 0
