"""Who is whose manager, and whose team, for goals that are part of an innovation or of one of its milestones."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse

from accelerator.models import Innovation, Milestone


def _purposes(innovations: QuerySet[Innovation]) -> set[UUID]:
    """Ids of the purposes of innovations and of their milestones. One query."""
    milestones = Milestone.objects.filter(innovation__in=innovations).values_list("purpose")
    return set(innovations.values_list("purpose").union(milestones).values_list("purpose", flat=True))


def managed_by(user: Any) -> set[UUID]:
    """Of the innovations whose portfolio manager this is."""
    return _purposes(Innovation.objects.filter(manager=user))


def teamed_by(user: Any) -> set[UUID]:
    """Of the innovations whose team this person is on."""
    return _purposes(Innovation.objects.filter(members__user=user))


def url_for(purposes: set[UUID]) -> dict[UUID, str]:
    """Purpose id → the page of its innovation or milestone; a purpose of another room is left out. Two queries."""
    pages = {}
    for model, page in ((Innovation, "accelerator:innovation"), (Milestone, "accelerator:milestone")):
        for purpose, pk in model.objects.filter(purpose__in=purposes).values_list("purpose", "pk"):
            pages[purpose] = reverse(page, args=[pk])
    return pages
