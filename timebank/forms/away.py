"""When somebody is away."""

from django.utils.translation import gettext_lazy

from ui import forms


class AwayForm(forms.Form):
    first_day = forms.DateField(
        label=gettext_lazy("First day away"),
        help_text=gettext_lazy("For example 27 7 2027"),
        missing=gettext_lazy("Enter the first day"),
    )
    last_day = forms.DateField(
        label=gettext_lazy("Last day away"),
        help_text=gettext_lazy("You are back the day after."),
        missing=gettext_lazy("Enter the last day"),
    )
