"""doctor says what is wrong in words that a person can act on, and nothing else."""

import socket

import pytest
from django.core.management import CommandError, call_command

from ui.management.commands import doctor


def words(check) -> str:
    return "\n".join(text for _, text in check())


def test_a_migrated_database_is_well(db):
    assert list(doctor.database()) == []


def test_a_database_that_lacks_migrations_is_named_with_the_command_to_run(db, django_db_blocker):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'audit'")

    assert "migrations have not been run. Run: manage.py migrate" in words(doctor.database)


def test_a_queue_without_a_worker_and_a_queue_that_is_away_are_told_apart(settings):
    assert "No worker answers, so no mail is sent" in words(doctor.broker_and_worker)

    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings.REDIS_URL = f"redis://127.0.0.1:{unused.getsockname()[1]}/0"
        assert "does not answer" in words(doctor.broker_and_worker)


def test_short_keys_a_plain_http_address_and_a_foreign_host_are_each_named(settings, monkeypatch):
    settings.PRODUCTION = True
    settings.SECRET_KEY = settings.EQUALITY_KEY = "short"
    settings.SITE_URL = "http://accelerator.example"
    settings.ALLOWED_HOSTS = ["other.example"]
    monkeypatch.delenv("TRUSTED_PROXIES", raising=False)

    said = words(doctor.addresses_and_secrets)

    for part in (
        "SECRET_KEY is too short",
        "EQUALITY_KEY is too short",
        "must differ",
        "https://",
        "accelerator.example",
        "TRUSTED_PROXIES is not set",
    ):
        assert part in said


def test_a_mail_server_that_is_away_is_named(settings):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", unused.getsockname()[1]
        assert f"127.0.0.1:{settings.EMAIL_PORT} does not answer" in words(doctor.mail)


def test_a_folder_that_cannot_be_written_is_named_and_a_good_one_is_left_empty(settings, tmp_path):
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    settings.STORAGES = {**settings.STORAGES, "default": {**backend, "OPTIONS": {"location": str(tmp_path)}}}
    assert list(doctor.files()) == []
    assert list(tmp_path.iterdir()) == []

    (tmp_path / "file").write_text("in the way")
    settings.STORAGES = {**settings.STORAGES, "default": {**backend, "OPTIONS": {"location": str(tmp_path / "file")}}}
    assert "cannot be kept" in words(doctor.files)


def test_the_command_lists_every_part_and_fails_where_one_is_wrong(db, capsys):
    with pytest.raises(CommandError, match="to put right"):
        call_command("doctor")

    said = capsys.readouterr().out
    assert "ok     Database\n" in said
    assert "WRONG  Queue and worker: No worker answers" in said
    assert all(part in said for part in doctor.CHECKS)
