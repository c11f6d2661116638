"""Gives the database role of the web and worker processes its rights, after migrations and as the tables' owner."""

import os

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from psycopg import sql

APPEND_ONLY = """
SELECT DISTINCT class.relname FROM pg_trigger
JOIN pg_class class ON class.oid = tgrelid JOIN pg_proc function ON function.oid = tgfoid
WHERE function.proname LIKE '%%append_only%%' AND NOT tgisinternal ORDER BY 1
"""


class Command(BaseCommand):
    """The role reads and writes rows. It owns nothing, so it cannot switch a rule of the ledger off, and it may only
    add to the tables that are append-only. WEB_ROLE_PASSWORD, where set, becomes the role's password."""

    help = "Grants the web role its rights on every table; run it after migrate, as the owner of the tables."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--role", default="odha_web", help="made where it does not exist")

    @transaction.atomic
    def handle(self, *, role: str, **options) -> None:
        with connection.cursor() as cursor:

            def run(statement: str, **names: sql.Composable) -> None:
                cursor.execute(sql.SQL(statement).format(role=sql.Identifier(role), **names))

            cursor.execute("SELECT current_user, rolsuper FROM pg_roles WHERE rolname = %s", [role])
            found = cursor.fetchone()
            if found is None:
                run("CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE")
            elif found[0] == role or found[1]:
                raise CommandError(f"{role} is the owner or a superuser; name a role of its own for the web processes.")
            if password := os.environ.get("WEB_ROLE_PASSWORD"):
                run("ALTER ROLE {role} PASSWORD {password}", password=sql.Literal(password))
            run("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
            run("GRANT USAGE ON SCHEMA public TO {role}")
            run("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}")
            run("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}")
            run(
                "GRANT TRUNCATE ON people_equalityanswers TO {role}"
            )  # rewritten each night: `people.equality.actions.shuffle`
            run("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}")
            run("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {role}")
            run("REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role}")
            cursor.execute(APPEND_ONLY)
            for (table,) in cursor.fetchall():
                run("REVOKE UPDATE, DELETE ON {table} FROM {role}", table=sql.Identifier(table))
        self.stdout.write(f"{role} may read and write rows, and owns nothing.")
