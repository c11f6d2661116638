"""What receivers said afterwards. Only settled exchanges count: what was reversed is neither thanked for nor confirmed."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Coalesce

from people.models import Skill
from people.rules import without_blocked
from timebank.models import Exchange, Feedback, Listing, Purpose, SkillConfirmation
from timebank.rules import State

MOST_CHOICES = 12


def thanks_to(user: Any, *, shown_only: bool = False) -> QuerySet[Feedback]:
    """The thanks that somebody has received, latest first; `shown_only` for pages that others read."""
    rows = Feedback.objects.filter(exchange__provider=user, exchange__state=State.SETTLED).exclude(thanks="")
    if shown_only:
        rows = rows.filter(shown=True)
    return rows.select_related("author", *(f"exchange__{name}" for name in Exchange.NAMED_BY)).order_by(
        "-written_at", "-id"
    )


@dataclass(frozen=True)
class Confirmed:
    """A skill that receivers saw somebody use: in how many exchanges, of how many settled minutes, and when last."""

    skill: Skill
    times: int
    minutes: int
    last: dt.datetime


def confirmed_skills(user: Any) -> list[Confirmed]:
    """What `Confirmed` says, most often first. Two queries."""
    seen = (
        SkillConfirmation.objects.filter(exchange__provider=user, exchange__state=State.SETTLED)
        .annotate(kept=Coalesce("skill__merged_into", "skill"))
        .values_list("kept", "exchange", "exchange__settled_minutes", "exchange__settled_at")
        .distinct()
        .order_by("exchange__settled_at", "exchange")
    )
    rows: dict[Any, list[tuple[Any, Any]]] = {}  # neither is None: it is settled
    for skill_id, _exchange, minutes, at in seen:
        rows.setdefault(skill_id, []).append((minutes, at))
    skills = Skill.objects.in_bulk(rows)
    found = [Confirmed(skills[pk], len(times), sum(m for m, _at in times), times[-1][1]) for pk, times in rows.items()]
    return sorted(found, key=lambda one: (-one.times, one.skill.name.lower(), one.skill.pk))


def skills_of(exchange_ids: Iterable[Any]) -> dict[Any, list[str]]:
    """The names of the skills confirmed in each of these exchanges, for lists. One query."""
    found: dict[Any, list[str]] = {pk: [] for pk in exchange_ids}
    rows = (
        SkillConfirmation.objects.filter(exchange__in=list(found))
        .annotate(name=Coalesce("skill__merged_into__name", "skill__name"))
        .values_list("exchange", "name")
        .distinct()
        .order_by("name", "exchange")
    )
    for exchange_id, name in rows:
        found[exchange_id].append(name)
    return found


def usefulness(since: dt.datetime, until: dt.datetime) -> dict[int, int]:
    """How many receivers answered each of 1 to 5 about exchanges settled in [since, until), for the evaluation."""
    counts = dict.fromkeys(Feedback.Useful.values, 0)
    rows = Feedback.objects.filter(
        useful__isnull=False,
        exchange__state=State.SETTLED,
        exchange__settled_at__gte=since,
        exchange__settled_at__lt=until,
    )
    counts.update(rows.order_by().values_list("useful").annotate(Count("pk")))
    return counts


def choices_for(exchange: Exchange) -> list[Skill]:
    """The skills that a receiver may have seen: of the listing, of what it was for, and of the giver's profile."""
    places = Q(pk__in=SkillConfirmation.objects.filter(exchange=exchange).values("skill"))
    places |= Q(profiles__user=exchange.provider_id)
    if exchange.listing_id:
        places |= Q(pk__in=Listing.skills.through.objects.filter(listing=exchange.listing_id).values("skill"))
    if exchange.purpose_id:
        places |= Q(pk__in=Purpose.skills.through.objects.filter(purpose=exchange.purpose_id).values("skill"))
    return list(Skill.objects.current().filter(places).distinct().order_by("name", "pk")[:MOST_CHOICES])


def export_for(user: Any) -> list[dict[str, Any]]:
    """What somebody said about exchanges, and was said to them, for "download my data"."""
    said = Feedback.objects.filter(author=user).order_by("written_at", "id")
    return [{"you_wrote": row.thanks, "useful": row.useful, "at": row.written_at.isoformat()} for row in said] + [
        {"written_to_you": row.thanks, "by": str(row.author), "at": row.written_at.isoformat()}
        for row in thanks_to(user).reverse()
    ]


MOST_ON_A_PAGE = 5


def on_profile(user: Any, viewer: Any) -> dict[str, Any] | None:
    """The thanks that somebody chose to show, for their page, without those of people whom the viewer does not meet; None
    where there are none."""
    thanks = list(without_blocked(thanks_to(user, shown_only=True), viewer, "author")[:MOST_ON_A_PAGE])
    return {"thanks": thanks} if thanks else None
