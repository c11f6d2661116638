"""Opening a pot in three questions, and giving to one."""

from typing import Any

from django.utils.translation import gettext_lazy

from people.models import Skill
from timebank.forms.fields import ExactHoursField, QuarterHoursField
from timebank.models import Pot
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


class PotEditForm(PotSkillsForm):
    """What a pot is for, changed later."""

    field_order = ["name", "aim", "skills", "wanted_minutes"]
    name = forms.CharField(
        label=gettext_lazy("What is your project called?"), max_length=120, missing=gettext_lazy("Enter a name")
    )
    aim = forms.TextField(
        label=gettext_lazy("What should change, and for whom?"),
        max_words=200,
        missing=gettext_lazy("Say what should change"),
    )
    wanted_minutes = QuarterHoursField(
        label=gettext_lazy("About how many hours might it take?"), required=False, max_minutes=60000
    )


class ClosePotForm(forms.KeyedForm):
    """A pot's end."""

    close_out = forms.TextField(
        label=gettext_lazy("What changed?"),
        help_text=gettext_lazy("Everybody who gave time to it reads this, and it stays on the page of the pot."),
        max_chars=4000,
        missing=gettext_lazy("Say what changed"),
    )
    to_pot = forms.ModelChoiceField(
        label=gettext_lazy("Where do the hours go that are left?"),
        queryset=Pot.objects.none(),
        required=False,
        empty_label=gettext_lazy("To the community pot"),
    )

    def __init__(self, *args: Any, pot: Pot, **kwargs: Any):
        super().__init__(*args, **kwargs)
        heirs = Pot.objects.open().filter(kind__in=[Pot.Kind.PROJECT, Pot.Kind.ORGANISATION]).exclude(pk=pot.pk)
        self.fields["to_pot"].queryset = heirs.order_by("name", "id")


class InviteForm(forms.Form):
    """Who looks after a pot too."""

    email = forms.EmailField(label=gettext_lazy("Their e-mail address"), autocomplete="off")


class OfferForm(forms.KeyedForm):
    """An offer of one's own time to a pot."""

    minutes = QuarterHoursField(
        label=gettext_lazy("How many hours do you offer?"), missing=gettext_lazy("Say how long")
    )
    message = forms.TextField(
        label=gettext_lazy("What could you do for them?"),
        max_chars=4000,
        rows=4,
        missing=gettext_lazy("Say in a few words what you could do"),
    )


class GiveForm(forms.KeyedForm):
    minutes = ExactHoursField(
        label=gettext_lazy("How many hours do you give?"),
        help_text=gettext_lazy("For example 1 or 0.5"),
        max_minutes=60000,
        suffix="",
    )
    memo = forms.CharField(label=gettext_lazy("A word with it"), required=False, max_length=200)
