"""What a wave's fund pays for."""

from django.utils.translation import gettext_lazy

from timebank.actions.tariffs import LONGEST_REVIEW
from timebank.forms.fields import ExactHoursField
from timebank.models import Tariff
from ui import forms


class TariffsForm(forms.Form):
    works = forms.MultipleChoiceField(
        label=gettext_lazy("What does the fund pay for?"),
        help_text=gettext_lazy("Whoever does it is paid when it is finished, whatever they said or scored."),
        choices=Tariff.Work.choices,
        hints={
            "coaching": gettext_lazy("As long as the session was"),
            "critique": gettext_lazy("As long as the session was"),
        },
        reveals={"review": "review_minutes"},
        required=False,
    )
    review_minutes = ExactHoursField(
        label=gettext_lazy("How long does a review take?"),
        help_text=gettext_lazy("Every review earns this. For example 20 min"),
        max_minutes=LONGEST_REVIEW,
        suffix="",
    )
