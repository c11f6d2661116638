import json
import time

from django.core.management.base import BaseCommand, CommandError

from timebank.models import Entry
from timebank.queries.verification import findings


class Command(BaseCommand):
    help = "Recomputes every balance and the eight invariants of the ledger from its entries. Exit 1 where any is off."

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="One JSON object instead of sentences.")

    def handle(self, *args, **options):
        began = time.monotonic()
        found = findings()
        seconds = round(time.monotonic() - began, 2)
        entries = Entry.objects.count()
        if options["json"]:
            report = {"ok": not found, "entries": entries, "seconds": seconds, "findings": [f.as_dict() for f in found]}
            self.stdout.write(json.dumps(report))
        else:
            for finding in found:
                self.stdout.write(f"{finding.invariant}  {finding.id}  {finding.what}")
            if not found:
                self.stdout.write(f"The books are right: {entries} entries, {seconds} s.")
        if found:
            raise CommandError(f"{len(found)} found in {entries} entries.", returncode=1)
