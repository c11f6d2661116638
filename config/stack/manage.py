"""`make manage CMD="…"`: a management command against the embedded stack, running or stopped."""

import json
import os
import shlex
import subprocess
import sys

from config.stack.run import ROOT, Busy, Stack, data_dir, only_one


def run_command(words: list[str], environment: dict[str, str]) -> int:
    """Runs manage.py and returns its exit code."""
    return subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, env=environment, check=False).returncode


def main() -> int:
    """Uses the running servers, or starts them for the time of the command."""
    words = shlex.split(os.environ.get("CMD", "")) or sys.argv[1:] or ["help"]
    data = data_dir()
    try:
        with only_one(data), Stack(data) as stack:
            stack.start_servers()
            return run_command(words, stack.environment)
    except Busy:
        running = json.loads((data / "environment.json").read_text())
        return run_command(words, {**os.environ, **running})


if __name__ == "__main__":
    sys.exit(main())
