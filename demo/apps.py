from django.apps import AppConfig


class DemoConfig(AppConfig):
    """Demonstration data. `config.settings` installs it outside production only."""

    name = "demo"
