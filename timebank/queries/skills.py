"""Skills that people suggested, for brokers."""

from typing import Any

from django.db.models import Count, F, FloatField, Func, QuerySet, Value

from people.models import Skill
from timebank.models import Listing, SkillSuggestion
from ui.errors import Missing


class Similarity(Func):
    """How alike two words are, from 0 to 1 (pg_trgm)."""

    function = "SIMILARITY"
    output_field = FloatField()


def suggested() -> QuerySet[SkillSuggestion]:
    """What waits for a broker, oldest first, each with how many `listings_n` carry it."""
    rows = SkillSuggestion.objects.waiting().select_related("suggested_by").annotate(listings_n=Count("listings"))
    return rows.order_by("suggested_at", "id")


def suggestion_for_broker(suggestion_id: Any) -> SkillSuggestion:
    """One suggestion, decided or not. Raises Missing."""
    found = (
        SkillSuggestion.objects.select_related("suggested_by", "skill", "decided_by").filter(pk=suggestion_id).first()
    )
    if found is None:
        raise Missing
    return found


def nearest(name: str, limit: int = 3) -> list[Skill]:
    """The skills of the tree whose names are most like this one: what a broker is offered first."""
    rows = Skill.objects.current().filter(parent__isnull=False).annotate(like=Similarity(F("name"), Value(name)))
    return list(rows.filter(like__gt=0.2).order_by("-like", "name", "id")[:limit])


def carried_by(suggestion: SkillSuggestion, limit: int = 10) -> list[Listing]:
    """The listings that carry a suggestion, latest first, so that a broker sees what it means there."""
    return list(suggestion.listings.order_by("-posted_at", "-id")[:limit])
