"""`make run`: PostgreSQL, Valkey, the site, a Celery worker and beat on one machine, until Ctrl-C.

Everything it writes lies under DATA_DIR (.local by default). `children.json` names what is running, so that a start
after kill -9 can stop what was left; `environment.json` lets `make manage` find the servers.
"""

import contextlib
import fcntl
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from config.stack.prepare import state
from config.stack.servers import DATABASE, Postgres, Valkey, dies_with_us

ROOT = Path(__file__).resolve().parents[2]
RESTARTS, WITHIN_SECONDS = 5, 60  # a process that dies oftener than this is broken, and everything stops


class Busy(SystemExit):
    """Another process runs a stack over the same DATA_DIR."""


class Stop(BaseException):
    """Ctrl-C, SIGTERM or SIGHUP."""


def say(words: str) -> None:
    print(f"-- {words}", flush=True)


def data_dir() -> Path:
    """Where this stack keeps its data."""
    return Path(os.environ.get("DATA_DIR") or ROOT / ".local").resolve()


def identity(pid: int) -> str:
    """What tells this process from a later one with the same number: when it started and its command. "" when gone."""
    try:
        started = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
        return started + " " + Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except (OSError, IndexError):
        if Path("/proc/self/stat").exists():
            return ""
    shown = subprocess.run(
        ["ps", "-o", "lstart=,command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return shown.stdout.strip()


def signal_group(pid: int, number: int) -> None:
    """Signals a child and its children (each child leads a process group)."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def stop_leftovers(record: Path) -> None:
    """Stops what a killed supervisor left running: only processes that are still exactly the recorded ones."""
    try:
        recorded = json.loads(record.read_text())
    except (OSError, ValueError):
        return
    left = [pid for pid, who in ((int(pid), who) for pid, who in recorded.items()) if who and identity(pid) == who]
    if left:
        say("Stopping what the last start left behind")
    for number, seconds in ((signal.SIGINT, 8), (signal.SIGTERM, 4), (signal.SIGKILL, 4)):
        for pid in left:
            signal_group(pid, number)
        until = time.monotonic() + seconds
        while left and time.monotonic() < until:
            left = [pid for pid in left if identity(pid) == recorded[str(pid)]]
            time.sleep(0.1)
    record.unlink(missing_ok=True)


@contextlib.contextmanager
def only_one(data: Path) -> Iterator[None]:
    """Holds DATA_DIR for this process; ends the program where another has it."""
    data.mkdir(parents=True, exist_ok=True)
    with open(data / "run.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(f"A stack is already running over {data}. Stop it, or set DATA_DIR to another folder.") from None
        yield


def check_port(host: str, port: int) -> None:
    """Ends the program with a plain message where somebody listens on this port."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
        except OSError:
            raise SystemExit(f"Port {port} is taken. Try another one: make run PORT={port + 1}") from None


def keys(data: Path) -> dict[str, str]:
    """The secrets of this installation, each made once and kept, readable by us alone."""
    path = data / "secrets.json"
    kept = json.loads(path.read_text()) if path.exists() else {}
    missing = {"SECRET_KEY", "EQUALITY_KEY", "VALKEY_PASSWORD"} - set(kept)
    if missing:
        kept |= {name: secrets.token_urlsafe(48) for name in missing}
        new = path.with_suffix(".new")
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(kept, file)
        new.replace(path)
    return kept


class Stack:
    """The running processes of one DATA_DIR. Use `with Stack(data) as stack`; everything stops at the end."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.logs = data / "logs"
        self.logs.mkdir(parents=True, exist_ok=True)
        self.servers: list[Postgres | Valkey] = []
        self.processes: dict[str, subprocess.Popen] = {}
        self.commands: dict[str, list[str]] = {}
        self.deaths: dict[str, list[float]] = {}
        self.prepared = data / "prepared"  # what our own database and the static files were last prepared from
        self.environment = {**keys(data), **os.environ, "ODHA_MODE": "embedded", "DATA_DIR": str(data)}

    def __enter__(self) -> "Stack":
        stop_leftovers(self.data / "children.json")
        return self

    def __exit__(self, *_: object) -> None:
        for name in ("web", "beat", "worker"):
            if process := self.processes.get(name):
                process.terminate()
        for name, process in self.processes.items():
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                say(f"The {name} did not stop in 10 seconds; it is killed")
            signal_group(process.pid, signal.SIGKILL)
            process.wait()
        for server in reversed(self.servers):
            server.stop()
        (self.data / "children.json").unlink(missing_ok=True)

    def start_servers(self) -> None:
        """PostgreSQL and Valkey, each only where the environment does not name another."""
        if not self.environment.get("DATABASE_URL"):
            postgres = Postgres(self.data)
            self.servers.append(postgres)
            postgres.start()
            if not postgres.ensure_database(DATABASE):
                self.prepared.unlink(missing_ok=True)
            self.environment["DATABASE_URL"] = postgres.url()
        if not self.environment.get("REDIS_URL"):
            valkey = Valkey(self.data, password=self.environment["VALKEY_PASSWORD"])
            self.servers.append(valkey)
            valkey.start()
            self.environment["REDIS_URL"] = valkey.url()
        self.record()

    def prepare(self) -> None:
        """Migrates, collects and seeds. Skipped where nothing has changed since, which only our own database lets us know."""
        ours = any(isinstance(server, Postgres) for server in self.servers)
        now = state()
        collected = (self.data / "staticfiles").exists()
        if ours and collected and self.prepared.exists() and self.prepared.read_text() == now:
            return
        self.prepared.unlink(missing_ok=True)
        command = [sys.executable, "-m", "config.stack.prepare"]
        if subprocess.run(command, cwd=ROOT, env=self.environment, check=False).returncode:
            raise SystemExit("The database could not be prepared; the reason is above.")
        if ours:
            self.prepared.write_text(now)

    def record(self) -> None:
        """Writes down what is running and how to reach it."""
        running = [process.pid for process in self.processes.values()] + [s.process.pid for s in self.servers]
        (self.data / "children.json").write_text(json.dumps({pid: identity(pid) for pid in running}))
        named = ("SECRET_KEY", "EQUALITY_KEY", "ODHA_MODE", "DATA_DIR", "DATABASE_URL", "REDIS_URL", "SITE_URL")
        path = self.data / "environment.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps({name: self.environment[name] for name in named if name in self.environment}))

    def start(self, name: str, *command: str) -> None:
        """Starts a process of ours; its output goes to DATA_DIR/logs/NAME.log."""
        self.commands[name] = list(command)
        with open(self.logs / f"{name}.log", "ab") as log:
            self.processes[name] = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=dies_with_us(),
            )  # fmt: skip
        self.record()

    def watch(self) -> None:
        """Returns never: restarts a process that ends, says so, and gives up when a server or the same process keeps dying."""
        while True:
            for server in self.servers:
                if server.process.poll() is not None:
                    raise SystemExit(f"{type(server).__name__} has stopped by itself; its log: {server.log.name}")
            for name, process in list(self.processes.items()):
                if process.poll() is None:
                    continue
                now = time.monotonic()
                recent = [at for at in self.deaths.get(name, []) if now - at < WITHIN_SECONDS]
                self.deaths[name] = [*recent, now]
                signal_group(process.pid, signal.SIGKILL)  # what it left behind
                log = self.logs / f"{name}.log"
                if len(recent) >= RESTARTS:
                    raise SystemExit(f"The {name} keeps stopping (exit {process.returncode}); its log: {log}")
                say(
                    f"The {name} has stopped by itself (exit {process.returncode}) and is started again; its log: {log}"
                )
                self.start(name, *self.commands[name])
            time.sleep(0.3)


def wait_for_site(stack: Stack, port: int, seconds: float = 180) -> None:
    """Waits until the site answers anything at all."""
    until = time.monotonic() + seconds
    while True:
        try:
            urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
            return
        except HTTPError as error:
            if error.code < 500:
                return
        except (URLError, OSError):
            pass
        if stack.processes["web"].poll() is not None or time.monotonic() > until:
            tail = (stack.logs / "web.log").read_text(errors="replace")[-3000:]
            raise SystemExit(f"The site does not answer on port {port}. The end of its log:\n{tail}")
        time.sleep(0.1)


def interrupted(number: int, _frame: object) -> None:
    """Turns the first signal into `Stop`; later ones cannot interrupt the stopping."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    raise Stop(number)


def main() -> None:
    """Starts everything, prints the addresses, watches until told to stop."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    began = time.monotonic()
    host, port = os.environ.get("HOST") or "127.0.0.1", int(os.environ.get("PORT") or 8000)
    data = data_dir()
    python = sys.executable
    try:
        with only_one(data), Stack(data) as stack:
            check_port(host, port)
            stack.environment.setdefault("SITE_URL", f"http://localhost:{port}")
            say("Starting PostgreSQL and Valkey")
            stack.start_servers()
            stack.prepare()
            stack.start(
                "web", python, "-m", "gunicorn", "config.wsgi", "-c", "config/gunicorn.py", f"--bind={host}:{port}",
                "--workers=2", "--threads=4", "--graceful-timeout=5", "--preload",
            )  # fmt: skip
            wait_for_site(stack, port)
            stack.start(
                "worker", python, "-m", "celery", "-A", "config", "worker", "--concurrency=2", "--loglevel=INFO"
            )
            stack.start("beat", python, "-m", "celery", "-A", "config", "beat", "--pidfile=", "--loglevel=INFO")
            site = stack.environment["SITE_URL"]
            print(
                f"\nReady in {time.monotonic() - began:.1f} seconds. Logs are in {stack.logs}. Ctrl-C stops everything.\n\n"
                f"  The site                     {site}\n"
                f"  Be one of its people         {site}/demo\n"
                f"  The mail that was sent       {site}/mail\n",
                flush=True,
            )
            stack.watch()
    except Stop:
        say("Stopped. `make run` continues with the same data.")


if __name__ == "__main__":
    main()
