"""Fields and small forms that several pages of the time bank share. Whatever moves or holds credits carries a key,
so that a second click moves nothing."""

import datetime as dt
import re
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import Field, TextInput
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from timebank.links import is_link
from timebank.rules import MOST_MINUTES
from ui import forms
from ui.formats import hours as say_hours


class ExactHoursField(forms.HoursField):
    """How long something took, to the minute: "1 h 48", "1.5", "45 min". A fraction of a minute is refused, not rounded."""

    def __init__(self, **kwargs: Any):
        super().__init__(**{"step": 1, "min_minutes": 1, "max_minutes": MOST_MINUTES, "width": 10, **kwargs})

    def prepare_value(self, value: Any) -> Any:
        """As decimal hours where those are exact (108 -> "1.8"), else in words (20 -> "20 min"), so that what is shown can
        be sent back as it is."""
        whole = isinstance(value, int) and not isinstance(value, bool)
        return say_hours(value) if whole and value % 3 else super().prepare_value(value)

    def to_python(self, value: Any) -> int | None:
        minutes = super().to_python(value)
        decimal = re.match(r"\s*(\d+)[.,](\d+)", str(value or ""))
        if minutes is not None and decimal and int(decimal[1] + decimal[2]) * 60 % 10 ** len(decimal[2]):
            raise ValidationError(_("Give whole minutes, like 1 h 48"), code="fraction")
        return minutes


class QuarterHoursField(ExactHoursField):
    """Hours to agree on, in quarters. What is not a whole quarter is refused, also where it would round to one."""

    def __init__(self, **kwargs: Any):
        super().__init__(**{"step": 15, "min_minutes": 15, "width": 5, **kwargs})


class ClockField(forms.Look, Field):
    """A time of day as it is typed: "14:30", "9.15", "0930"."""

    widget = TextInput

    def __init__(self, **kwargs: Any):
        super().__init__(**{"width": 5, "missing": gettext_lazy("Enter a time, like 14:30"), **kwargs})

    def to_python(self, value: Any) -> dt.time | None:
        typed = str(value or "").strip()
        if not typed:
            return None
        found = re.fullmatch(r"([01]?\d|2[0-3])[:.]?([0-5]\d)", typed)
        if found is None:
            raise ValidationError(_("Enter a time like 14:30"), code="time")
        return dt.time(int(found[1]), int(found[2]))


class LinkField(forms.CharField):
    """Where people meet online."""

    def __init__(self, **kwargs: Any):
        super().__init__(
            **{
                "label": gettext_lazy("Link for meeting online"),
                "required": False,
                "max_length": 300,
                "spellcheck": False,
                **kwargs,
            }
        )

    def validate(self, value: str) -> None:
        super().validate(value)
        if value and not is_link(value):
            raise ValidationError(_("The link must start with https://"), code="link")


class MeetingMixin(forms.Form):
    """When and where two people meet; all optional."""

    date = forms.DateField(
        label=gettext_lazy("When?"),
        help_text=gettext_lazy("Leave it empty to arrange it later. For example 27 3 2027"),
        required=False,
    )
    time = ClockField(label=gettext_lazy("At what time?"), help_text=gettext_lazy("For example 14:30"), required=False)
    online_link = LinkField()
    place = forms.CharField(
        label=gettext_lazy("Place"),
        help_text=gettext_lazy("Meet in a public place the first time."),
        required=False,
        max_length=200,
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        date, time = cleaned.get("date"), cleaned.get("time")
        if time and not date and "date" not in self.errors:
            self.add_error("date", _("Enter the date too"))
        if date and time is None and "time" not in self.errors:
            self.add_error("time", _("Enter the time too, like 14:30"))
        cleaned["starts_at"] = timezone.make_aware(dt.datetime.combine(date, time)) if date and time else None
        return cleaned

    def add_domain_error(self, error: Any) -> None:
        if getattr(error, "field", None) == "starts_at":
            error.field = "date"
        super().add_domain_error(error)


class KeyOnly(forms.KeyedForm):
    """A button. Its key has no id, since it stands beside other forms."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **{"auto_id": False, **kwargs})


class ReasonForm(forms.KeyedForm):
    """Declining or cancelling."""

    reason = forms.CharField(
        label=gettext_lazy("Why?"),
        help_text=gettext_lazy(
            "The other person reads it. Being called to duty, illness and caring are always excused."
        ),
        required=False,
        max_length=500,
    )


class RequiredReasonForm(forms.KeyedForm):
    """Reversing, undoing, saying that it did not happen."""

    reason = forms.CharField(
        label=gettext_lazy("What happened?"),
        help_text=gettext_lazy("Both sides read it."),
        max_length=500,
        missing=gettext_lazy("Say in a few words what happened"),
    )
