"""A report as a page: what its HTML and its PDF both show."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from evaluation.drawing import draw
from evaluation.models import Report, ReportTable
from evaluation.questions import QUESTIONS, WHAT_IT_CANNOT_SHOW
from ui.charts import Chart

ANSWERS = {
    "met": (_("Met"), "nhsuk-tag--green"),
    "not_met": (_("Not met"), "nhsuk-tag--orange"),
    "not_enough": (_("Not enough data"), "nhsuk-tag--grey"),
}


@dataclass(frozen=True)
class Shown:
    """A table, with its chart where it has one (the chart draws its own table under it)."""

    table: ReportTable
    chart: Chart | None


def report_context(report: Report) -> Mapping[str, Any]:
    """What the templates of a finished reading need."""
    tables = {table.name: Shown(table, draw(table)) for table in report.tables.all()}
    sections = []
    for stored in report.sections:
        label, look = ANSWERS[stored["answer"]]
        sections.append(
            {
                **stored,
                "title": QUESTIONS[stored["question"]],
                "label": label,
                "look": look,
                "shown": [tables[name] for name in stored["tables"]],
            }
        )
    return {
        "report": report,
        "wave": report.wave,
        "sections": sections,
        "met": sum(1 for section in sections if section["answer"] == "met"),
        "not_met": sum(1 for section in sections if section["answer"] == "not_met"),
        "not_enough": sum(1 for section in sections if section["answer"] == "not_enough"),
        "limits": WHAT_IT_CANNOT_SHOW,
    }
