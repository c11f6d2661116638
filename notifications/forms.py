import datetime as dt

from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from notifications import queries
from notifications.models import OutboxMessage, Preference, QuietHours
from ui import forms

HOURS = [(f"{hour:02d}:00", f"{hour:02d}:00") for hour in range(24)]


class PreferencesForm(forms.Form):
    """One question a kind of message, then the quiet hours. Kinds that cannot be changed are not asked about."""

    starts = forms.SelectField(label=_("No reminders from"), choices=HOURS)
    ends = forms.SelectField(label=_("Until"), choices=HOURS)

    def __init__(self, *args, user, **kwargs):
        own = QuietHours.objects.filter(user=user).first() or QuietHours()
        kwargs["initial"] = {"starts": f"{own.starts:%H:%M}", "ends": f"{own.ends:%H:%M}"}
        super().__init__(*args, **kwargs)
        quiet = {name: self.fields.pop(name) for name in ("starts", "ends")}
        self.fixed = []
        for kind, how in queries.preferences(user):
            if kind.why_not_off:
                self.fixed.append(kind)
                continue
            self.fields[f"kind-{kind.slug}"] = forms.SelectField(
                label=capfirst(kind.label), choices=Preference.How.choices, initial=how
            )
        self.fields.update(quiet)

    def choices_made(self) -> dict[str, str]:
        """kind -> how, for every kind asked about."""
        return {
            name.removeprefix("kind-"): value for name, value in self.cleaned_data.items() if name.startswith("kind-")
        }

    def quiet_hours(self) -> tuple[dt.time, dt.time]:
        """The quiet hours chosen: from, until."""
        return dt.time.fromisoformat(self.cleaned_data["starts"]), dt.time.fromisoformat(self.cleaned_data["ends"])


class OutboxFilter(forms.Form):
    """What the outbox can be narrowed to."""

    state = forms.SelectField(label=_("State"), required=False, choices=[("", _("All")), *OutboxMessage.State.choices])
