"""Claiming on the access fund, and answering."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accelerator.actions.access_fund import LONGEST_HOW, LONGEST_REASON
from accelerator.models import AccessClaim
from accelerator.rules import files
from ui import forms as ui

RECEIPTS = tuple(sorted(set(files.ALLOWED.values()) - {"mp4", "mov", "mp3", "m4a"} | {"jpeg"}))


class PoundsField(ui.Look, forms.Field):
    """An amount of money as people write it ("12", "12.50", "£1,200"); the value is whole pence."""

    default_missing = gettext_lazy("Enter an amount in pounds, like 12.50")
    widget = forms.TextInput

    def __init__(self, **kwargs: Any):
        super().__init__(**{"width": 5, "prefix": "£", "inputmode": "decimal", "spellcheck": False, **kwargs})

    def prepare_value(self, value: Any) -> Any:
        return f"{value // 100}.{value % 100:02d}" if isinstance(value, int) else value

    def to_python(self, value: Any) -> int | None:
        typed = str(value or "").strip().replace(",", "").removeprefix("£").strip()
        if not typed:
            return None
        try:
            amount = Decimal(typed) * 100
        except InvalidOperation as error:
            raise ValidationError(_("Enter an amount in pounds, like 12.50")) from error
        if not amount.is_finite() or amount != amount.to_integral_value() or len(typed) > 12:
            raise ValidationError(_("Enter pounds and pence, like 12.50"))
        if amount < 0:
            raise ValidationError(_("Enter an amount of £0 or more"))
        return int(amount)


class ClaimForm(ui.KeyedForm):
    """What it cost, or would cost."""

    kind = ui.ChoiceField(
        label=gettext_lazy("What is it for?"),
        choices=AccessClaim.Kind.choices,
        hints={
            "travel": gettext_lazy(
                "A bus, a train, petrol at your employer’s rate, a taxi where there is no other way."
            ),
            "data": gettext_lazy("Minutes and data on your own phone."),
            "care": gettext_lazy("Somebody to look after the person you care for, or your children."),
            "interpreter": gettext_lazy("A language or British Sign Language, or a note taker."),
        },
        missing=gettext_lazy("Choose what it is for"),
    )
    what = ui.CharField(
        label=gettext_lazy("In a few words"),
        help_text=gettext_lazy("Like “Bus to the kick-off day and back”. Nothing that identifies a patient."),
        missing=gettext_lazy("Say what it is for"),
    )
    pence = PoundsField(
        label=gettext_lazy("How much?"), help_text=gettext_lazy("A guess will do if you ask beforehand.")
    )
    spent = ui.ChoiceField(
        label=gettext_lazy("Have you paid for it already?"),
        choices=[("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No, I want to ask beforehand"))],
        reveals={"yes": "spent_on"},
        missing=gettext_lazy("Say whether you have paid for it"),
    )
    spent_on = ui.DateField(label=gettext_lazy("When did you pay?"))
    receipt = ui.FileField(
        label=gettext_lazy("A receipt or a photo of it"),
        help_text=gettext_lazy("If you have one. You can claim without."),
        types=RECEIPTS,
        max_bytes=files.LARGEST_BYTES,
        required=False,
    )

    def for_action(self) -> dict[str, Any]:
        """What `claim` takes."""
        given = {name: self.cleaned_data[name] for name in ("kind", "what", "pence", "receipt")}
        return given | {"spent_on": self.cleaned_data["spent_on"] or None, "key": str(self.cleaned_data["key"])}


class SpentForm(ui.Form):
    """What it came to in the end."""

    pence = PoundsField(label=gettext_lazy("What did it cost?"))
    spent_on = ui.DateField(label=gettext_lazy("When did you pay?"))
    receipt = ui.FileField(
        label=gettext_lazy("A receipt or a photo of it"), types=RECEIPTS, max_bytes=files.LARGEST_BYTES, required=False
    )


class AnswerForm(ui.Form):
    """A manager's answer to a claim."""

    answer = ui.ChoiceField(
        label=gettext_lazy("Your answer"),
        choices=[("agree", gettext_lazy("Agree")), ("decline", gettext_lazy("Decline"))],
        reveals={"decline": "reason"},
        missing=gettext_lazy("Choose your answer"),
    )
    reason = ui.TextField(
        label=gettext_lazy("Why?"), help_text=gettext_lazy("They read it."), max_chars=LONGEST_REASON, rows=3,
        missing=gettext_lazy("Say why"),
    )  # fmt: skip
    over = ui.BooleanField(
        label=gettext_lazy("I know that this goes over the fund, and I agree to it all the same"), required=False
    )


class PayForm(ui.Form):
    """Recording a payment."""

    reference = ui.CharField(
        label=gettext_lazy("Finance’s number for the payment"),
        help_text=gettext_lazy("Never bank details: they do not belong here."),
        max_length=60,
        required=False,
    )


class FundForm(ui.Form):
    """How much there is, and how it reaches people."""

    pence = PoundsField(label=gettext_lazy("How much is in the fund?"), missing=gettext_lazy("Enter how much there is"))
    how = ui.TextField(
        label=gettext_lazy("How are people paid?"),
        help_text=gettext_lazy(
            "They read this once their claim is agreed, like “Finance rings you for your bank details”. Bank details are "
            "never kept here."
        ),
        max_chars=LONGEST_HOW,
        rows=3,
        required=False,
    )
