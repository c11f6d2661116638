"""Asking for help with one question."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accelerator.rules.helping import MINUTES
from people.models import Skill
from ui import forms as ui
from ui.formats import hours

UNSURE = "unsure"  # then the kinds of help that the application needs say who


class AskForHelpForm(ui.Form):
    """What kind of person would help, and for how long."""

    skill = ui.ChoiceField(
        label=gettext_lazy("Who could help you?"),
        help_text=gettext_lazy("Somebody who knows about:"),
        divider_before=UNSURE,
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
        branches = Skill.objects.current().filter(parent=None).in_tree_order()
        self.branches = {str(branch.pk): branch for branch in branches}
        self.fields["skill"].choices = [
            *((pk, str(branch)) for pk, branch in self.branches.items()),
            (UNSURE, _("I do not know")),
        ]
        self.fields["minutes"].choices = [(str(minutes), hours(minutes)) for minutes in MINUTES]

    def for_action(self) -> dict[str, Any]:
        """The arguments of `actions.helping.ask`."""
        return {"skill": self.branches.get(self.cleaned_data["skill"]), "minutes": int(self.cleaned_data["minutes"])}
