"""docker-compose.yml, the Dockerfile and the settings stay in step, and the web role cannot switch a ledger rule off."""

import ast
import re
import subprocess
from pathlib import Path

import psycopg
import pytest
import yaml
from django.core.management import CommandError, call_command
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SETTINGS = ast.parse((ROOT / "config/settings.py").read_text())
OURS = {"web", "worker", "beat", "migrate"}
NOT_SETTINGS = {"WEB_ROLE_PASSWORD"}  # read by grant_web_role


def names_read(function: str) -> set[str]:
    """The environment variables that settings.py reads through this call: `required` or `get`."""
    return {
        call.args[0].value
        for call in ast.walk(SETTINGS)
        if isinstance(call, ast.Call)
        and ast.unparse(call.func).endswith(function)
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }


def test_every_service_of_the_design_is_there():
    assert set(SERVICES) == OURS | {"postgres", "valkey", "mail"}
    assert SERVICES["postgres"]["image"].startswith("postgres:18")
    assert SERVICES["postgres"]["volumes"] == ["postgres:/var/lib/postgresql"]
    mounted = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert mounted == set(COMPOSE["volumes"])


@pytest.mark.parametrize("service", sorted(OURS))
def test_what_compose_sets_is_what_the_settings_read(service):
    given = set(SERVICES[service]["environment"])

    assert given - NOT_SETTINGS <= names_read("environ.get") | names_read("required")
    assert names_read("required") | {"DATABASE_URL", "REDIS_URL", "SITE_URL", "ALLOWED_HOSTS", "EMAIL_HOST"} <= given


def test_every_value_that_the_operator_gives_is_in_the_example_file_and_nothing_more():
    asked = set(re.findall(r"\$\{(\w+):\?\}", (ROOT / "docker-compose.yml").read_text()))
    optional = set(re.findall(r"\$\{(\w+):-", (ROOT / "docker-compose.yml").read_text()))
    offered = dict(re.findall(r"^(\w+)=(.*)$", (ROOT / "docker/example.env").read_text(), re.MULTILINE))

    assert asked <= set(offered) <= asked | optional
    assert not any(offered.values()), "The example must hold no secret."


def test_the_script_that_pins_finds_every_base_image():
    script = (ROOT / "docker/pin").read_text()
    pattern = re.search(r"sed -nE '([^']+)'", script)[1]
    found = subprocess.run(
        ["sed", "-nE", pattern, "Dockerfile", "docker-compose.yml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    names = {line.split()[1]: line.split()[0] for line in found if line}
    assert set(names) == {f"{name}_DIGEST" for name in ("NODE", "PYTHON", "POSTGRES", "VALKEY", "POSTFIX")}
    assert names["POSTGRES_DIGEST"] == "postgres:18"


# Who is given which secret; a secret that is not in this table belongs to nobody.
MAY_KNOW = {
    "OWNER_PASSWORD": {"migrate", "postgres"},
    "WEB_ROLE_PASSWORD": OURS,
    "VALKEY_PASSWORD": OURS | {"valkey"},
    "SECRET_KEY": OURS,
    "EQUALITY_KEY": OURS,
    "OIDC_CLIENT_SECRET": OURS,
    "RELAYHOST_PASSWORD": {"mail"},
}


def test_each_secret_is_given_to_those_who_need_it_and_to_nobody_else():
    secrets = set(re.findall(r"\$\{(\w*(?:PASSWORD|SECRET|_KEY)\w*)", (ROOT / "docker-compose.yml").read_text()))
    assert secrets == set(MAY_KNOW)
    for name, service in SERVICES.items():
        assert "env_file" not in service and ".env" not in str(service.get("volumes", "")), name
        known = {secret for secret in secrets if f"${{{secret}" in str(service)}
        assert known == {secret for secret, who in MAY_KNOW.items() if name in who}, name


def test_valkey_has_a_password_that_its_health_check_proves():
    command = " ".join(SERVICES["valkey"]["command"])
    assert "requirepass" in command and "grep -q PONG" in str(SERVICES["valkey"]["healthcheck"]["test"])
    assert SERVICES["web"]["environment"]["REDIS_URL"] == "redis://:${VALKEY_PASSWORD:?}@valkey:6379/0"


def test_only_the_migrations_know_the_owner_of_the_tables():
    for name in OURS - {"migrate"}:
        assert "OWNER_PASSWORD" not in str(SERVICES[name])
    assert "grant_web_role" in str(SERVICES["migrate"]["command"])


def test_the_image_is_pinned_runs_as_nobody_special_and_holds_no_secret():
    images = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    images += [service["image"] for name, service in SERVICES.items() if name not in OURS]

    # A digest that must be given: where it is not one, the name of the image is malformed and the builder stops.
    assert all(re.fullmatch(r"[\w/.-]+:v?\d[\w.-]*@\$\{[A-Z]+_DIGEST(:\?)?\}", image) for image in images), images
    assert len(images) == 5
    assert not re.search(r"^ARG \w+=", DOCKERFILE, re.MULTILINE)
    for name in OURS:
        assert set(SERVICES[name]["build"]["args"]) == set(re.findall(r"^ARG (\w+)", DOCKERFILE, re.MULTILINE))
    assert re.search(r"^USER (?!root|0)\w+", DOCKERFILE, re.MULTILINE)
    assert DOCKERFILE.index("USER ") < DOCKERFILE.index("CMD ")
    assert "--require-hashes" in DOCKERFILE and "npm ci" in DOCKERFILE
    assert not re.search(r"(PASSWORD|SECRET|TOKEN|_KEY)\s*=", DOCKERFILE)


def test_each_file_that_the_image_copies_exists():
    for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE):
        for source in sources.split():
            assert (ROOT / source).exists(), source


def test_the_web_role_writes_rows_but_cannot_change_the_books_or_their_rules(real_db):
    role = "odha_web_" + real_db.name[-8:]
    call_command("grant_web_role", role=role)
    call_command("grant_web_role", role=role)  # as after every migration
    try:
        with psycopg.connect(real_db.url.replace("postgres@", f"{role}@"), autocommit=True) as web:
            web.execute("INSERT INTO people_user (password, name) VALUES ('!', 'Ada')")
            assert web.execute("SELECT name FROM people_user").fetchall() == [("Ada",)]
            web.execute("TRUNCATE people_equalityanswers")  # its nightly rewriting; DELETE it has anyway
            for refused in (
                "UPDATE timebank_entry SET minutes = 1",
                "DELETE FROM timebank_transfer",
                "TRUNCATE timebank_entry",
                "ALTER TABLE timebank_entry DISABLE TRIGGER ALL",
                "DROP TRIGGER ledger_append_only ON timebank_transfer",
                "SET session_replication_role = replica",
                "CREATE TABLE mine (n int)",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    web.execute(refused)
            owned = "SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole"
            assert web.execute(owned).fetchone() == (0,)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_the_owner_cannot_be_made_the_web_role(real_db):
    with pytest.raises(CommandError, match="owner or a superuser"):
        call_command("grant_web_role", role="postgres")
