"""A criterion of a rubric."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accelerator.actions.rubrics import MOST_WEIGHT, SCORES
from accelerator.models import Criterion
from ui import forms as ui


class CriterionForm(ui.Form):
    """One criterion: its question, how much it counts, and what each score means in words."""

    name = ui.CharField(label=gettext_lazy("Its name"), max_length=80, missing=gettext_lazy("Give it a name"))
    asks = ui.CharField(
        label=gettext_lazy("What does it ask?"), max_length=250, missing=gettext_lazy("Write what it asks")
    )
    weight = ui.IntegerField(
        label=gettext_lazy("How much does it count?"),
        help_text=gettext_lazy("A criterion of weight 2 counts twice as much as one of weight 1."),
        min_value=1,
        max_value=MOST_WEIGHT,
        width=2,
        missing=gettext_lazy("Enter how much it counts"),
    )

    def __init__(self, *args: Any, criterion: Criterion | None = None, **kwargs: Any):
        initial: dict[str, Any] = {"weight": 1}
        if criterion is not None:
            initial = {"name": criterion.name, "asks": criterion.asks, "weight": criterion.weight}
            initial |= {f"anchor_{score}": words for score, words in enumerate(criterion.anchors)}
        super().__init__(*args, initial=initial, **kwargs)
        for score in range(SCORES):
            self.fields[f"anchor_{score}"] = ui.CharField(
                label=_("%(score)d means") % {"score": score},
                max_length=200,
                missing=_("Say what %(score)d means") % {"score": score},
            )

    def for_action(self) -> dict[str, Any]:
        """What `add_criterion` and `save_criterion` take."""
        given = dict(self.cleaned_data)
        return given | {"anchors": [given.pop(f"anchor_{score}") for score in range(SCORES)]}
