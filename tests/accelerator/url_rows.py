"""The accelerator's rows of the URL matrix, by half of the room."""

from importlib import import_module
from importlib.util import find_spec

from tests.accelerator import url_rows_apply, url_rows_learning, url_rows_selection
from tests.matrix import Row

ROWS: list[Row] = [*url_rows_apply.ROWS, *url_rows_selection.ROWS, *url_rows_learning.ROWS]
if find_spec("tests.accelerator.url_rows_innovations"):
    ROWS += import_module("tests.accelerator.url_rows_innovations").ROWS
