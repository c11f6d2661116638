"""What narrows a statement down; all of it is in the address."""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from timebank.models import Account, Transfer
from timebank.queries.statement import pots_met
from ui import forms


class PeriodForm(forms.Form):
    """From a day to a day, both included; either may be left open."""

    mark_optional = False
    since = forms.DateField(label=gettext_lazy("From"), required=False, size="s")
    until = forms.DateField(label=gettext_lazy("To"), required=False, size="s")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        for name, value in (("since", since), ("until", until)):
            if value and not dt.date(2000, 1, 1) <= value <= dt.date(2999, 12, 31):
                self.add_error(name, ValidationError(_("Give a year like 2027")))
        if since and until and since > until:
            self.add_error("until", ValidationError(_("The last day must not be before the first")))
        return self.cleaned_data


class StatementFilter(PeriodForm):
    who = forms.CharField(
        label=gettext_lazy("With whom?"),
        help_text=gettext_lazy("Part of the name of a person or a pot"),
        required=False,
        max_length=100,
    )
    kind = forms.SelectField(
        label=gettext_lazy("What kind?"),
        choices=[("", gettext_lazy("Everything")), *Transfer.Kind.choices],
        required=False,
    )
    pot = forms.SelectField(label=gettext_lazy("With which pot?"), required=False)

    def __init__(self, *args: Any, account: Account | None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        pots = pots_met(account, also=self.data.get("pot")) if account else []
        if pots:
            self.fields["pot"].choices = [("", _("Any")), *((str(pot.pk), pot.name) for pot in pots)]
        else:
            del self.fields["pot"]
