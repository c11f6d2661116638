"""How long the embedded stack takes to answer: from nothing but installed packages, and again with its data there."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.run import line
from config.stack.servers import Postgres, free_port

ROOT = Path(__file__).resolve().parents[1]


def seconds_to_start(data: Path) -> float:
    """Starts the stack over this folder, waits for its addresses, stops it. Seconds; RuntimeError where it fails."""
    environment = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL", "ODHA_MODE"}}
    environment |= {"DATA_DIR": str(data), "PORT": str(free_port())}
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "config.stack.run"],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    said = ""
    for words in process.stdout:
        said += words
        if re.search(r"http://localhost:\d+/mail", words):
            took = time.monotonic() - began
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
            return round(took, 2)
    raise RuntimeError(f"The stack did not start:\n{said}")


def main() -> None:
    """`stack.cold_start`: a fresh DATA_DIR, demonstration data included. `stack.second_start`: the same data again."""
    data = Path(tempfile.mkdtemp(prefix="odha-bench-"))
    try:
        for name in ("stack.cold_start", "stack.second_start"):
            print(line(name=name, ours=seconds_to_start(data), unit="s"), flush=True)
    finally:
        Postgres(data).delete()
        shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    main()
