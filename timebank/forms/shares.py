"""What happens with the hours that somebody earns."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from timebank.models import Pot, StandingShare
from ui import forms

SPEND, POT, GIVE = "spend", "pot", "give"
USUAL = 25  # per cent


class EarningsForm(forms.Form):
    mark_optional = False
    what = forms.ChoiceField(
        label=gettext_lazy("What would you like to do with them?"),
        choices=[
            (SPEND, gettext_lazy("Keep them to spend")),
            (POT, gettext_lazy("Let a share flow to a pot")),
            (GIVE, gettext_lazy("Let a share flow to people who cannot earn")),
        ],
        hints={
            SPEND: gettext_lazy("You can still give any of them later."),
            POT: gettext_lazy("A pot brings help to one project."),
            GIVE: gettext_lazy("The community pot is for people who are ill, caring, or new."),
        },
        reveals={POT: "pot"},
        missing=gettext_lazy("Choose what to do with the hours you earn"),
    )
    pot = forms.ModelChoiceField(
        label=gettext_lazy("Which pot?"), queryset=Pot.objects.none(), missing=gettext_lazy("Choose a pot")
    )
    per_cent = forms.IntegerField(
        label=gettext_lazy("How much of every hour?"),
        help_text=gettext_lazy("In per cent, from 1 to 100. It is rounded down to the minute. Only if you share."),
        required=False,
        min_value=1,
        max_value=100,
        suffix="%",
        width=3,
    )

    def __init__(self, *args: Any, pots: QuerySet[Pot], share: StandingShare | None, chosen: Any = None, **kwargs: Any):
        begun = {"what": SPEND, "per_cent": USUAL, "pot": chosen}
        if share is not None:
            begun = {"what": POT if share.pot_id else GIVE, "pot": share.pot_id, "per_cent": share.per_cent}
        if chosen is not None:
            begun |= {"what": POT, "pot": chosen}
        super().__init__(*args, initial=begun, **kwargs)
        self.fields["pot"].queryset = pots
        if not pots.exists():
            self.fields["what"].choices = [row for row in self.fields["what"].choices if row[0] != POT]
            self.fields["what"].look["reveals"] = {}
            del self.fields["pot"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("what") in {POT, GIVE} and cleaned.get("per_cent") is None and "per_cent" not in self.errors:
            self.add_error("per_cent", forms.IntegerField.default_missing)
        return cleaned
