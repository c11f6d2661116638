"""The order of the rooms, where import-linter cannot see: model relations by name, and migrations."""

from django.apps import apps
from django.conf import settings
from django.db.migrations.loader import MigrationLoader

# The highest first; a room knows only those after it. The user model is named by setting, so everybody may point to it.
ROOMS = ["demo", "evaluation", "accelerator", "goals", "timebank", "outreach", "people", "notifications", "ui", "audit"]
USER = settings.AUTH_USER_MODEL


def may_know(room: str, other: str) -> bool:
    return other not in ROOMS or ROOMS.index(other) >= ROOMS.index(room)


def test_every_room_is_installed():
    assert set(ROOMS) <= {config.label for config in apps.get_app_configs()}


def test_no_model_points_to_a_room_above_its_own():
    relations = [
        (model._meta.label, field.name, field.related_model._meta)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.get_fields(include_hidden=True)
        if field.is_relation and not field.auto_created and field.related_model
    ]
    upward = [
        f"{label}.{name} -> {target.label}"
        for label, name, target in relations
        if label.split(".")[0] in ROOMS and target.label != USER and not may_know(label.split(".")[0], target.app_label)
    ]

    assert len(relations) > 50
    assert not upward


def test_no_model_has_a_generic_foreign_key():
    assert not [
        model._meta.label
        for model in apps.get_models()
        if model._meta.app_label in ROOMS and model._meta.private_fields
    ]


def test_no_migration_waits_for_a_room_above_its_own():
    loader = MigrationLoader(None, ignore_no_migrations=True)
    upward = [
        f"{migration} waits for {dependency}"
        for (room, _), migration in loader.disk_migrations.items()
        if room in ROOMS
        for dependency in migration.dependencies
        if dependency[0] != "__setting__"
        and not may_know(room, dependency[0])
        and dependency[0] != USER.split(".")[0]  # the user model's own migration, which every pointer to it needs
    ]

    assert loader.disk_migrations
    assert not upward
