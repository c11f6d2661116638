"""Where the credits of somebody who leaves go."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from timebank.models import Pot
from timebank.queries.leaving import heirs
from ui import forms

COMMUNITY = "community"


class LeavingForm(forms.Form):
    to_pot = forms.ChoiceField(
        label=gettext_lazy("Where should the hours go that you have left?"),
        missing=gettext_lazy("Choose a pot, or the community pot"),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.pots = {str(pot.pk): pot for pot in heirs(user)}
        community = (COMMUNITY, _("The community pot, for people who cannot earn"))
        self.fields["to_pot"].choices = [community, *((pk, pot.name) for pk, pot in self.pots.items())]

    @property
    def chosen(self) -> Pot | None:
        """The pot that was chosen; None is the community pot."""
        return self.pots.get(self.cleaned_data["to_pot"])
