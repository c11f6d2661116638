from collections.abc import Iterable
from typing import Any

from audit.models import Event

SYSTEM = "system"


def record(*, by: Any, verb: str, obj: Any = None, on_behalf_of: Any = None, **facts: Any) -> Event:
    """Adds one row to the log, in the caller's transaction.

    `by` and `on_behalf_of` are users, or None for the platform itself. `facts` are small JSON values
    (numbers, ids, states): never free text, names, addresses or equality answers.
    """
    event = _event(by, verb, obj, on_behalf_of, facts)
    event.save(force_insert=True)
    return event


def record_each(*, by: Any, verb: str, about: Iterable[tuple[Any, Any, dict[str, Any]]]) -> None:
    """The same for many objects at once, in one statement: `about` gives each object, on whose behalf (None), and facts."""
    Event.objects.bulk_create(
        [_event(by, verb, obj, on_behalf_of, facts) for obj, on_behalf_of, facts in about], batch_size=1000
    )


def _event(by: Any, verb: str, obj: Any, on_behalf_of: Any, facts: dict[str, Any]) -> Event:
    return Event(
        actor=str(by.pk) if by is not None else SYSTEM,
        on_behalf_of=str(on_behalf_of.pk) if on_behalf_of is not None else "",
        verb=verb,
        object_type=obj._meta.label_lower if obj is not None else "",
        object_id=str(obj.pk) if obj is not None else "",
        facts=facts,
    )
