"""What pages read about answers that a broker writes down."""

from typing import Any

from django.utils import timezone

from accelerator.models import Application, Scribe
from accelerator.queries.apply import Progress, progress


def writes_for(user: Any) -> list[tuple[Scribe, Progress]]:
    """The applications that this broker writes down now, the latest first, each with how far it is."""
    rows = Scribe.objects.standing(timezone.now()).filter(broker=user, application__wave__isnull=False)
    rows = rows.select_related("application__lead", "application__wave__question_set").order_by("-begun_at", "-id")
    return [(row, progress(row.application)) for row in rows]


def scribes_of(application: Application) -> list[Scribe]:
    """The brokers who may write in it now."""
    rows = Scribe.objects.standing(timezone.now()).filter(application=application)
    return list(rows.select_related("broker").order_by("begun_at", "id"))


def waits_for(user: Any) -> list[Scribe]:
    """What this broker asked for and nobody has confirmed yet, the latest first. One query."""
    rows = Scribe.objects.asked(timezone.now()).filter(broker=user)
    return list(rows.select_related("application__lead", "application__wave").order_by("-begun_at", "-id"))


def to_confirm(user: Any) -> list[Scribe]:
    """What other brokers asked for on behalf of people without an e-mail address, for this one to confirm. One query."""
    rows = Scribe.objects.asked(timezone.now()).filter(application__lead__email=None).exclude(broker=user)
    rows = rows.exclude(application__lead=user).filter(application__lead__closed_at=None)
    return list(rows.select_related("application__lead", "application__wave", "broker").order_by("begun_at", "id"))


def asked_of(application: Application) -> list[Scribe]:
    """The brokers who say that they were asked to write in it, for its lead to confirm. One query."""
    rows = Scribe.objects.asked(timezone.now()).filter(application=application)
    return list(rows.select_related("broker").order_by("begun_at", "id"))
