"""The three-question check, and a manager's word on it."""

from typing import Any

from django.utils.translation import gettext_lazy

from accelerator.rules import fits as rules
from ui import forms as ui


class FitForm(ui.Form):
    """Three questions; none is about who somebody is."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for question in rules.QUESTIONS:
            self.fields[question.key] = ui.ChoiceField(
                label=question.text,
                choices=[(answer.value, answer.label) for answer in question.answers],
                missing=question.missing,
            )


class OverruleForm(ui.Form):
    """Why an idea fits all the same."""

    reason = ui.CharField(
        label=gettext_lazy("Why does it fit?"),
        help_text=gettext_lazy("Other managers read it. The person is told that their idea fits, not why."),
        max_length=300,
        missing=gettext_lazy("Say why it fits."),
    )
