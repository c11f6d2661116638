"""Asking for help with one question."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from accelerator.rules.helping import MINUTES
from people.models import Skill
from ui import forms as ui
from ui.formats import hours


class AskForHelpForm(ui.Form):
    """What kind of person would help, and for how long."""

    skill = ui.ModelChoiceField(
        queryset=Skill.objects.none(),
        label=gettext_lazy("Who could help you?"),
        help_text=gettext_lazy("Somebody who knows about:"),
        widget=forms.RadioSelect,
        empty_label=None,
        missing=gettext_lazy("Choose who could help you."),
    )
    minutes = ui.ChoiceField(
        label=gettext_lazy("For how long?"),
        help_text=gettext_lazy("The wave’s fund pays them in time credits. It costs you nothing."),
        inline=True,
        missing=gettext_lazy("Choose how long."),
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["skill"].queryset = Skill.objects.current().filter(parent=None).in_tree_order()
        self.fields["minutes"].choices = [(str(minutes), hours(minutes)) for minutes in MINUTES]

    def for_action(self) -> dict[str, Any]:
        """The arguments of `actions.helping.ask`."""
        return {"skill": self.cleaned_data["skill"], "minutes": int(self.cleaned_data["minutes"])}
