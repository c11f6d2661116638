"""Proposing an engagement, logging its sessions and asking about them."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy

from timebank.forms.fields import ExactHoursField, QuarterHoursField
from timebank.models import HoursRecord, Pot
from ui import forms


class EngagementForm(forms.KeyedForm):
    field_order = ["title", "description", "monthly_minutes", "credited", "pot"]
    title = forms.CharField(
        label=gettext_lazy("What will you work on together?"),
        help_text=gettext_lazy("For example: Our booking app"),
        max_length=100,
        missing=gettext_lazy("Say what it is about"),
    )
    description = forms.TextField(
        label=gettext_lazy("Say a little more"),
        help_text=gettext_lazy("What should come of it, and how you would work. Nothing that identifies a patient."),
        required=False,
        max_chars=4000,
        rows=4,
    )
    monthly_minutes = QuarterHoursField(
        label=gettext_lazy("How many hours a month, at most?"),
        help_text=gettext_lazy("Up to 24. This is set aside when each month begins."),
        missing=gettext_lazy("Enter the hours a month, like 6"),
    )
    credited = forms.ChoiceField(
        label=gettext_lazy("For credits, or given?"),
        choices=[("yes", gettext_lazy("For credits")), ("no", gettext_lazy("Given"))],
        hints={"no": gettext_lazy("The hours count, and no credits move.")},
        initial="yes",
        missing=gettext_lazy("Choose one"),
    )
    pot = forms.ModelChoiceField(
        label=gettext_lazy("Whose credits?"),
        queryset=Pot.objects.none(),
        required=False,
        empty_label=gettext_lazy("Mine"),
    )

    def __init__(self, *args: Any, pots: Any = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if pots:
            self.fields["pot"].queryset = pots
        else:
            del self.fields["pot"]

    def clean_credited(self) -> bool:
        return self.cleaned_data["credited"] == "yes"


class MonthlyForm(forms.KeyedForm):
    monthly_minutes = QuarterHoursField(
        label=gettext_lazy("How many hours a month, at most?"),
        help_text=gettext_lazy("Up to 24, in quarters. For example 6 or 2.5"),
        missing=gettext_lazy("Enter the hours a month, like 6"),
    )


class AnswerHoursForm(forms.Form):
    """Two buttons: yes or no to the hours that stood on the page."""

    answer = forms.ChoiceField(choices=[("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No"))])
    wanted = forms.IntegerField(min_value=15, max_value=1440)


class SessionForm(forms.KeyedForm):
    day = forms.DateField(label=gettext_lazy("On which day?"), initial=timezone.localdate)
    minutes = ExactHoursField(
        label=gettext_lazy("How long?"), help_text=gettext_lazy("For example 1 h 48 or 1.5"), suffix=""
    )
    note = forms.CharField(
        label=gettext_lazy("What did you do?"), max_length=300, missing=gettext_lazy("Say in a few words what you did")
    )
    time_kind = forms.ChoiceField(
        label=gettext_lazy("What time was it?"),
        choices=HoursRecord.TimeKind.choices,
        hints={"work": gettext_lazy("Your employer agreed to it.")},
        initial=HoursRecord.TimeKind.OWN,
        missing=gettext_lazy("Choose your own time or agreed work time"),
    )


class QueryForm(forms.KeyedForm):
    words = forms.CharField(
        label=gettext_lazy("What is unclear?"),
        help_text=gettext_lazy("They read it, and can change the session or take it back."),
        max_length=300,
        missing=gettext_lazy("Say what is unclear"),
    )
