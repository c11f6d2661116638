"""The forms of the broker's desk."""

from django.forms import CharField as PlainField
from django.forms import HiddenInput
from django.utils.translation import gettext_lazy as _

from timebank.forms.fields import ExactHoursField
from timebank.queries.desk import WHY_STUCK
from timebank.queries.desk_people import KINDS, SORTS
from ui import forms


class StuckFilter(forms.Form):
    mark_optional = False
    why = forms.SelectField(label=_("Why"), required=False, choices=[("", _("Any reason")), *WHY_STUCK.items()])


class PeopleFilter(forms.Form):
    mark_optional = False
    q = forms.CharField(label=_("Name or e-mail address"), required=False, max_length=100)
    kind = forms.SelectField(label=_("Who"), required=False, choices=[("", _("Everybody")), *KINDS.items()])
    sort = forms.SelectField(label=_("Order"), required=False, choices=[("", _("What fits best")), *SORTS.items()])


REASON = _("Whoever it is about reads it, and it stays in the books.")
WHY_MISSING = _("Say why: whoever it is about reads it")


class GrantForm(forms.KeyedForm):
    minutes = ExactHoursField(
        label=_("How many hours?"), help_text=_("For example 1 or 0.5"), max_minutes=60000, suffix=""
    )
    reason = forms.CharField(label=_("Why?"), help_text=REASON, max_length=500, missing=WHY_MISSING)
    seen = PlainField(required=False, widget=HiddenInput)  # how the accounts stood when the check page was drawn


class AdjustForm(GrantForm):
    field_order = ["payer", "payee", "minutes", "reason"]
    payer = forms.CharField(
        label=_("From whom?"),
        help_text=_("A whole name, an e-mail address, the name of a pot, or “community pot”."),
        max_length=254,
        missing=_("Say whose hours are moved"),
    )
    payee = forms.CharField(label=_("To whom?"), max_length=254, missing=_("Say who gets them"))


class ReverseForm(forms.KeyedForm):
    reason = forms.CharField(label=_("Why?"), help_text=REASON, max_length=500, missing=WHY_MISSING)
