"""Proposing an exchange, arranging it, recording its hours, and what goes wrong with it."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from timebank.forms.fields import ExactHoursField, MeetingMixin, QuarterHoursField
from timebank.models import HoursRecord, Pot
from ui import forms


class ProposalForm(MeetingMixin, forms.KeyedForm):
    field_order = ["minutes", "pot", "message", "date", "time", "online_link", "place"]
    minutes = QuarterHoursField(
        label=gettext_lazy("How many hours?"), help_text=gettext_lazy("In quarters: 0.5, 1, 1.25")
    )
    pot = forms.ModelChoiceField(
        label=gettext_lazy("Whose credits?"),
        queryset=Pot.objects.none(),
        required=False,
        empty_label=gettext_lazy("Mine"),
    )
    message = forms.TextField(label=gettext_lazy("A message"), required=False, max_chars=4000, rows=4)

    def __init__(self, *args: Any, pots: Any = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["date"].earliest = timezone.localdate()
        if pots:
            self.fields["pot"].queryset = pots
        else:
            del self.fields["pot"]


class RedoForm(forms.KeyedForm):
    minutes = QuarterHoursField(
        label=gettext_lazy("How many hours?"), help_text=gettext_lazy("In quarters: 0.5, 1, 1.25")
    )
    message = forms.TextField(label=gettext_lazy("A message"), required=False, max_chars=4000, rows=4)


class ArrangeForm(MeetingMixin, forms.KeyedForm):
    pass


class HoursForm(forms.KeyedForm):
    minutes = ExactHoursField(
        label=gettext_lazy("How long did it take?"),
        help_text=gettext_lazy("With preparation you agreed on. For example 1 h 48 or 1.5"),
        suffix="",
    )
    time_kind = forms.ChoiceField(
        label=gettext_lazy("For you, what time was it?"),
        choices=HoursRecord.TimeKind.choices,
        hints={"work": gettext_lazy("Your employer agreed to it.")},
        missing=gettext_lazy("Choose your own time or agreed work time"),
    )


class MessageForm(forms.KeyedForm):
    text = forms.TextField(
        label=gettext_lazy("Write a message"),
        max_chars=4000,
        rows=3,
        missing=gettext_lazy("Write a message first"),
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **{"auto_id": "message_%s", **kwargs})


class StatementForm(forms.KeyedForm):
    statement = forms.TextField(
        label=gettext_lazy("What happened?"),
        help_text=gettext_lazy("Only the broker and the two of you read it."),
        max_chars=4000,
        missing=gettext_lazy("Say in a few words what happened"),
    )


class DecisionForm(forms.KeyedForm):
    decision = forms.ChoiceField(
        label=gettext_lazy("Your decision"),
        choices=[
            ("settle", gettext_lazy("Settle all that was claimed")),
            ("split", gettext_lazy("Settle part of it")),
            ("cancel", gettext_lazy("Settle nothing more")),
        ],
        reveals={"split": "minutes"},
        missing=gettext_lazy("Choose a decision"),
    )
    minutes = ExactHoursField(
        label=gettext_lazy("How much in all?"), help_text=gettext_lazy("With what is paid already"), required=False
    )
    note = forms.TextField(
        label=gettext_lazy("Why?"),
        help_text=gettext_lazy("Both sides read it."),
        max_chars=4000,
        missing=gettext_lazy("Say why: both sides read it"),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("decision") == "split" and not cleaned.get("minutes") and "minutes" not in self.errors:
            self.add_error("minutes", _("Enter how much is settled in all, like 1 h 45"))
        return cleaned
