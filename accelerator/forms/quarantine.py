"""Saying that somebody may be named."""

from django.utils.translation import gettext_lazy

from accelerator.actions.quarantine import LONGEST_NOTE
from ui import forms as ui


class FlagForm(ui.Form):
    """An optional word on what it is. The name itself is better left out of it."""

    note = ui.CharField(
        label=gettext_lazy("What is it?"),
        help_text=gettext_lazy("For example “a surname in the second line”. Do not write the name itself."),
        required=False,
        max_length=LONGEST_NOTE,
    )
