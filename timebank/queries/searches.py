"""Saved searches, for their owner."""

from typing import Any

from django.db.models import Count, QuerySet

from timebank.models import SavedSearch
from timebank.queries.board import Asked
from ui.errors import Missing


def searches_of(user: Any) -> QuerySet[SavedSearch]:
    """What somebody has saved, latest first, each with how many listings it has told of (`told`)."""
    return SavedSearch.objects.filter(user=user).annotate(told=Count("hits")).order_by("-saved_at", "-id")


def search_for(search_id: Any, user: Any) -> SavedSearch:
    """One saved search of this person. Raises Missing."""
    found = SavedSearch.objects.filter(pk=search_id, user=user).first()
    if found is None:
        raise Missing
    return found


def saved_before(user: Any, asked: Asked) -> SavedSearch | None:
    """This very search, where the person has saved it."""
    return SavedSearch.objects.filter(user=user, filters=asked.filters()).first()


def export_for(user: Any) -> list[dict[str, Any]]:
    """A person's saved searches, for "download my data"."""
    rows = SavedSearch.objects.filter(user=user).order_by("saved_at", "id")
    return [
        {"name": row.name, "search": row.filters, "saved_at": row.saved_at.isoformat(), "alerts": row.alerts}
        for row in rows
    ]
