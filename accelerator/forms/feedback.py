"""What applicants are promised about feedback."""

from typing import Any

from django.utils.translation import gettext_lazy

from accelerator.forms.lines import LinesField
from accelerator.models import FeedbackPolicy
from accelerator.rules import feedback as rules
from ui import forms as ui


class FeedbackPolicyForm(ui.Form):
    """By when, and what."""

    days = ui.IntegerField(
        label=gettext_lazy("By how many days after support starts does everybody have feedback?"),
        help_text=gettext_lazy("0: on the day on which support starts, when all letters have gone."),
        min_value=0,
        max_value=rules.MOST_DAYS,
        width=2,
        missing=gettext_lazy("Enter how many days"),
    )
    promises = LinesField(
        label=gettext_lazy("What is promised?"),
        help_text=gettext_lazy("One promise a line, in words that you can keep."),
        longest=rules.LONGEST,
        max_chars=rules.LONGEST * rules.MOST_PROMISES,
        rows=8,
        required=True,
        missing=gettext_lazy("Make at least one promise"),
    )

    @classmethod
    def initial_of(cls, policy: FeedbackPolicy) -> dict[str, Any]:
        """What the form shows of a draft."""
        return {"days": policy.days, "promises": policy.promises}
