"""Planning a wave, changing and copying it; the questions that it asks."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accelerator.forms.clock import ClockField, day_and_clock, moment_of
from accelerator.forms.lines import LinesField
from accelerator.models import Programme, Wave
from accelerator.rules.waves import DATES
from ui import forms as ui

MOST_PLACES = 500
MOST_HOURS = 1000


class WaveForm(ui.Form):
    """What a wave is and when what happens. The call opens and closes at times of day, London time; the rest begins at
    midnight."""

    name = ui.CharField(
        label=gettext_lazy("What is it called?"), max_length=120, missing=gettext_lazy("Give it a name")
    )
    summary = ui.TextField(
        label=gettext_lazy("In two or three sentences, what is it?"),
        help_text=gettext_lazy("This stands on its public page."),
        max_chars=2000,
        rows=4,
        required=False,
    )
    nation = ui.SelectField(label=gettext_lazy("Nation"), choices=Wave.Nation.choices)
    regions = LinesField(
        label=gettext_lazy("Regions"), help_text=gettext_lazy("One a line. Empty: the whole nation."), longest=60
    )
    themes = LinesField(
        label=gettext_lazy("What you look for"), help_text=gettext_lazy("One theme a line."), longest=80
    )
    capacity = ui.IntegerField(
        label=gettext_lazy("How many places are there?"), min_value=1, max_value=MOST_PLACES, width=3,
        missing=gettext_lazy("Enter how many places there are"),
    )  # fmt: skip
    allowance = ui.IntegerField(
        label=gettext_lazy("How many hours of help does each idea get?"), min_value=0, max_value=MOST_HOURS, width=4,
        missing=gettext_lazy("Enter how many hours each gets, like 20"),
    )  # fmt: skip
    call_opens = ui.DateField(
        label=gettext_lazy("The call opens on"),
        missing=gettext_lazy("Enter the day on which the call opens"),
    )
    opens_at = ClockField(label=gettext_lazy("At what time does it open?"))
    call_closes = ui.DateField(
        label=gettext_lazy("The call closes on"),
        missing=gettext_lazy("Enter the day on which the call closes"),
    )
    closes_at = ClockField(label=gettext_lazy("At what time does it close?"))
    support_starts = ui.DateField(
        label=gettext_lazy("Support starts on"),
        missing=gettext_lazy("Enter the day on which support starts"),
    )
    community_starts = ui.DateField(
        label=gettext_lazy("The ideas are opened to the community on"),
        missing=gettext_lazy("Enter the day on which the ideas are opened to the community"),
    )
    evaluation_starts = ui.DateField(
        label=gettext_lazy("Looking back starts on"),
        missing=gettext_lazy("Enter the day on which looking back starts"),
    )
    ends = ui.DateField(
        label=gettext_lazy("It ends on"),
        missing=gettext_lazy("Enter the day on which it ends"),
    )

    @classmethod
    def initial_of(cls, wave: Wave) -> dict[str, Any]:
        """What the form shows of a wave."""
        dates: dict[str, Any] = {name: getattr(wave, name) for name in DATES}
        return dates | {
            "name": wave.name, "summary": wave.summary, "nation": wave.nation, "regions": wave.regions,
            "themes": wave.themes, "capacity": wave.capacity, "allowance": wave.allowance_minutes // 60,
        } | day_and_clock("call_opens", "opens_at", wave.call_opens) | day_and_clock(
            "call_closes", "closes_at", wave.call_closes
        )  # fmt: skip

    def for_action(self) -> dict[str, Any]:
        """What `plan_wave` and `change_wave` take, after `is_valid`."""
        given = dict(self.cleaned_data)
        opens_at, closes_at = given.pop("opens_at"), given.pop("closes_at")
        given["call_opens"] = moment_of(given["call_opens"], opens_at)
        given["call_closes"] = moment_of(given["call_closes"], closes_at)
        given["allowance_minutes"] = given.pop("allowance") * 60
        return given


class NewWaveForm(WaveForm):
    """A wave from nothing, in a programme that there is or a new one."""

    field_order = ["programme", "new_programme"]
    programme = ui.ModelChoiceField(
        label=gettext_lazy("Which programme is it part of?"),
        queryset=Programme.objects.none(),
        required=False,
        empty_label=gettext_lazy("A new one"),
    )
    new_programme = ui.CharField(
        label=gettext_lazy("Name of the new programme"),
        help_text=gettext_lazy("Leave it empty if you chose one."),
        max_length=120,
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["programme"].queryset = Programme.objects.order_by("name", "id")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("programme") and not (cleaned.get("new_programme") or "").strip():
            self.add_error("new_programme", _("Choose a programme, or give the new one a name"))
        return cleaned


class CopyWaveForm(ui.Form):
    """The next wave, like this one."""

    name = ui.CharField(
        label=gettext_lazy("What is the new wave called?"), max_length=120, missing=gettext_lazy("Give it a name")
    )
    call_opens = ui.DateField(
        label=gettext_lazy("When does its call open?"),
        missing=gettext_lazy("Enter the day on which its call opens"),
        help_text=gettext_lazy(
            "All other dates follow as many days later as they do in this wave. You can change them."
        ),
    )
