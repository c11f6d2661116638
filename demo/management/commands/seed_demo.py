from django.core.management.base import BaseCommand, CommandError

from accelerator.models import Wave
from demo.seed import LARGE, begun, tell, told
from evaluation.actions import build
from evaluation.models import Plan, Report

SAID_EVERY = 50_000  # transfers


class Command(BaseCommand):
    help = "Writes the demonstration data: a finished wave and one whose call is open. Does nothing where it is there already."

    def add_arguments(self, parser):
        parser.add_argument("--members", type=int, default=150, help="people in all (default 150)")
        parser.add_argument("--exchanges", type=int, default=500, help="settled exchanges (default 500)")
        parser.add_argument("--seed", type=int, default=2022, help="another number tells another story")
        parser.add_argument("--no-report", action="store_true", help="leave out the report on the first wave")

    def handle(self, *, members: int, exchanges: int, seed: int, no_report: bool, **options):
        if told():
            self.stdout.write("The demonstration data is there already.")
            return
        if begun():
            raise CommandError("A large demonstration was cut off in this database. Begin again in an empty one.")

        def said(written: int) -> None:
            if exchanges > LARGE and written % SAID_EVERY == 0:
                self.stdout.write(f"{written:,} transfers are written.")
                self.stdout.flush()

        story = tell(members=members, exchanges_wanted=exchanges, seed=seed, said=said)
        if not no_report:
            wave = Wave.objects.get(slug="wave-one")
            plan = Plan.objects.get(wave=wave, status=Plan.Status.PUBLISHED)
            build(report=Report.objects.create(wave=wave, plan=plan, edition=Report.Edition.END))
        self.stdout.write(f"{len(story.members)} people, {story.books.written} transfers. Be any of them at /demo.")
