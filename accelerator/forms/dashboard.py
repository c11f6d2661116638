"""The filters of the cohort dashboard. All of it is in the address, so it can be sent to a colleague."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from accelerator.models import HelpKind, Innovation, RagEvent
from accelerator.queries.dashboard import SORTS
from ui import forms as ui

ALL = [("", _("All"))]


class FilterForm(ui.Form):
    """What to show and in which order."""

    mark_optional = False

    colour = ui.SelectField(label=_("Colour"), choices=[*ALL, *RagEvent.Colour.choices], required=False)
    waiting = ui.SelectField(label=_("Waiting on"), choices=[*ALL, *RagEvent.WaitingOn.choices], required=False)
    need = ui.SelectField(label=_("Short of help"), choices=[*ALL, *HelpKind.choices], required=False)
    manager = ui.SelectField(label=_("Manager"), required=False)
    life = ui.SelectField(label=_("Life"), choices=[*ALL, *Innovation.Life.choices], required=False)
    sort = ui.SelectField(
        label=_("Sort by"), choices=[(slug, label) for slug, (label, _key) in SORTS.items()], required=False
    )

    def __init__(self, *args: Any, rows: list, **kwargs: Any):
        super().__init__(*args, **kwargs)
        managers = {str(row.innovation.manager_id): row.innovation.manager.name for row in rows}
        by_name = sorted(managers.items(), key=lambda pair: (pair[1].casefold(), pair[0]))
        self.fields["manager"].choices = [*ALL, *by_name]
