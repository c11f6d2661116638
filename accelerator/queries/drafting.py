"""Who is writing an application: how far they are and when they last wrote, and nothing of what they wrote."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from accelerator.models import Answer, Application, Upload, Wave
from accelerator.queries.kept import too_close
from accelerator.rules import apply as rules

STUCK_AFTER = dt.timedelta(days=7)  # without a word saved, while the call is open


@dataclass(frozen=True)
class Writing:
    """One draft: how many of the answers that are needed are there, and whether its writer seems stuck."""

    application: Application
    done: int
    needed: int
    stuck: bool

    @property
    def complete(self) -> bool:
        """Whether nothing is missing, so that it only waits to be sent."""
        return self.done == self.needed


def drafts(wave: Wave, by: Any) -> "QuerySet[Application]":
    """The wave's drafts that are not kept from the manager `by`, those first that nobody has touched for longest."""
    rows = wave.applications.filter(state=Application.State.DRAFT, lead__closed_at=None).select_related("lead")
    return rows.exclude(too_close(by)).order_by("changed_at", "id")


def how_far(wave: Wave, applications: Sequence[Application], now: dt.datetime | None = None) -> list[Writing]:
    """How far each of these drafts of `wave` is. Three queries, however many."""
    now = now or timezone.now()
    questions = list(wave.question_set.questions.order_by("position"))
    answers: dict[Any, dict[str, Any]] = defaultdict(dict)
    for pk, key, value in Answer.objects.filter(application__in=applications).values_list(
        "application", "question__key", "value"
    ):
        answers[pk][key] = value
    files = Upload.objects.filter(application__in=applications, removed_at=None)
    for pk, key, name in files.values_list("application", "question__key", "name"):
        answers[pk].setdefault(key, []).append(name)
    found = []
    for application in applications:
        given = answers[application.pk]
        needed = [one for one in questions if rules.is_required(one, given)]
        done = [one for one in needed if not rules.problem(one, given.get(one.key), given)]
        idle = application.changed_at < now - STUCK_AFTER
        found.append(Writing(application, len(done), len(needed), idle and len(done) < len(needed)))
    return found
