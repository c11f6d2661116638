"""`apply.save`: how long an applicant waits while an answer is saved.

The site runs as in production (gunicorn, two processes of four threads); 20 applicants, each over a connection of their own,
type an answer, save it, get the next page, think for a moment, and go on. Milliseconds, 95th percentile of a save (the page that follows is
work for the site, but not counted); the baseline is the same with one applicant. `apply.save.rate` is how many saves a second that was.
"""

import datetime as dt
import http.client
import os
import random
import re
import statistics
import subprocess
import sys
import threading
import time
from urllib.parse import urlencode

from bench.run import line
from bench.servers import own_servers
from config.stack.servers import free_port

APPLICANTS = (1, 20)
SECONDS = 15
THINKS = 0.5  # seconds between two pages; a person takes longer
WORDS = "On nights we find full cups out of reach. People who had a stroke cannot ask for help. "


class Applicant:
    """One person's browser: the questions of a draft, one after the other, round and round."""

    def __init__(self, port: int, session: str, address: str, first: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.cookies = {"sessionid": session}
        self.address, self.first = address, first
        self.took: list[float] = []
        self.page = ""

    def ask(self, method: str, path: str, fields: dict | None = None) -> http.client.HTTPResponse:
        headers = {"Host": "localhost", "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, urlencode(fields or {}), headers)
        answer = self.connection.getresponse()
        self.page = answer.read().decode()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, rest = cookie.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return answer

    def work(self, until: float) -> None:
        """Saves answers until then. Raises RuntimeError where one is not taken."""
        chosen, path = random.Random(self.address), self.address + self.first
        self.ask("GET", path)
        while time.monotonic() < until:
            hidden = dict(re.findall(r'name="(csrfmiddlewaretoken|version|page)" value="([^"]*)"', self.page))
            fields = hidden | {"answer": WORDS + str(chosen.random())}
            began = time.perf_counter()
            answer = self.ask("POST", path, fields)
            self.took.append((time.perf_counter() - began) * 1000)
            if answer.status != 302:
                raise RuntimeError(f"{path} answered {answer.status}")
            path = answer.headers["Location"]
            self.ask("GET", path)
            if 'name="answer"' not in self.page or "<textarea" not in self.page:
                path = self.address + self.first
                self.ask("GET", path)
            time.sleep(THINKS * chosen.uniform(0.5, 1.5))


def _prepare() -> list[tuple[str, str, str]]:
    """(session, address of the questions, key of the first) of each applicant."""
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client
    from django.utils import timezone

    from accelerator.actions import apply, waves
    from accelerator.models import Programme, Wave
    from people.models import User

    call_command("migrate", verbosity=0, interactive=False)
    now, day = timezone.now(), dt.timedelta(days=1)
    dates = [timezone.localdate() + n * day for n in (50, 140, 260, 350)]
    wave = waves.plan_wave(
        by=None, programme=Programme.objects.create(slug="bench", name="Benchmark"), slug="bench", name="Benchmark",
        call_opens=now - day, call_closes=now + 30 * day,
        **dict(zip(("support_starts", "community_starts", "evaluation_starts", "ends"), dates, strict=True)),
    )  # fmt: skip
    people = []
    for number in range(max(APPLICANTS)):
        person = User.objects.create_user(
            f"applicant{number}@example.org", name=f"Applicant {number}", conduct_accepted_at=now
        )
        draft = apply.begin(by=person, wave=Wave.objects.get(pk=wave.pk), sentence="Bigger clocks on the ward")
        client = Client()
        client.force_login(person)
        people.append((client.session.session_key, f"/applications/{draft.pk}/question/", "problem/"))
    connection.close()
    return people


def _measure(port: int, people: list[tuple[str, str, str]]) -> tuple[float, float]:
    """(95th percentile in ms, saves a second)."""
    applicants = [Applicant(port, *person) for person in people]
    until = time.monotonic() + SECONDS
    failed: list[BaseException] = []

    def run(one: Applicant) -> None:
        try:
            one.work(until)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(one,)) for one in applicants]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    took = [ms for one in applicants for ms in one.took]
    return statistics.quantiles(took, n=20)[-1], len(took) / SECONDS


def main() -> None:
    """Prints the measures, over servers of the benchmark's own."""
    with own_servers():
        people, port = _prepare(), free_port()
        web = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "config.wsgi", f"--bind=127.0.0.1:{port}", "--workers=2", "--threads=4",
             "--log-level=error"],
            env=os.environ,
        )  # fmt: skip
        try:
            for _attempt in range(100):
                try:
                    Applicant(port, *people[0]).ask("GET", "/")
                    break
                except OSError:
                    time.sleep(0.2)
            (alone, _rate), (many, rate) = (_measure(port, people[:count]) for count in APPLICANTS)
        finally:
            web.terminate()
            web.wait()
        print(line(name="apply.save", ours=round(many), baseline=round(alone), unit="ms"), flush=True)
        print(line(name="apply.save.rate", ours=round(rate, 1), unit="saves a second"), flush=True)


if __name__ == "__main__":
    main()
