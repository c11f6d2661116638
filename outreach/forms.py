from django.utils.translation import gettext_lazy as _

from outreach.actions import SENTENCE
from outreach.models import Placement
from people.models import Organisation
from ui import forms


class SentenceForm(forms.Form):
    """The idea, in one sentence."""

    sentence = forms.CharField(max_length=SENTENCE, label=_("Your idea in one sentence"))


class EmailForm(forms.Form):
    """Where the code goes."""

    page_heading = "email"
    email = forms.EmailField(
        label=_("What is your email address?"),
        help_text=_("We send a code to it. That is how you sign in: no password to remember, no app."),
    )


class CampaignForm(forms.Form):
    """A campaign in three answers."""

    name = forms.CharField(
        label=_("What is the campaign called?"), max_length=120, missing=_("Give the campaign a name")
    )
    starts_on = forms.DateField(label=_("When does it start?"))
    ends_on = forms.DateField(label=_("When does it end?"), required=False)

    def clean(self):
        """The end is not before the start."""
        answers = super().clean() or self.cleaned_data
        if answers.get("starts_on") and answers.get("ends_on") and answers["ends_on"] < answers["starts_on"]:
            self.add_error("ends_on", _("The end cannot be before the start."))
        return answers


class PlacementForm(forms.Form):
    """One placement: where, what, how it looks."""

    site = forms.CharField(
        label=_("Which site?"),
        help_text=_("The hospital, practice or building, as staff call it."),
        max_length=120,
        missing=_("Say which site"),
    )
    spot = forms.CharField(
        label=_("Which spot?"), help_text=_("For example: theatre corridor, level 2"), max_length=120, required=False
    )
    organisation = forms.ModelChoiceField(
        label=_("Which organisation?"),
        queryset=Organisation.objects.none(),
        required=False,
        empty_label=_("None, or not in the list"),
    )
    medium = forms.SelectField(label=_("What is it?"), choices=Placement.Medium.choices, initial="poster")
    design = forms.ChoiceField(label=_("Which design?"), choices=Placement.Design.choices, initial="bright")
    cost = forms.IntegerField(
        label=_("What does it cost?"),
        help_text=_("In whole pounds; 0 if nothing."),
        min_value=0,
        max_value=1_000_000,
        initial=0,
        prefix="£",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = Organisation.objects.filter(merged_into=None).order_by("name", "id")
