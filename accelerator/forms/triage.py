"""The quick first look."""

from django.utils.translation import gettext_lazy

from accelerator.actions.triage import LONGEST_REASON
from accelerator.models import TriageAnswer
from ui import forms as ui


class SayForm(ui.Form):
    """What I say of one application."""

    answer = ui.ChoiceField(
        label=gettext_lazy("Does it go on?"),
        choices=TriageAnswer.Answer.choices,
        missing=gettext_lazy("Choose yes, not this time, or talk about it"),
    )
    reason = ui.TextField(
        label=gettext_lazy("Why, in a sentence or two?"),
        help_text=gettext_lazy(
            "Needed unless it goes on. If it is “not this time”, the applicant reads these words in their letter, without "
            "your name: say what would make it fit, or who else may help."
        ),
        max_chars=LONGEST_REASON,
        rows=4,
        required=False,
    )


class DraftForm(ui.KeyedForm):
    """Drafting the letters of all that are out."""
