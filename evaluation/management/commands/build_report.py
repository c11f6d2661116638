from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.template.loader import render_to_string

from accelerator.models import Wave
from evaluation import actions, pack, plans
from evaluation.models import Plan, Report
from evaluation.page import report_context


class Command(BaseCommand):
    help = (
        "Builds the evaluation report of a wave in this process: report.html, report.pdf, report.json and data/*.csv."
    )

    def add_arguments(self, parser):
        parser.add_argument("--wave", required=True, help="the wave's slug")
        parser.add_argument("--output", required=True, type=Path, help="the folder to write to; made where missing")
        parser.add_argument("--edition", default=Report.Edition.END, choices=Report.Edition.values)

    def handle(self, *, wave: str, output: Path, edition: str, **options):
        found = Wave.objects.filter(slug=wave).first()
        if found is None:
            known = ", ".join(Wave.objects.order_by("call_opens").values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"There is no wave called {wave!r}. Waves: {known}.")
        plan = Plan.objects.filter(wave=found, status=Plan.Status.PUBLISHED).first() or plans.lock_plan(
            by=None, wave=found
        )
        report = actions.build(report=Report.objects.create(wave=found, plan=plan, edition=edition))
        data = output / "data"
        data.mkdir(parents=True, exist_ok=True)
        (output / "report.html").write_text(
            render_to_string("evaluation/report_pdf.html", report_context(report)), "utf-8"
        )
        with report.pdf.open("rb") as file:
            (output / "report.pdf").write_bytes(file.read())
        for name, content in pack.files(report).items():
            (output / name if name == "report.json" else data / name).write_bytes(content)
        self.stdout.write(f"The report on {found.name} is in {output}.")
