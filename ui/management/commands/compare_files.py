"""Compares the files on the disk with the rows that name them."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from ui import stored_files


class Command(BaseCommand):
    help = "Lists stored files that no row names, and rows whose file is gone; exit 1 where there are any."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--delete", action="store_true", help="delete the files that no row names (also done nightly)"
        )

    def handle(self, *args: Any, delete: bool, **options: Any) -> None:
        orphans, lost = stored_files.without_row(timezone.now()), stored_files.without_file()
        for name in orphans:
            self.stdout.write(f"nobody's: {name}")
        for row in lost:
            self.stdout.write(f"gone: {row}")
        if delete:
            stored_files.purge_without_row()
            self.stdout.write(f"{len(orphans)} deleted")
        if lost or (orphans and not delete):
            raise SystemExit(1)
        self.stdout.write("Every file has its row, and every row its file.")
