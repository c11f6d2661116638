"""The first administrator of an installation."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from people.actions.roles import make_administrator
from ui.errors import DomainError


class Command(BaseCommand):
    help = "Makes somebody the first administrator. Where there is one, --again says why another is made here."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True, help="their address; the account is made where there is none")
        parser.add_argument(
            "--again", default="", metavar="REASON", help="why, where there is an administrator already"
        )

    def handle(self, *args: Any, email: str, again: str, **options: Any) -> None:
        try:
            user = make_administrator(email=email, again=again)
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{user.email} is an administrator.")
        self.stdout.write(f"1. Sign in with this address at {settings.SITE_URL}{reverse('people:sign_in')}")
        self.stdout.write(f"2. Set up a passkey or an app at {settings.SITE_URL}{reverse('mfa_index')}")
        self.stdout.write(f"3. Give others their roles at {settings.SITE_URL}{reverse('people:people')}")
