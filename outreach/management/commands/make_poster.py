from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from audit.ids import clean_code
from outreach import posters
from outreach.models import Placement


class Command(BaseCommand):
    help = "Writes the poster of one placement as PDF."

    def add_arguments(self, parser):
        parser.add_argument("--placement", required=True, metavar="CODE")
        parser.add_argument("--output", required=True, metavar="FILE", type=Path)

    def handle(self, *args, placement, output, **options):
        found = Placement.objects.filter(code=clean_code(placement)).first()
        if found is None:
            raise CommandError(f"No placement has the code {placement}.")
        if not output.parent.is_dir():
            raise CommandError(f"There is no folder {output.parent}.")
        size = posters.write_poster(found, output)
        self.stdout.write(f"{output}: {size} bytes, leads to {found.url}")
