"""What a wave's evaluation promises to measure."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluation.plans import LONGEST_REASON, Measures
from evaluation.questions import BOUNDS, DEFAULT_MEASURES, FEWEST_OF, MET_WHEN, QUESTIONS, scale
from evaluation.rules import FEWEST, MOST
from ui import forms as ui


class PlanForm(ui.Form):
    """For each question, from where on it is met, and how much there must be to answer it at all. Shares are entered in per
    cent; where the plan is locked, a reason goes with the change."""

    reason = ui.TextField(
        label=gettext_lazy("Why does the plan change?"),
        help_text=gettext_lazy("It stands on the public page and in the report."),
        max_chars=LONGEST_REASON,
        rows=3,
        missing=gettext_lazy("Say why the plan changes"),
    )

    def __init__(self, *args: Any, measures: Measures, locked: bool, **kwargs: Any):
        initial: dict[str, Any] = {}
        for question in DEFAULT_MEASURES:
            initial[f"{question}_aim"] = round(measures[question]["threshold"] * scale(question))
            initial[f"{question}_n"] = measures[question]["smallest_n"]
        super().__init__(*args, initial=initial, **kwargs)
        self.measures = measures
        for question in DEFAULT_MEASURES:
            least, most = BOUNDS.get(question, (1, 100))
            self.fields[f"{question}_aim"] = ui.IntegerField(
                label=str(QUESTIONS[question]),
                help_text=_("It is met when %(so)s. Enter the number.") % {"so": MET_WHEN[question] % {"aim": "…"}},
                min_value=least,
                max_value=most,
                width=3,
                suffix="%" if question not in BOUNDS else "",
                missing=_("Enter a number"),
            )
            if question not in FEWEST_OF:
                continue
            self.fields[f"{question}_n"] = ui.IntegerField(
                label=_("%(question)s Fewest %(things)s that it takes to answer")
                % {"question": QUESTIONS[question], "things": FEWEST_OF[question]},
                min_value=FEWEST,
                max_value=MOST,
                width=4,
                missing=_("Enter a number"),
            )
        if locked:
            self.order_fields([name for name in self.fields if name != "reason"])
        else:
            del self.fields["reason"]

    def for_action(self) -> dict[str, Any]:
        """What `draft_plan` and `change_plan` take, after `is_valid`."""
        given = self.cleaned_data
        measures = {
            question: {
                "threshold": given[f"{question}_aim"] / scale(question),
                "smallest_n": given.get(f"{question}_n", self.measures[question]["smallest_n"]),
            }
            for question in DEFAULT_MEASURES
        }
        return {"measures": measures} | ({"reason": given["reason"]} if "reason" in self.fields else {})
