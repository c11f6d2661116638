"""The accelerator's rows of the URL matrix, by half of the room."""

from importlib import import_module
from importlib.util import find_spec

from tests.accelerator import url_rows_apply
from tests.matrix import Row

ROWS: list[Row] = list(url_rows_apply.ROWS)
if find_spec("tests.accelerator.url_rows_innovations"):
    ROWS += import_module("tests.accelerator.url_rows_innovations").ROWS
