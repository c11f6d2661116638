"""Tables that a reader opens in a spreadsheet: CSV, sent as it is read."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.http import StreamingHttpResponse

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


def csv_response(name: str, columns: Sequence[Any], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """A CSV to download as `name`.csv (plain ASCII), sent line by line however long it is."""
    answer = StreamingHttpResponse(lines(columns, rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
