"""The data pack: a CSV for each table, a dictionary of them, and all of it as JSON. The same report gives the same bytes."""

import csv
import io
import json
import zipfile

from evaluation.models import Report, ReportTable
from evaluation.questions import QUESTIONS

EPOCH = (1980, 1, 1, 0, 0, 0)  # a zip's first moment: no build time in the file


def _csv(rows: list[list]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


def as_json(report: Report, tables: list[ReportTable]) -> bytes:
    """Everything that the report says, as JSON."""
    return json.dumps(
        {
            "wave": report.wave.slug,
            "edition": report.edition,
            "plan_version": report.plan.version,
            "snapshot_at": report.snapshot_at.isoformat() if report.snapshot_at else None,
            "sections": report.sections,
            "tables": [
                {
                    "name": t.name,
                    "question": t.question,
                    "title": t.title,
                    "columns": t.columns,
                    "rows": t.rows,
                    "note": t.note,
                }
                for t in tables
            ],
        },
        ensure_ascii=False,
        indent=1,
        sort_keys=True,
    ).encode()


def files(report: Report) -> dict[str, bytes]:
    """Name → content of every file of the pack, in a stable order."""
    tables = list(report.tables.all())
    found = {f"{t.question.lower()}-{t.name}.csv": _csv([t.columns, *t.rows]) for t in tables}
    dictionary = [["file", "question", "title", "columns", "note"]]
    dictionary += [
        [f"{t.question.lower()}-{t.name}.csv", str(QUESTIONS[t.question]), t.title, " | ".join(t.columns), t.note]
        for t in tables
    ]
    return {**found, "dictionary.csv": _csv(dictionary), "report.json": as_json(report, tables)}


def zipped(report: Report) -> bytes:
    """The pack as one zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files(report).items()):
            archive.writestr(zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
