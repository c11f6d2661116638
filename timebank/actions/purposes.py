from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import transaction

from audit.ids import link, new_ids
from timebank.models import Purpose


def reword(*, purpose: Purpose, reword: Callable[[str], str]) -> None:
    """Another word for what hours are for; the caller has asked who may."""
    purpose.label = reword(purpose.label) or purpose.kind
    purpose.save(update_fields=["label"])


@transaction.atomic
def create_each(*, kind: str, wanted: Sequence[tuple[str, Iterable[Any]]]) -> list[Purpose]:
    """Things that hours can be for, each with its label and the skills that help matching: three queries, however many. `kind`
    is the caller's own word ("milestone", "campaign"). The caller keeps each in a OneToOne of its own, and audits what it
    made it for."""
    made = [
        Purpose(pk=pk, kind=kind, label=label[:200])
        for pk, (label, _) in zip(new_ids(len(wanted)), wanted, strict=True)
    ]
    Purpose.objects.bulk_create(made)
    link(
        Purpose.skills,
        [(purpose.pk, skill.pk) for purpose, (_, skills) in zip(made, wanted, strict=True) for skill in skills],
    )
    return made


def create(*, kind: str, label: str, skills: Iterable[Any] = ()) -> Purpose:
    """The same for one."""
    [purpose] = create_each(kind=kind, wanted=[(label, skills)])
    return purpose
