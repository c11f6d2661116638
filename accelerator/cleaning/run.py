"""Starting the process that makes a copy, and reading what it says."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from accelerator.cleaning.limits import WALL_SECONDS, Refused

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Clean:
    """A copy without what says who made the file."""

    kind: str  # media type
    content: bytes


def command(kind: str) -> list[str]:
    """The process that makes a copy of a file of this media type."""
    return [sys.executable, "-m", "accelerator.cleaning.child", kind]


def environment(folder: str) -> dict[str, str]:
    """All that the process knows of this machine: no secret, no address of a database."""
    path = os.environ.get("PATH", os.defpath)
    return {"PATH": path, "LANG": "C.UTF-8", "TMPDIR": folder, "PYTHONDONTWRITEBYTECODE": "1"}


def cleaned(file: IO[bytes], kind: str) -> Clean:
    """The copy of an open file that shows nothing of who made it. It takes at most `WALL_SECONDS`, and may be repeated.
    Raises Refused."""
    with tempfile.TemporaryDirectory(prefix="cleaning-") as folder:
        given, made = Path(folder, "given"), Path(folder, "made")
        with given.open("wb") as out:
            shutil.copyfileobj(file, out)
        with given.open("rb") as source, made.open("wb") as out:
            try:
                ended = subprocess.run(  # noqa: S603 - our own module; the media type is one of our own list
                    command(kind), stdin=source, stdout=out, stderr=subprocess.DEVNULL, cwd=ROOT,
                    env=environment(folder), timeout=WALL_SECONDS, check=False,
                )  # fmt: skip
            except subprocess.TimeoutExpired:
                raise Refused("too_much") from None
        if ended.returncode != 0:  # stopped by one of its limits, or its parser fell over
            raise Refused("too_much" if ended.returncode < 0 else "broken")
        line, _newline, content = made.read_bytes().partition(b"\n")
    answer = json.loads(line)
    if "refused" in answer:
        raise Refused(answer["refused"])
    return Clean(answer["kind"], content)
