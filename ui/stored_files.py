"""Files on the disk and the rows that they belong to: neither stays without the other."""

import datetime as dt
import logging
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.utils import timezone

log = logging.getLogger(__name__)

SETTLED = dt.timedelta(days=1)  # a younger file may belong to a row that is still being written


def forget(row: models.Model, *names: str) -> None:
    """Empties these file fields of a row, which the caller saves, and deletes the files once that is committed. Where the
    disk does not let us, the nightly task tries again."""
    for name in names:
        file = getattr(row, name)
        if file:
            transaction.on_commit(lambda storage=file.storage, stored=file.name: _delete(storage, stored), robust=True)  # type: ignore[misc]
        setattr(row, name, "")


def _delete(storage: Any, name: str) -> None:
    try:
        storage.delete(name)
    except OSError:
        log.exception("a file could not be deleted; the nightly task tries again")


def _named() -> Iterator[tuple[models.Model | type[models.Model], str]]:
    """(model, name of the stored file) for every file that a row names."""
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if isinstance(field, models.FileField):
                rows = model._base_manager.exclude(**{field.name: ""}).exclude(**{f"{field.name}__isnull": True})
                for name in rows.values_list(field.name, flat=True).iterator():
                    yield model, name


def _stored(folder: str = "") -> Iterator[str]:
    """Every stored file in a folder of the storage; what lies beside the folders is nobody's that we know."""
    if not default_storage.exists(folder or "."):
        return
    folders, files = default_storage.listdir(folder)
    for name in sorted(folders):
        if name != "lost+found":
            yield from _stored(f"{folder}/{name}" if folder else name)
    if folder:
        yield from (f"{folder}/{name}" for name in sorted(files))


def without_row(now: dt.datetime) -> list[str]:
    """Stored files older than a day that no row names, in order. The storage is listed before the rows are read, so that
    nothing that is being added looks like nobody's."""
    stored = list(_stored())
    named = {name for _model, name in _named()}
    return [name for name in stored if name not in named and default_storage.get_modified_time(name) < now - SETTLED]


def without_file() -> list[str]:
    """ "model: name" of each row whose file is not stored any more, in order."""
    named = sorted((model._meta.label, name) for model, name in _named())
    stored = set(_stored())
    return [f"{label}: {name}" for label, name in named if name not in stored]


def purge_without_row() -> int:
    """Deletes what `without_row` finds, and logs what `without_file` finds. Returns how many were deleted. Harmless to
    repeat."""
    lost = without_file()
    if lost:
        log.error("%d rows name a file that is not there; `manage.py compare_files` lists them", len(lost))
    orphans = without_row(timezone.now())
    for name in orphans:
        _delete(default_storage, name)
    return len(orphans)
