"""One letter, the words of all, and which of them go."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from accelerator.actions.letters import LONGEST_LETTER
from accelerator.models import Decision
from ui import forms as ui


class LetterForm(ui.Form):
    """The letter, to edit and sign."""

    letter = ui.TextField(
        label=gettext_lazy("Letter"), max_chars=LONGEST_LETTER, rows=24, missing=gettext_lazy("Write the letter.")
    )
    signed_as = ui.CharField(
        label=gettext_lazy("Signed by"),
        help_text=gettext_lazy("Your name, as the applicant reads it."),
        max_length=120,
        missing=gettext_lazy("Sign the letter with your name."),
    )


class SendLettersForm(forms.Form):
    """Which letters go. The choices are the wave's unsent ones; anything else is left out."""

    letters = forms.ModelMultipleChoiceField(queryset=Decision.objects.none())

    def __init__(self, *args: Any, decisions: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["letters"].queryset = decisions  # type: ignore[attr-defined]  # it is a ModelMultipleChoiceField


class SeenForm(ui.Form):
    """The letters as they were looked at."""

    seen = ui.CharField(max_length=32)


class WordsForm(ui.Form):
    """What the letters of one outcome are made from."""

    text = ui.TextField(
        label=gettext_lazy("The words of these letters"),
        help_text=gettext_lazy("Words in braces are filled in for each applicant."),
        max_chars=LONGEST_LETTER,
        rows=22,
        missing=gettext_lazy("Write the letter."),
    )
