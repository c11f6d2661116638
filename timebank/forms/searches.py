"""Saving a search."""

from django.utils.translation import gettext_lazy

from ui import forms


class SaveSearchForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("What should we call it?"),
        max_length=100,
        missing=gettext_lazy("Give it a name, so that you know it again"),
    )
    alerts = forms.BooleanField(
        label=gettext_lazy("Email me when there is something new, at most once a day"), required=False
    )
