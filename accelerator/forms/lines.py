"""A short list that is written one thing a line."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from ui import forms as ui


class LinesField(ui.TextField):
    """A short list, one thing a line; the value is a list, in which what was written twice stands once."""

    def __init__(self, *, longest: int, **kwargs: Any):
        super().__init__(**{"max_chars": 2000, "rows": 4, "required": False, **kwargs})
        self.longest = longest

    def clean(self, value: Any) -> Any:
        lines = [line.strip() for line in super().clean(value).splitlines() if line.strip()]
        found = list({line.casefold(): line for line in reversed(lines)}.values())[::-1]
        if any(len(line) > self.longest for line in found):
            raise ValidationError(_("Keep each line to %(longest)d characters.") % {"longest": self.longest})
        if self.required and not found:
            raise ValidationError(self.error_messages["required"], code="required")
        return found

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value
