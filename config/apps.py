from django.contrib.staticfiles.apps import StaticFilesConfig


class StaticFiles(StaticFilesConfig):
    """Leaves the npm package's sources and maps out of what is served."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "*.scss", "*.map", "*.njk", "*.mts", "*.json", "*.md"]
