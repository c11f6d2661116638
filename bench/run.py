"""`make bench`: runs every benchmark of this folder, one after the other. Each measure is one line of JSON.

A benchmark is a module `bench/NAME.py` with a `main()` that prints its measures with `line` (or the same keys); both sides of a measure are
taken in the same run on the same server. `python -m bench.run ledger stack` runs some of them.
"""

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def line(*, name: str, ours: float, unit: str, baseline: float | None = None) -> str:
    """One measure as JSON. `ratio` is ours / baseline; both are null where there is nothing to compare with."""
    ratio = round(ours / baseline, 3) if baseline else None
    return json.dumps({"name": name, "ours": ours, "baseline": baseline, "ratio": ratio, "unit": unit})


def benchmarks() -> list[str]:
    """The names of the benchmarks in this folder."""
    return sorted(path.stem for path in HERE.glob("*.py") if path.stem not in {"__init__", "run", "servers"})


def main(names: list[str]) -> int:
    """Runs them; exit 1 where one failed, after the others have run."""
    codes = [
        subprocess.run([sys.executable, "-m", f"bench.{name}"], cwd=HERE.parent, check=False).returncode
        for name in names or benchmarks()
    ]
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
