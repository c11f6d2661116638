"""The sample, and scoring it."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accelerator.actions.review import ABSTAIN
from accelerator.actions.samples import LONGEST_SAMPLE
from accelerator.forms.review import score_field
from accelerator.models import Criterion
from ui import forms as ui


class SampleForm(ui.Form):
    """What every reviewer scores first."""

    text = ui.TextField(
        label=gettext_lazy("The sample"),
        help_text=gettext_lazy("As reviewers read an application: without anybody’s name."),
        max_chars=LONGEST_SAMPLE,
        rows=18,
        missing=gettext_lazy("Write the sample."),
    )
    agreed = ui.BooleanField(
        label=gettext_lazy("It is made up, or whoever wrote it agreed"),
        missing=gettext_lazy("Use only what is made up, or what its writer agreed to."),
    )


class SampleScoresForm(ui.Form):
    """One group of radios a criterion, as in a review."""

    mark_optional = False

    def __init__(self, *args: Any, criteria: Iterable[Criterion], **kwargs: Any):
        self.criteria = list(criteria)
        super().__init__(*args, **kwargs)
        for criterion in self.criteria:
            missing = _("Choose a score for “%(name)s”, or say that you cannot judge.") % {"name": criterion.name}
            self.fields[f"score_{criterion.key}"] = score_field(criterion, missing=missing)

    @property
    def scores(self) -> dict[str, int | str]:
        """criterion key → score or "abstain"; after `is_valid`."""
        given = {one.key: self.cleaned_data[f"score_{one.key}"] for one in self.criteria}
        return {key: ABSTAIN if score == ABSTAIN else int(score) for key, score in given.items()}
