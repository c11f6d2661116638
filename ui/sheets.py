"""Tables that a reader opens in a spreadsheet: CSV, sent as it is read, and XLSX."""

import csv
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.http.response import HttpResponseBase

from ui.downloads import attachment

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # the last four: full width


def cell(value: Any) -> Any:
    """A value as it may stand in a CSV: text that a spreadsheet would take for a formula gets an apostrophe in front
    (OWASP, "CSV injection"). Numbers stay numbers, the negative ones too."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return value
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, line: str) -> str:
        return line


def lines(columns: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The lines of a CSV (RFC 4180). The first carries a byte-order mark, without which Excel misreads accents."""
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow([cell(name) for name in columns])
    for row in rows:
        yield writer.writerow([cell(value) for value in row])


def csv_response(name: str, columns: Sequence[Any], rows: Iterable[Sequence[Any]]) -> HttpResponseBase:
    """A CSV to download as `name`.csv (plain ASCII), sent line by line however long it is."""
    return attachment(lines(columns, rows), f"{name}.csv", "text/csv; charset=utf-8")


LONGEST_CELL = 32_767  # characters, as Excel has it
WIDEST = 60  # characters that a column shows
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def xlsx_response(name: str, columns: Sequence[Any], rows: Iterable[Sequence[Any]]) -> HttpResponseBase:
    """An XLSX to download as `name`.xlsx (plain ASCII). Text stays text: nothing becomes a formula, a link or a number.
    Numbers are numbers, so that they can be sorted and counted. Longer text than a cell holds is cut."""
    import xlsxwriter  # slow to load, and rarely asked for

    file = tempfile.SpooledTemporaryFile(max_size=5_000_000, suffix=".xlsx")  # noqa: SIM115 - the response closes it
    book = xlsxwriter.Workbook(file, {"constant_memory": True})
    sheet = book.add_worksheet()
    heading, wrapped = book.add_format({"bold": True, "text_wrap": True}), book.add_format({"text_wrap": True})
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, max(len(columns) - 1, 0), 14)
    for at, title in enumerate(columns):
        if len(str(title)) > 14:
            sheet.set_column(at, at, min(len(str(title)), WIDEST))
        sheet.write_string(0, at, str(title)[:LONGEST_CELL], heading)
    for number, row in enumerate(rows, start=1):
        for at, value in enumerate(row):
            if isinstance(value, int | float) and not isinstance(value, bool):
                sheet.write_number(number, at, value)
            elif value is not None and value != "":
                sheet.write_string(number, at, str(value)[:LONGEST_CELL], wrapped)
    book.close()
    file.seek(0)
    return attachment(file, f"{name}.xlsx", XLSX)
