"""Opening a pot in three questions, and giving to one."""

from typing import Any

from django.utils.translation import gettext_lazy

from people.models import Skill
from timebank.forms.fields import ExactHoursField, QuarterHoursField
from ui import forms


class PotNameForm(forms.Form):
    """First question of three."""

    name = forms.CharField(
        label=gettext_lazy("What is your project called?"), max_length=120, missing=gettext_lazy("Enter a name")
    )
    aim = forms.TextField(
        label=gettext_lazy("What should change, and for whom?"),
        max_words=200,
        missing=gettext_lazy("Say what should change"),
    )


class PotSkillsForm(forms.Form):
    """Second question of three."""

    skills = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Which skills do you need?"), queryset=Skill.objects.none(), required=False, small=True
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["skills"].queryset = Skill.objects.current().filter(parent__isnull=False).order_by("name", "id")


class PotHoursForm(forms.KeyedForm):
    """Third question of three."""

    wanted_minutes = QuarterHoursField(
        label=gettext_lazy("About how many hours might it take?"),
        help_text=gettext_lazy("A guess is fine. Leave it empty if you cannot tell yet."),
        required=False,
        max_minutes=60000,
    )


class GiveForm(forms.KeyedForm):
    minutes = ExactHoursField(
        label=gettext_lazy("How many hours do you give?"),
        help_text=gettext_lazy("For example 1 or 0.5"),
        max_minutes=60000,
        suffix="",
    )
    memo = forms.CharField(label=gettext_lazy("A word with it"), required=False, max_length=200)
