"""How a report is built: its stages, its one moment of reading, and what becomes of it when something goes wrong."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection

from accelerator.models import Innovation, StaffHours, Wave
from audit.models import Event
from evaluation import actions, plans, tasks
from evaluation.models import Report
from notifications.models import OutboxMessage
from tests.accelerator.factories import a_person, a_wave
from tests.evaluation.factories import a_report, an_evaluator
from tests.live import celery, wait_until
from ui.errors import DomainError, Invalid, NotAllowed

LOCK = "SELECT {}(hashtextextended(%s, 0))"


@pytest.fixture
def wave(demo_db):
    return Wave.objects.get(slug="wave-one")


def now(report: Report) -> Report:
    """The report as everybody else sees it."""
    return Report.objects.get(pk=report.pk)


@contextmanager
def reading_stands_still(database):
    """Inside the block a build waits in the middle of its reading: another connection has locked a table it will come to."""
    with psycopg.connect(database.url) as other:
        other.execute("LOCK TABLE people_equalityanswers IN ACCESS EXCLUSIVE MODE")
        yield


def wait_for_the_lock(database) -> None:
    """Until somebody waits for that table."""
    with psycopg.connect(database.url, autocommit=True) as watcher:
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'people_equalityanswers'::regclass"
        wait_until(lambda: watcher.execute(waiting).fetchone()[0], what="the build to reach the locked table")


def in_a_thread(report: Report) -> threading.Thread:
    """Builds in another thread, with a connection of its own."""

    def run() -> None:
        try:
            actions.build(report=Report.objects.select_related("wave", "plan").get(pk=report.pk))
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def cost_of(report: Report) -> str:
    return report.tables.get(name="cost").rows[0][1]


def test_what_is_committed_while_the_figures_are_read_is_not_in_them(demo_db, wave):
    report = a_report(wave)
    innovation = Innovation.objects.filter(wave=wave).first()
    with reading_stands_still(demo_db):
        thread = in_a_thread(report)
        wait_for_the_lock(demo_db)
        assert (now(report).state, now(report).stage) == ("running", "Reading the figures")
        StaffHours.objects.create(
            innovation=innovation, by=innovation.manager, on=wave.ends, minutes=1440, kind="improvement"
        )
    thread.join(timeout=60)
    later = actions.build(report=a_report(wave))
    assert now(report).state == later.state == "done"
    minutes = [_minutes(cost_of(one)) for one in (report, later)]
    assert minutes[1] - minutes[0] == 1440


def _minutes(text: str) -> int:
    whole, _h, rest = text.partition(" h")
    return int(whole) * 60 + int(rest or 0)


def test_a_build_that_is_cancelled_stops_before_its_next_stage_and_can_be_tried_again(demo_db, wave):
    report = a_report(wave)
    with reading_stands_still(demo_db):
        thread = in_a_thread(report)
        wait_for_the_lock(demo_db)
        actions.cancel(by=None, report=report)
    thread.join(timeout=60)
    stopped = now(report)
    assert (stopped.state, bool(stopped.pdf), bool(stopped.pack)) == ("cancelled", False, False)
    actions.retry(by=None, report=stopped)
    assert now(report).state == "queued"
    assert actions.build(report=now(report)).state == "done"


def test_a_second_worker_steps_aside_while_the_first_builds(demo_db, wave):
    report = a_report(wave)
    with psycopg.connect(demo_db.url, autocommit=True) as other:
        other.execute(LOCK.format("pg_advisory_lock"), [f"report:{report.pk}"])
        assert actions.build(report=report).state == "queued"
        assert not report.tables.exists()
        other.execute(LOCK.format("pg_advisory_unlock"), [f"report:{report.pk}"])
    assert actions.build(report=report).state == "done"


def test_building_a_finished_report_again_changes_nothing(demo_db, wave):
    report = actions.build(report=a_report(wave))
    first = (report.finished_at, report.pack.name, list(report.tables.values_list("pk", flat=True)))
    again = actions.build(report=now(report))
    assert (again.finished_at, again.pack.name, list(again.tables.values_list("pk", flat=True))) == first


def test_a_build_that_fails_says_so_and_can_be_tried_again(demo_db, wave, settings):
    report = a_report(wave)
    good = settings.STORAGES
    settings.STORAGES = good | {
        "default": {**good["default"], "OPTIONS": {"location": "/proc/nowhere"}}  # nothing can be written there
    }
    with pytest.raises(OSError):
        actions.build(report=report)
    assert now(report).state == "failed"
    settings.STORAGES = good
    actions.retry(by=None, report=now(report))
    assert actions.build(report=now(report)).state == "done"


def test_who_asked_is_told_when_it_is_ready(demo_db, wave):
    evaluator = an_evaluator()
    report = actions.build(report=a_report(wave, asked_by=evaluator))
    told = OutboxMessage.objects.get(kind="report_ready")
    assert told.user == evaluator
    assert wave.name in told.subject
    assert Event.objects.get(verb="evaluation.report.built").object_id == str(report.pk)


BUILD = """
import django; django.setup()
from evaluation import actions
from evaluation.models import Report
actions.build(report=Report.objects.select_related("wave", "plan").get(pk={pk!r}))
"""


def test_a_report_whose_worker_was_killed_is_built_by_the_next_one(demo_db, wave, tmp_path):
    report = a_report(wave)
    environment = os.environ | {"DATABASE_URL": demo_db.url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    with reading_stands_still(demo_db):
        process = subprocess.Popen([sys.executable, "-c", BUILD.format(pk=str(report.pk))], env=environment)
        wait_for_the_lock(demo_db)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert now(report).state == "running"  # as the dead left it
    with celery(database_url=demo_db.url, folder=tmp_path):  # a real worker; beat sweeps as it starts
        wait_until(lambda: now(report).state == "done", seconds=90, what="the report")
    report = now(report)
    assert report.pdf.size > 10_000
    assert report.tables.count() > 10


def test_asking_twice_gives_one_report_and_only_readers_may_ask(db):
    wave, evaluator = a_wave(call="closed"), an_evaluator()
    first = actions.request_report(by=evaluator, wave=wave)
    assert actions.request_report(by=evaluator, wave=wave) == first
    assert first.plan.status == "published"
    with pytest.raises(NotAllowed):
        actions.request_report(by=a_person(), wave=wave)
    with pytest.raises(NotAllowed):
        actions.cancel(by=a_person(), report=first)


def test_two_who_ask_at_the_same_moment_get_the_same_report(real_db):
    wave = a_wave(call="closed")
    found: list = []

    def ask() -> None:
        found.append(actions.request_report(by=None, wave=wave).pk)
        connection.close()

    threads = [threading.Thread(target=ask) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(found) == 4
    assert len(set(found)) == 1


def test_what_is_over_cannot_be_cancelled_and_what_is_well_needs_no_second_try(db):
    wave = a_wave(call="closed")
    with pytest.raises(DomainError, match="not being built"):
        actions.cancel(by=None, report=a_report(wave, "done"))
    with pytest.raises(DomainError, match="does not need"):
        actions.retry(by=None, report=a_report(wave))


def test_a_plan_that_changes_is_a_new_version_and_says_why(db):
    wave = a_wave(call="closed")
    first = plans.lock_plan(by=None, wave=wave)
    with pytest.raises(Invalid):
        plans.lock_plan(by=None, wave=wave)
    second = plans.lock_plan(by=None, wave=wave, reason="Bands were asked for later than planned")
    first.refresh_from_db()
    assert (first.status, second.version, second.status) == ("superseded", 2, "published")


def test_the_sweep_takes_up_what_waits_in_order(db):
    wave = a_wave(call="closed")
    reports = [a_report(wave), a_report(wave, "running")]
    tasks.sweep_reports()
    assert [now(report).state for report in reports] == ["done", "done"]
