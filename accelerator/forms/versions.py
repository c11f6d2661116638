"""Beginning questions, a rubric or a roadmap of another name."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accelerator.actions.versions import LONGEST_NAME
from accelerator.models import QuestionSet, Versioned
from ui import forms as ui


class BeginForm(ui.Form):
    """Its name, and what it begins with: nothing, or a copy of something published."""

    name = ui.CharField(
        label=gettext_lazy("What is it called?"), max_length=LONGEST_NAME, missing=gettext_lazy("Give it a name")
    )
    like = ui.ModelChoiceField(
        label=gettext_lazy("What does it begin with?"),
        queryset=QuestionSet.objects.none(),
        required=False,
        empty_label=gettext_lazy("Nothing"),
    )

    def __init__(self, *args: Any, model: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["like"].queryset = model.objects.filter(state=Versioned.State.PUBLISHED).order_by("name", "id")

    def for_action(self) -> dict[str, Any]:
        """What `begin` takes."""
        return dict(self.cleaned_data)


class BeginTemplateForm(BeginForm):
    """A roadmap can begin with a table too."""

    table = ui.FileField(
        label=gettext_lazy("Or a table that you have written in a spreadsheet"),
        help_text=gettext_lazy("Save it as “CSV UTF-8”. One row for each milestone."),
        types=("csv",),
        max_bytes=512 * 1024,
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("like") and cleaned.get("table"):
            self.add_error("table", _("Choose a roadmap to begin with, or a table: not both."))
        return cleaned

    def for_action(self) -> dict[str, Any]:
        given = super().for_action()
        file = given.pop("table")
        return given | {"table": file.read() if file else None}
