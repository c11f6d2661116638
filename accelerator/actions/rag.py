"""Keeping the history of an innovation's colour, and a manager's own judgement of it."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accelerator.models import Innovation, RagEvent
from accelerator.queries.facts import facts_of
from accelerator.rules import innovations as who
from accelerator.rules import rag as rules
from audit.actions import record
from ui.errors import Invalid


@transaction.atomic
def refresh(*, innovation: Innovation, today: dt.date | None = None) -> RagEvent | None:
    """Adds to the history where the rules now say something else than they last did; None where they do not. Overrides
    are no part of it: they speak beside the rules and end by themselves."""
    events = refresh_all(innovations=[Innovation.objects.get(pk=innovation.pk)], today=today)
    return events[0] if events else None


@transaction.atomic
def refresh_all(*, innovations: Iterable[Innovation], today: dt.date | None = None) -> list[RagEvent]:
    """`refresh` for many, in a constant number of queries."""
    innovations = list(innovations)
    Innovation.objects.select_for_update().filter(pk__in=[i.pk for i in innovations]).order_by("pk").count()
    last: dict[Any, RagEvent] = {
        event.innovation_id: event
        for event in RagEvent.objects.filter(innovation__in=innovations, override_by=None)
        .order_by("innovation_id", "-id")
        .distinct("innovation_id")
    }
    new = []
    for pk, facts in facts_of(innovations, today=today).items():
        verdict = rules.verdict(facts)
        before = last.get(pk)
        if before and (before.colour, before.rule, before.waiting_on) == (
            verdict.colour,
            verdict.rule,
            verdict.waiting_on,
        ):
            continue
        new.append(
            RagEvent(
                innovation_id=pk,
                colour=verdict.colour,
                rule=verdict.rule,
                reason=verdict.reason[:300],
                since=verdict.since,
                waiting_on=verdict.waiting_on,
            )
        )
    return RagEvent.objects.bulk_create(new)


@transaction.atomic
def override(*, by: Any, innovation: Innovation, colour: str, reason: str, waiting_on: str = "nobody") -> RagEvent:
    """A manager's own colour, with a reason; it ends by itself after 14 days. The latest override counts. Saying the same
    again while it holds changes nothing. Raises Invalid (colour, reason), Missing, NotAllowed."""
    who.check_runs(by, innovation)
    reason = " ".join(reason.split())
    if colour not in RagEvent.Colour.values:
        raise Invalid(_("Choose red, amber or green."), field="colour")
    if waiting_on not in RagEvent.WaitingOn.values:
        raise Invalid(_("Choose who it waits on."), field="waiting_on")
    if not reason or len(reason) > 300:
        raise Invalid(_("Give your reason in at most 300 characters."), field="reason")
    Innovation.objects.select_for_update().get(pk=innovation.pk)
    now = timezone.now()
    same = {"colour": colour, "reason": reason, "waiting_on": waiting_on, "override_by": by}
    again = innovation.rag_events.filter(**same, override_until__gt=now).order_by("-id").first()
    if again:
        return again
    event = RagEvent.objects.create(
        innovation=innovation,
        rule="override",
        since=timezone.localdate(now),
        override_until=now + dt.timedelta(days=rules.OVERRIDE_DAYS),
        **same,
    )
    record(by=by, verb="accelerator.rag.overridden", obj=innovation, colour=colour)
    return event
