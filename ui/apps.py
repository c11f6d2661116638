from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UiConfig(AppConfig):
    name = "ui"

    def ready(self) -> None:
        from ui import registries, stored_files

        registries.retention.add(
            registries.Retention(
                _("Files that were replaced or taken away"),
                _("Deleted at once; what a fault leaves behind, within 2 days"),
                stored_files.purge_without_row,
                90,
            )
        )
