"""`manage.py doctor`: what this installation lacks or has set wrongly, in plain words, with what to do about it."""

import ctypes.util
import os
import shutil
import smtplib
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from core import addresses

# What a check yields: whether it stops people from working ("wrong"), only takes something away ("lacks"), and the words.
Finding = tuple[str, str]

POSTGRES_AT_LEAST = 18
EXTENSIONS = ("btree_gist", "citext", "pg_trgm", "unaccent")
PRIVATE_LOGS = [(messages, "panic") for messages in ("log", "fatal", "panic")]
FREE_SPACE_AT_LEAST = 1024**3  # bytes


def database() -> Iterator[Finding]:
    """PostgreSQL answers, is new enough, has the extensions, and is migrated."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('server_version_num')::int / 10000")
            (version,) = cursor.fetchone()
            cursor.execute("SELECT name FROM pg_available_extensions WHERE name = ANY(%s)", [list(EXTENSIONS)])
            missing = set(EXTENSIONS) - {name for (name,) in cursor.fetchall()}
            cursor.execute("SELECT current_setting('log_min_messages'), current_setting('log_min_error_statement')")
            logs_what_people_write = cursor.fetchone() not in PRIVATE_LOGS
        waiting = MigrationExecutor(connection).migration_plan(MigrationExecutor(connection).loader.graph.leaf_nodes())
    except DatabaseError as error:
        yield "wrong", f"The database does not answer: {str(error).strip()}. Check DATABASE_URL."
        return
    if version < POSTGRES_AT_LEAST:
        yield "wrong", f"PostgreSQL is version {version}; {POSTGRES_AT_LEAST} or later is needed (uuidv7)."
    if logs_what_people_write:
        yield (
            "lacks",
            "PostgreSQL writes what people typed into its log where a statement fails. Set log_min_messages = log and "
            "log_min_error_statement = panic (docs/privacy.md).",
        )
    for name in sorted(missing):
        yield "wrong", f"PostgreSQL has no extension {name}; install the contrib package of your server."
    if waiting:
        yield "wrong", f"{len(waiting)} migrations have not been run. Run: manage.py migrate"


def broker_and_worker() -> Iterator[Finding]:
    """Redis or Valkey answers, keeps what is queued, and a worker listens."""
    from redis import Redis, RedisError

    from config.celery import app

    try:
        client = Redis.from_url(settings.REDIS_URL, socket_connect_timeout=3)
        policy = client.info("memory").get("maxmemory_policy")
    except (RedisError, ValueError) as error:
        yield "wrong", f"Redis or Valkey does not answer: {error}. Check REDIS_URL."
        return
    if policy not in {None, "noeviction"}:
        yield "wrong", f"Redis or Valkey may throw queued work away (maxmemory-policy {policy}); set it to noeviction."
    if not app.control.ping(timeout=1.5):
        yield (
            "wrong",
            "No worker answers, so no mail is sent. Start: celery -A config worker, and one celery -A config beat",
        )


def static_files() -> Iterator[Finding]:
    """The style sheet and script were built and collected."""
    collected = Path(settings.STATIC_ROOT) / "build" / "site.css"
    if settings.MODE != "test" and not collected.exists():
        yield (
            "wrong",
            "Static files are not collected, so pages have no style. Run: npm ci, npm run build, manage.py collectstatic",
        )


def pdf() -> Iterator[Finding]:
    """WeasyPrint finds Pango, and there is a font to write with."""
    for library, package in (("pango-1.0", "libpango-1.0-0"), ("pangoft2-1.0", "libpangoft2-1.0-0")):
        if ctypes.util.find_library(library) is None:
            yield (
                "lacks",
                f"Pango ({library}) is missing, so there are no posters or PDFs. On Debian: apt install {package}",
            )
    fonts = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path("/Library/Fonts"))
    if not any(font for folder in fonts for font in folder.rglob("*.[to]tf")):
        yield "lacks", "There are no fonts, so PDFs have no letters. On Debian: apt install fonts-dejavu-core"


def addresses_and_secrets() -> Iterator[Finding]:
    """In production: real secrets, a public https address, and a host name that fits it."""
    if not settings.PRODUCTION:
        return
    for name in ("SECRET_KEY", "EQUALITY_KEY"):
        if len(getattr(settings, name)) < 40:
            yield "wrong", f"{name} is too short to be a secret. Make one with: openssl rand -base64 48"
    if settings.SECRET_KEY == settings.EQUALITY_KEY:
        yield "wrong", "SECRET_KEY and EQUALITY_KEY are the same; they must differ."
    if not settings.SITE_URL.startswith("https://"):
        yield "wrong", f"SITE_URL is {settings.SITE_URL}; people need an https:// address."
    if not os.environ.get("TRUSTED_PROXIES"):
        yield (
            "wrong",
            "TRUSTED_PROXIES is not set, so everybody behind your proxy counts as one person and shares the limits on tries. "
            "Set it to how many proxies stand in front (usually 1), or to 0 where there is none.",
        )
    host = settings.SITE_URL.partition("://")[2].split("/")[0].split(":")[0]
    if host not in settings.ALLOWED_HOSTS and "*" not in settings.ALLOWED_HOSTS:
        yield "wrong", f"ALLOWED_HOSTS does not name {host}, the host of SITE_URL."


def mail() -> Iterator[Finding]:
    """The mail server answers, where mail goes by SMTP."""
    if not settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
        return
    try:
        with smtplib.SMTP(settings.EMAIL_HOST, settings.EMAIL_PORT, timeout=5) as server:
            server.noop()
    except OSError as error:
        yield (
            "wrong",
            f"The mail server {settings.EMAIL_HOST}:{settings.EMAIL_PORT} does not answer: {error}. Check EMAIL_HOST.",
        )
    if settings.DEFAULT_FROM_EMAIL.endswith("@localhost>"):
        yield "wrong", "Mail comes from localhost, which nobody accepts. Set DEFAULT_FROM_EMAIL."


def organisation_sign_in() -> Iterator[Finding]:
    """Sign-in with an organisation's own accounts is set up wholly or not at all, over https."""
    needed = ("OIDC_SERVER_URL", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_DOMAINS")
    missing = [name for name in needed if not getattr(settings, name)]
    if missing and len(missing) < len(needed):
        yield (
            "wrong",
            f"Sign-in with your organisation is half set up, so it is off. Set {' and '.join(missing)}, or none of it.",
        )
    if missing:
        return
    if settings.PRODUCTION and not settings.OIDC_SERVER_URL.startswith("https://"):
        yield "wrong", f"OIDC_SERVER_URL is {settings.OIDC_SERVER_URL}; it must be an https:// address."
    for name in settings.OIDC_DOMAINS:
        try:
            addresses.domain(name)
        except addresses.NotAnAddress:
            yield (
                "wrong",
                f"OIDC_DOMAINS names {name}, which is no domain. Write them like trust.example,other.example.",
            )


def files() -> Iterator[Finding]:
    """Files that people upload can be written, and there is room for them."""
    try:
        name = default_storage.save("doctor.txt", ContentFile(b"written by manage.py doctor"))
        default_storage.delete(name)
        free = shutil.disk_usage(default_storage.path("")).free
    except OSError as error:
        yield "wrong", f"Uploaded files cannot be kept: {error}. Check MEDIA_DIR."
        return
    if free < FREE_SPACE_AT_LEAST:
        yield "wrong", f"Only {free // 1024**2} MB are free where uploaded files are kept."


CHECKS: dict[str, Callable[[], Iterator[Finding]]] = {
    "Database": database,
    "Queue and worker": broker_and_worker,
    "Static files": static_files,
    "PDF": pdf,
    "Addresses and secrets": addresses_and_secrets,
    "Mail": mail,
    "Sign-in with an organisation": organisation_sign_in,
    "Uploaded files": files,
}


class Command(BaseCommand):
    """Prints one line for each part that is well and one for each finding; exit 1 where something is wrong."""

    help = "Says what this installation lacks or has set wrongly, in plain words."
    requires_system_checks = ()

    def handle(self, **options) -> None:
        wrong = 0
        for part, check in CHECKS.items():
            findings = list(check())
            for level, words in findings:
                wrong += level == "wrong"
                self.stdout.write(f"{'WRONG' if level == 'wrong' else 'LACKS'}  {part}: {words}")
            if not findings:
                self.stdout.write(f"ok     {part}")
        if wrong:
            raise CommandError(f"{wrong} things to put right." if wrong > 1 else "One thing to put right.")
