"""What question sets, rubrics, roadmap templates and feedback policies share: a draft is made from a version, changed, and published; the
one before it is superseded and stays with the waves that use it."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

import audit.actions
from accelerator.models import Versioned
from people.rules import check_role
from ui.errors import DomainError, Invalid, Missing

V = TypeVar("V", bound=Versioned)

OUT_OF_THE_WAY = 30_000  # places are unique at every moment
LONGEST_NAME = 100
PAGES = {"add", "discard", "draft", "preview", "publish"}  # the ends of addresses that are no part's key


@transaction.atomic
def publish(*, by: Any, versioned: V) -> V:
    """Puts a draft in force; the version published before it is superseded. `by` is None for what ships. Raises
    NotAllowed, DomainError where it is no draft or there is nothing in it."""
    if by is not None:
        check_role(by, "portfolio_manager", "administrator")
    model: Any = type(versioned)
    list(model.objects.select_for_update().filter(name=versioned.name).order_by("pk"))
    versioned = model.objects.get(pk=versioned.pk)
    if versioned.state != Versioned.State.DRAFT:
        raise DomainError(_("This version has been published already. Make a new version to change it."))
    if versioned.is_empty():
        raise DomainError(_("There is nothing in this version yet."))
    model.objects.filter(name=versioned.name, state=Versioned.State.PUBLISHED).update(state=Versioned.State.SUPERSEDED)
    versioned.state, versioned.published_at = Versioned.State.PUBLISHED, timezone.now()
    versioned.save(update_fields=["state", "published_at"])
    audit.actions.record(by=by, verb="accelerator.version.published", obj=versioned, version=versioned.version)
    return versioned


@transaction.atomic
def new_version(*, by: Any, versioned: V, copy: Callable[[V, V], None], carry: Mapping[str, Any] | None = None) -> V:
    """A draft of the next version of something, filled by `copy(from, to)`; the draft that there is, where one was begun.
    `carry` are further fields of its own. Raises NotAllowed for anybody but managers and administrators."""
    check_role(by, "portfolio_manager", "administrator")
    model: Any = type(versioned)
    rows = model.objects.select_for_update().filter(name=versioned.name)
    list(rows.order_by("pk"))
    if draft := rows.filter(state=Versioned.State.DRAFT).first():
        return draft
    latest = rows.aggregate(version=Max("version"))["version"]
    draft = model.objects.create(name=versioned.name, version=latest + 1, **(carry or {}))
    copy(versioned, draft)
    audit.actions.record(by=by, verb="accelerator.version.drafted", obj=draft, version=draft.version)
    return draft


@transaction.atomic
def begin(
    *, by: Any, model: type[V], name: str, fill: Callable[[V], None], carry: Mapping[str, Any] | None = None
) -> V:
    """The first draft of something new of this name, filled by `fill`. Raises NotAllowed for anybody but managers and
    administrators, Invalid (name) where it has none or another has it."""
    check_role(by, "portfolio_manager", "administrator")
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise Invalid(_("Give it a name of up to %(most)d characters.") % {"most": LONGEST_NAME}, field="name")
    manager: Any = model
    taken = Invalid(_("There is one of this name already. Give another name."), field="name")
    if manager.objects.filter(name__iexact=name).exists():
        raise taken
    try:
        with transaction.atomic():
            draft = manager.objects.create(name=name, **(carry or {}))
    except IntegrityError as error:  # begun twice at the same moment
        raise taken from error
    fill(draft)
    audit.actions.record(by=by, verb="accelerator.version.begun", obj=draft)
    return draft


@transaction.atomic
def discard(*, by: Any, versioned: V) -> None:
    """Throws a draft away, with everything in it; the versions before it stay as they are. Raises NotAllowed, Missing,
    and DomainError for a version that was published."""
    draft = draft_of(by, type(versioned), versioned.pk)
    audit.actions.record(by=by, verb="accelerator.version.discarded", obj=draft, version=draft.version)
    if draft.PARTS:
        getattr(draft, draft.PARTS).all().delete()
    draft.delete()


def draft_of(by: Any, model: type[V], pk: Any) -> V:
    """A draft, locked. Raises NotAllowed, Missing, and DomainError for a version that was published."""
    check_role(by, "portfolio_manager", "administrator")
    manager: Any = model
    found = manager.objects.select_for_update().filter(pk=pk).first()
    if found is None:
        raise Missing(_("There is no such version."))
    if found.state != Versioned.State.DRAFT:
        raise DomainError(_("This version has been published already. Make a new version to change it."))
    return found


def in_force(versioned: V) -> V:
    """The published version of the same name; the one given where none is."""
    model: Any = type(versioned)
    return model.objects.filter(name=versioned.name, state=Versioned.State.PUBLISHED).first() or versioned


def free_key(rows: Any, name: str, otherwise: str) -> str:
    """A key made from a name that none of `rows` has."""
    taken = PAGES | set(rows.values_list("key", flat=True))
    wanted = slugify(name)[:36].replace("-", "_") or otherwise
    return next(key for key in (wanted, *(f"{wanted}_{n}" for n in range(2, 1000))) if key not in taken)


def swap(rows: Any, row: Any, *, up: bool, place: str = "position") -> Any:
    """Changes a part's place with the one before or after it; at the end nothing happens. `place` is the field that says
    where it stands. Returns the other one, or None."""
    ordered = list(rows.order_by(place))
    at = next(n for n, one in enumerate(ordered) if one.pk == row.pk)
    to = at - 1 if up else at + 1
    if not 0 <= to < len(ordered):
        return None
    one, other = ordered[at], ordered[to]
    mine, theirs = getattr(one, place), getattr(other, place)
    rows.filter(pk=one.pk).update(**{place: OUT_OF_THE_WAY})
    rows.filter(pk=other.pk).update(**{place: mine})
    rows.filter(pk=one.pk).update(**{place: theirs})
    return other
