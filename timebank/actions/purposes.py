from collections.abc import Callable, Iterable
from typing import Any

from django.db import transaction

from timebank.models import Purpose


def reword(*, purpose: Purpose, reword: Callable[[str], str]) -> None:
    """Another word for what hours are for; the caller has asked who may."""
    purpose.label = reword(purpose.label) or purpose.kind
    purpose.save(update_fields=["label"])


@transaction.atomic
def create(*, kind: str, label: str, skills: Iterable[Any] = ()) -> Purpose:
    """Something that hours can be for. `kind` is the caller's own word ("milestone", "campaign"); `skills` help
    matching. The caller keeps it in a OneToOne of its own, and audits what it made it for."""
    purpose = Purpose.objects.create(kind=kind, label=label[:200])
    purpose.skills.set(skills)
    return purpose
