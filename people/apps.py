from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "people"

    def import_models(self) -> None:
        super().import_models()
        from people.equality import models  # noqa: F401 -- Django only looks in people.models by itself
