"""`make bench`: runs every benchmark of this folder. Each measure is one line of JSON on standard output.

A benchmark is a module `bench/NAME.py` with `measures() -> Iterator[Measure]`. Both sides of a measure are taken in the
same run on the same server. `python -m bench.run ledger stack` runs some of them.
"""

import importlib
import json
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Measure:
    """`ours` and `baseline` are in `unit`; the baseline is None where there is nothing to compare with."""

    name: str
    ours: float
    unit: str
    baseline: float | None = None

    def line(self) -> str:
        """The measure as one line of JSON; `ratio` is ours / baseline."""
        ratio = None if not self.baseline else round(self.ours / self.baseline, 3)
        return json.dumps(
            {"name": self.name, "ours": self.ours, "baseline": self.baseline, "ratio": ratio, "unit": self.unit}
        )


def benchmarks() -> Iterator[str]:
    """The names of the modules here that measure something."""
    for path in sorted(HERE.glob("*.py")):
        if not path.stem.startswith("_") and "def measures(" in path.read_text() and path.stem != "run":
            yield path.stem


def main(names: list[str]) -> int:
    """Prints every measure; exit 1 where a benchmark failed, after the others have run."""
    failed = 0
    for name in names or benchmarks():
        try:
            for measure in importlib.import_module(f"bench.{name}").measures():
                print(measure if isinstance(measure, str) else measure.line(), flush=True)
        except Exception:
            traceback.print_exc()
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
