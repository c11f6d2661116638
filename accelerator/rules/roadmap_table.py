"""A roadmap as a table that is written in a spreadsheet (CSV): reading one, and writing one that reads back the same.
Pure: bytes in, plain rows out. Several things in one cell are parted by semicolons or line ends."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from ui.errors import Invalid

NEEDED = ("title", "start_week", "end_week", "why", "step_1", "step_2", "step_3", "to_show", "hours", "kind")
COLUMNS = ("order", *NEEDED, "depends_on", "applies_if", "frameworks", "skills")
MOST_ROWS = 60
DEVICE = "device"


@dataclass(frozen=True)
class TableRow:
    """One milestone of a table: `line` is the row as a spreadsheet counts it, `order` what others call it by in
    `depends_on`, `fields` what a template's milestone has, `skills` the names of skills."""

    line: int
    order: str
    fields: dict[str, Any]
    depends_on: list[str]
    skills: list[str]


def split(cell: str) -> list[str]:
    """The things in one cell."""
    return [part.strip() for part in re.split(r"[;\n]", cell) if part.strip()]


def read(content: bytes, kinds: Sequence[tuple[str, Any]]) -> list[TableRow]:
    """The rows of a table; `kinds` are the kinds of help as (value, label), of which either is understood. Raises Invalid
    (table), saying in which row something is wrong."""
    found: list[TableRow] = []
    for line, cells in _cells(content):
        order = cells.get("order") or str(len(found) + 1)
        if order in {row.order for row in found}:
            raise _wrong(line, _("Two rows are number %(order)s.") % {"order": order})
        found.append(TableRow(line, order, _fields(line, cells, kinds), *_lists(cells)))
    if not found:
        raise Invalid(_("There is no milestone in this table."), field="table")
    return found


def _lists(cells: dict[str, str]) -> tuple[list[str], list[str]]:
    return split(cells.get("depends_on", "")), split(cells.get("skills", ""))


def _wrong(line: int, why: str) -> Invalid:
    return Invalid(_("Row %(line)d: %(why)s") % {"line": line, "why": why}, field="table")


def _fields(line: int, cells: dict[str, str], kinds: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    said = {str(word).casefold(): value for value, label in kinds for word in (value, label)}
    kind = said.get(cells["kind"].casefold())
    if kind is None:
        raise _wrong(
            line, _("“kind” must be one of: %(kinds)s.") % {"kinds": ", ".join(str(label) for _value, label in kinds)}
        )
    only = [part.casefold() for part in split(cells.get("applies_if", ""))]
    return {
        "title": cells["title"],
        "start_week": _number(line, "start_week", cells),
        "end_week": _number(line, "end_week", cells),
        "only_device": DEVICE in only,
        "only_tiers": [part.upper() for part in only if part != DEVICE],
        "frameworks": split(cells.get("frameworks", "")),
        "why": cells["why"],
        "steps": [cells[f"step_{number}"] for number in (1, 2, 3)],
        "to_show": split(cells["to_show"]),
        "usual_minutes": _number(line, "hours", cells) * 60,
        "kind": kind,
    }


def _number(line: int, name: str, cells: dict[str, str]) -> int:
    if not re.fullmatch(r"\d{1,4}", cells[name]):
        raise _wrong(line, _("“%(column)s” must be a whole number, like 4.") % {"column": name})
    return int(cells[name])


def _cells(content: bytes) -> list[tuple[int, dict[str, str]]]:
    """(row, cells by heading) of every row that is not empty. Commas or semicolons, UTF-8 or Windows letters."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if "\0" in text:
        raise Invalid(_("This is not a CSV file. Save the sheet as “CSV UTF-8” and choose that."), field="table")
    first = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",")
    try:
        rows = [(number, cells) for number, cells in enumerate(reader, start=1) if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise Invalid(
            _("This is not a CSV file. Save the sheet as “CSV UTF-8” and choose that."), field="table"
        ) from error
    headings = [cell.strip().lower().replace(" ", "_") for cell in rows[0][1]] if rows else []
    if absent := [name for name in NEEDED if name not in headings]:
        raise Invalid(_("The table needs these columns too: %(names)s.") % {"names": ", ".join(absent)}, field="table")
    if len(rows) - 1 > MOST_ROWS:
        raise Invalid(_("A roadmap has up to %(most)d milestones.") % {"most": MOST_ROWS}, field="table")
    blank = dict.fromkeys(COLUMNS, "")
    return [
        (number, blank | {name: _plain(cell) for name, cell in zip(headings, cells, strict=False) if name in blank})
        for number, cells in rows[1:]
    ]


def _plain(cell: str) -> str:
    """A cell without the apostrophe that `ui.sheets.cell` puts before what looks like a formula."""
    text = cell.strip().replace("\r\n", "\n")
    return text[1:] if re.match(r"'[=+\-@]", text) else text


def written(row: Any) -> list[Any]:
    """A milestone of a template as a row of `COLUMNS`; `depends_on` and `skills` are read as they were prefetched."""
    return [
        row.order, row.title, row.start_week, row.end_week, row.why, *row.steps, "; ".join(row.to_show),
        row.usual_minutes // 60, row.kind, "; ".join(str(one.order) for one in row.depends_on.all()),
        "; ".join([*([DEVICE] if row.only_device else []), *row.only_tiers]), "; ".join(row.frameworks),
        "; ".join(skill.name for skill in row.skills.all()),
    ]  # fmt: skip
