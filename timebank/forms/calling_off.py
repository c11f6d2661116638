"""Calling off what was agreed, and the charge that the policy may ask for."""

from typing import Any

from django.utils.translation import gettext_lazy

from timebank.rules import Absent, Who, Why
from ui import forms

EXCUSED = gettext_lazy("Always excused. Nobody asks for proof.")
HINTS = {"duty": EXCUSED, "health": EXCUSED}


class CancelForm(forms.KeyedForm):
    why = forms.ChoiceField(label=gettext_lazy("What kept you?"), choices=Why.choices, hints=HINTS, required=False)
    reason = forms.CharField(
        label=gettext_lazy("A word to the other person"),
        help_text=gettext_lazy("They read it. They do not read which reason you chose."),
        required=False,
        max_length=500,
    )


class NoShowForm(forms.KeyedForm):
    """What one side says: who did not come, and, if it was they themselves, what kept them."""

    absent = forms.ChoiceField(
        label=gettext_lazy("Who could not make it?"), choices=[], missing=gettext_lazy("Choose who could not make it")
    )
    why = forms.ChoiceField(
        label=gettext_lazy("If it was you, what kept you?"), choices=Why.choices, hints=HINTS, required=False
    )
    reason = forms.CharField(
        label=gettext_lazy("What happened?"),
        help_text=gettext_lazy("Both sides read it."),
        max_length=500,
        missing=gettext_lazy("Say in a few words what happened"),
    )

    def __init__(self, *args: Any, who: frozenset[Who] = frozenset(), other: Any = "", **kwargs: Any):
        super().__init__(*args, **kwargs)
        mine, theirs = (Absent.PROVIDER, Absent.RECEIVER) if Who.PROVIDER in who else (Absent.RECEIVER, Absent.PROVIDER)
        self.fields["absent"].choices = [
            (theirs.value, str(other)),
            (mine.value, gettext_lazy("Me")),
            (Absent.BOTH.value, gettext_lazy("Both of us")),
        ]


class ExcuseForm(forms.KeyedForm):
    why = forms.ChoiceField(
        label=gettext_lazy("What kept you?"),
        help_text=gettext_lazy("The other person reads only whether it is excused."),
        choices=Why.choices,
        hints=HINTS,
        missing=gettext_lazy("Choose what kept you"),
    )


class ClaimForm(forms.KeyedForm):
    charge = forms.ChoiceField(
        label=gettext_lazy("Your decision"),
        choices=[("no", gettext_lazy("Charge nothing")), ("yes", gettext_lazy("Charge it"))],
        missing=gettext_lazy("Choose a decision"),
    )
    note = forms.CharField(
        label=gettext_lazy("Why?"),
        help_text=gettext_lazy("Both sides read it."),
        max_length=500,
        missing=gettext_lazy("Say why: both sides read it"),
    )
