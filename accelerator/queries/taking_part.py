"""What applicants said would help them to take part. It goes to those who run a session with them, and to nobody else."""

from collections.abc import Collection
from typing import Any

from django.db.models import Q
from django.utils import timezone

from accelerator.models import Answer, Application
from timebank.models import Exchange, Pot

QUESTION = "take_part"
PAID_BY = frozenset({Pot.Kind.HELP, Pot.Kind.INNOVATION})  # what a wave's own help is paid from


def needs(people: Collection[Any]) -> dict[Any, str]:
    """Person id → what they wrote last under "What would help you take part?", for the leads of applications that were not
    taken back and whose wave is not over. One query."""
    going_on = Q(application__wave=None) | Q(application__wave__ends__gt=timezone.localdate())
    answers = (
        Answer.objects.filter(going_on, question__key=QUESTION, application__lead__in=list(people))
        .exclude(application__state=Application.State.WITHDRAWN)
        .order_by("saved_at", "id")
        .values_list("application__lead", "value")
    )
    return {lead: value.strip() for lead, value in answers if isinstance(value, str) and value.strip()}


def on_exchange(exchange: Exchange, viewer: Any) -> dict | None:
    """For whoever gives agreed time that a wave's fund or an innovation's allowance pays: what would help the other to take
    part. None for everybody else."""
    if exchange.provider_id != viewer.pk or exchange.state != "accepted":
        return None
    if exchange.pot is None or exchange.pot.kind not in PAID_BY:
        return None
    words = needs([exchange.receiver_id]).get(exchange.receiver_id)
    return {"name": exchange.receiver, "words": words} if words else None
