"""`import.members` and `import.transfers`: seconds in which a real Celery worker imports 50,000 rows, from the broker's "Import
all of it" to "Imported"; `….read` is the dry run before. There is nothing to compare them with.

Each member has an e-mail address, so an invitation too, and an opening balance; the transfers are between them. Run it alone with
`python -m bench.imports`; `BENCH_ROWS` takes fewer rows.
"""

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench.run import line
from bench.servers import own_servers

ROWS = int(os.environ.get("BENCH_ROWS", "50000"))


def _members() -> str:
    rows = (f"{n},Person {n},person{n}@example.org,{10 + n % 20}\n" for n in range(ROWS))
    return "id,name,email,balance\n" + "".join(rows)


def _transfers() -> str:
    dice = random.Random(7)
    rows = []
    for n in range(ROWS):
        one, other = dice.sample(range(ROWS), 2)
        day = f"{2015 + n * 8 // ROWS}-{1 + n * 96 // ROWS % 12:02}-{1 + n % 28:02}"
        rows.append(f"{one},Member,{other},Member,{dice.choice([900, 1800, 3600])},{day},Row {n},\n")
    return "".join(rows)


@contextmanager
def _worker() -> Iterator[None]:
    """A Celery worker of one process, over the servers that the environment names."""
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--pool=prefork", "--concurrency=1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _until(upload, state: str) -> float:
    """Seconds until the import says so. Raises RuntimeError where it has problems."""
    began = time.monotonic()
    while upload.state != state:
        time.sleep(0.1)
        upload.refresh_from_db(fields=["state", "problems"])
        if upload.problems:
            raise RuntimeError(upload.problems[:3])
    return round(time.monotonic() - began, 1)


def main() -> None:
    """Prints the measures, over servers of the benchmark's own, which are removed afterwards."""
    from django.core.management import call_command

    with own_servers():
        call_command("migrate", verbosity=0, interactive=False)
        from django.utils import timezone

        from people.models import RoleGrant, User
        from timebank.actions import imports
        from timebank.models import Import

        broker = User.objects.create_user("bea@example.org", name="Bea", conduct_accepted_at=timezone.now())
        RoleGrant.objects.create(user=broker, role="broker", reason="Benchmark")
        with _worker():
            for kind, text in (("members", _members()), ("transfers", _transfers())):
                upload = imports.upload(by=broker, kind=kind, source="Bench", name="x.csv", content=text.encode())
                read = _until(upload, Import.State.READ)
                print(line(name=f"import.{kind}.read", ours=read, unit="s"), flush=True)
                imports.confirm(by=broker, upload=upload)
                print(line(name=f"import.{kind}", ours=_until(upload, Import.State.DONE), unit="s"), flush=True)


if __name__ == "__main__":
    main()
