"""Reflections, and who sees what."""

from typing import Any

from django.utils.translation import gettext_lazy

from timebank.models import ShownToOthers
from ui import forms


class ReflectionForm(forms.KeyedForm):
    text = forms.TextField(
        label=gettext_lazy("What did you learn, and what will you do differently?"),
        help_text=gettext_lazy("Nobody else reads this here. Nothing that identifies a patient."),
        max_chars=4000,
        missing=gettext_lazy("Write a few words first"),
    )
    on = forms.DateField(
        label=gettext_lazy("Which day is it about?"),
        help_text=gettext_lazy("For example 27 3 2026"),
        missing=gettext_lazy("Enter the day"),
    )


class ShownForm(forms.Form):
    hours_given = forms.ChoiceField(
        label=gettext_lazy("How many hours I gave"), choices=ShownToOthers.Audience.choices, size="s"
    )
    hours_received = forms.ChoiceField(
        label=gettext_lazy("How many hours I received"), choices=ShownToOthers.Audience.choices, size="s"
    )
    kinds = forms.ChoiceField(
        label=gettext_lazy("Which kinds of help I gave"), choices=ShownToOthers.Audience.choices, size="s"
    )
    skills = forms.ChoiceField(
        label=gettext_lazy("Which skills people confirmed that I helped"),
        choices=ShownToOthers.Audience.choices,
        size="s",
    )


def chosen(user: Any) -> dict[str, str]:
    """What somebody shows to whom now: the start of `ShownForm`."""
    choice = ShownToOthers.objects.filter(user=user).first() or ShownToOthers(user=user)
    return {item: getattr(choice, item) for item in ShownToOthers.ITEMS}
