"""Telling somebody about the other side of an exchange."""

from django.utils.translation import gettext_lazy

from people.models import SafeguardingCase
from ui import forms


class ReportForm(forms.Form):
    text = forms.TextField(
        label=gettext_lazy("What happened?"),
        help_text=gettext_lazy("A time broker reads it. The other person is not told that you wrote."),
        max_chars=4000,
        missing=gettext_lazy("Say what happened"),
    )


class WorryForm(forms.Form):
    worry = forms.ChoiceField(
        label=gettext_lazy("What kind of worry is it?"),
        choices=SafeguardingCase.Worry.choices,
        missing=gettext_lazy("Choose one of the answers in the list"),
    )
    text = forms.TextField(
        label=gettext_lazy("What are you worried about?"),
        help_text=gettext_lazy("Only the safeguarding lead reads it."),
        max_chars=4000,
        missing=gettext_lazy("Say what you are worried about"),
    )
