"""A report as a page: what its HTML and its PDF both show."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from evaluation.disclosure import HIDDEN
from evaluation.drawing import draw, label
from evaluation.models import Report, ReportTable
from evaluation.questions import QUESTIONS, WHAT_IT_CANNOT_SHOW, aim
from ui.charts import Chart

ANSWERS = {
    "met": (_("Met"), "nhsuk-tag--green"),
    "not_met": (_("Not met"), "nhsuk-tag--orange"),
    "not_enough": (_("Not enough data"), "nhsuk-tag--grey"),
}


def in_thousands(cell: Any) -> str:
    """A cell with its thousands set apart: 1247 -> "1,247", "1930 h 30" -> "1,930 h 30"."""
    return re.sub(r"(?<![\d.,])\d{4,}", lambda found: f"{int(found[0]):,}", str(cell))


@dataclass(frozen=True)
class Shown:
    """A table, with its chart where it has one (the chart draws its own table under it)."""

    table: ReportTable
    chart: Chart | None

    @property
    def rows(self) -> list[list[Any]]:
        """The table's rows with dates in words and thousands set apart."""
        return [[label(str(row[0])), *map(in_thousands, row[1:])] for row in self.table.rows]


HEADLINES = ("V1", "V4", "V8", "V5", "V10", "V9")  # figures of page one, in this order


def report_context(report: Report) -> Mapping[str, Any]:
    """What the templates of a finished reading need."""
    tables = {table.name: Shown(table, draw(table)) for table in report.tables.all()}
    sections = []
    for stored in report.sections:
        words, look = ANSWERS[stored["answer"]]
        sections.append(
            {
                **stored,
                "aim": aim(stored["question"], report.plan.measures) if stored["answer"] != "not_enough" else "",
                "title": QUESTIONS[stored["question"]],
                "label": words,
                "look": look,
                "shown": [tables[name] for name in stored["tables"]],
            }
        )
    by_question = {section["question"]: section for section in sections}
    headlines = [by_question[q]["headline"] for q in HEADLINES if q in by_question and by_question[q]["headline"]]
    locked_at = report.plan.locked_at
    return {
        "report": report,
        "wave": report.wave,
        "sections": sections,
        "by_question": by_question,
        "headlines": [(in_thousands(figure), label) for figure, label in headlines if figure != HIDDEN],
        "met": [section for section in sections if section["answer"] == "met"],
        "not_met": [section for section in sections if section["answer"] == "not_met"],
        "not_enough": [section for section in sections if section["answer"] == "not_enough"],
        "locked_on": f"{timezone.localtime(locked_at):%-d %b %Y}" if locked_at else "",
        "locked_before": bool(locked_at and locked_at < report.wave.call_opens),
        "limits": WHAT_IT_CANNOT_SHOW,
    }
