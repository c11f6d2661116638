"""Ideas between calls: who is to be told, what somebody could go on with, and what managers see of it."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils import timezone

from accelerator.models import Application, CallWish, Wave
from accelerator.queries.kept import too_close
from accelerator.rules import keeping as rules

TOLD_WITHIN = dt.timedelta(days=7)  # of the opening; later it is no news


def wants_to_be_told(user: Any) -> bool:
    """Whether this person asked to be told when a call opens."""
    return CallWish.objects.filter(user=user).exists()


def how_many_want_to_be_told() -> int:
    """How many people asked to be told when a call opens."""
    return CallWish.objects.filter(user__closed_at=None).count()


@dataclass(frozen=True)
class Call:
    """An open call that an idea could be brought to. `here` is what its lead has in that call already."""

    wave: Wave
    here: Application | None


def calls_for(application: Application) -> list[Call]:
    """The open calls that this idea could be brought to now; none while it is on its way. What was taken back may go
    into its own call again. Two queries."""
    now = timezone.now()
    if not rules.may_go_on(application, now):
        return []
    again = application.state == Application.State.WITHDRAWN
    waves = [wave for wave in Wave.objects.call_open(now) if again or wave.pk != application.wave_id]
    mine = Application.objects.filter(lead=application.lead_id, wave__in=waves)
    here = {row.wave_id: row for row in mine.exclude(state=Application.State.WITHDRAWN).order_by("created_at", "id")}
    return [Call(wave, here.get(wave.pk)) for wave in waves]


@dataclass(frozen=True)
class ToTell:
    """Somebody to be told that a call has opened, with the idea that is kept for them, if there is one."""

    user: Any
    idea: Application | None


def to_tell(wave: Wave, now: dt.datetime) -> list[ToTell]:
    """Everybody who asked to be told of a call, or whose idea waits for one, and who has not brought one to `wave` since it
    opened; each once, by id. Two queries."""
    waiting = Q(wave=None) | Q(wave=wave, created_at__lt=wave.call_opens) | Q(wave__call_closes__lte=now)
    ideas = Application.objects.filter(waiting, state=Application.State.DRAFT).order_by("created_at", "id")
    kept = {idea.lead_id: idea for idea in ideas}
    here = Application.objects.filter(wave=wave, created_at__gte=wave.call_opens).values("lead")
    people = get_user_model().objects.active().filter(Q(pk__in=list(kept)) | Q(call_wish__isnull=False))
    return [ToTell(user, kept.get(user.pk)) for user in people.exclude(pk__in=here).order_by("pk")]


def history(application: Application, by: Any) -> list[Application]:
    """For a manager `by`: what the same lead sent to other calls, the latest first, with its decision, without what is kept
    from them. Reviewers never see it."""
    rows = Application.objects.submitted().filter(lead=application.lead_id).exclude(pk=application.pk)
    rows = rows.exclude(too_close(by))
    return list(rows.select_related("wave", "decision").order_by("-submitted_at", "-id"))
