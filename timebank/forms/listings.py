"""Posting a listing and looking for one."""

from typing import Any

from django.core.exceptions import ValidationError
from django.forms import CharField as PlainField
from django.forms import HiddenInput
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people.models import Skill
from timebank.forms.fields import QuarterHoursField
from timebank.models import Listing, Pot, Purpose
from timebank.queries.listings import purpose_signed_for, skills_on_the_board
from ui import forms


class BoardFilter(forms.Form):
    mark_optional = False
    q = forms.CharField(label=gettext_lazy("Search"), required=False, max_length=100)
    kind = forms.SelectField(
        label=gettext_lazy("Offers and requests"),
        required=False,
        choices=[("", gettext_lazy("All")), ("offer", gettext_lazy("Offers")), ("request", gettext_lazy("Requests"))],
    )
    skill = forms.SelectField(label=gettext_lazy("Skill"), required=False)
    remote = forms.BooleanField(label=gettext_lazy("Only what can be done online"), required=False)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["skill"].choices = [("", _("Any skill")), *skills_on_the_board()]


class ListingForm(forms.KeyedForm):
    title = forms.CharField(
        label=gettext_lazy("In one line, what is it?"),
        max_length=100,
        missing=gettext_lazy("Give it a title, so that people can find it"),
    )
    description = forms.TextField(
        label=gettext_lazy("Say a little more"),
        help_text=gettext_lazy("Nothing that identifies a patient."),
        required=False,
        max_chars=4000,
    )
    minutes = QuarterHoursField(
        label=gettext_lazy("How many hours?"),
        help_text=gettext_lazy("For example 1 or 1.5. Leave it empty if it is ongoing or you do not know yet."),
        required=False,
        max_minutes=60000,
    )
    mode = forms.ChoiceField(
        label=gettext_lazy("How would you meet?"),
        choices=Listing.Mode.choices,
        initial=Listing.Mode.REMOTE,
        reveals={"on_site": "place"},
    )
    place = forms.CharField(label=gettext_lazy("Where?"), required=False, max_length=100)
    availability = forms.CharField(
        label=gettext_lazy("When are you free?"),
        help_text=gettext_lazy("For example: Tuesday evenings"),
        required=False,
        max_length=200,
    )
    pot = forms.ModelChoiceField(
        label=gettext_lazy("Who pays with their credits?"),
        queryset=Pot.objects.none(),
        required=False,
        empty_label=gettext_lazy("I do"),
    )
    skills = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Which skills is it about?"),
        help_text=gettext_lazy("Choose one or two: this is how people are matched."),
        queryset=Skill.objects.none(),
        required=False,
        small=True,
    )
    purpose = PlainField(required=False, widget=HiddenInput)  # signed by `request_begun`

    def __init__(self, *args: Any, kind: str, user: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["skills"].queryset = Skill.objects.current().filter(parent__isnull=False).order_by("name", "id")
        mine = Pot.objects.open().run_by(user).order_by("name", "id")
        if kind == Listing.Kind.REQUEST and mine.exists():
            self.fields["pot"].queryset = mine
        else:
            del self.fields["pot"]
        if kind == Listing.Kind.REQUEST:
            self.fields["availability"].label = _("When would suit you?")

    def clean_purpose(self) -> Purpose | None:
        signed = self.cleaned_data["purpose"]
        purpose = purpose_signed_for(self.user, signed) if signed else None
        if signed and purpose is None:
            raise ValidationError(_("This page is out of date. Go back to where you came from and try again."))
        return purpose
