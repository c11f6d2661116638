"""Publishing office hours, booking a slot of them, and moving a booking."""

import datetime as dt
from typing import Any

from django.forms import RadioSelect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from people.models import Skill
from people.queries import skill_branches
from timebank.actions.office_hours import LONGEST_SLOT
from timebank.forms.fields import ClockField, LinkField, QuarterHoursField
from timebank.models import OfficeHours, Pot, Slot
from timebank.queries.office_hours import skills_offered
from ui import forms
from ui.formats import day, moment

NOTICE = [
    ("1", gettext_lazy("1 hour before")),
    ("4", gettext_lazy("4 hours before")),
    ("24", gettext_lazy("The day before")),
    ("48", gettext_lazy("2 days before")),
    ("168", gettext_lazy("A week before")),
]


class PublishForm(forms.KeyedForm):
    title = forms.CharField(
        label=gettext_lazy("What can people bring to you?"),
        help_text=gettext_lazy("For example: Your first run chart. It goes on the board as an offer of yours."),
        max_length=100,
        missing=gettext_lazy("Say what people can bring to you"),
    )
    rhythm = forms.ChoiceField(
        label=gettext_lazy("How often?"),
        choices=OfficeHours.Rhythm.choices,
        missing=gettext_lazy("Choose how often"),
    )
    first_day = forms.DateField(label=gettext_lazy("The first day"), help_text=gettext_lazy("For example 27 3 2027"))
    last_day = forms.DateField(
        label=gettext_lazy("The last day"),
        help_text=gettext_lazy("If it comes back. Left empty, it runs for 12 weeks."),
        required=False,
    )
    at = ClockField(label=gettext_lazy("From what time?"), help_text=gettext_lazy("For example 14:30"))
    minutes = QuarterHoursField(
        label=gettext_lazy("How long is a slot?"),
        help_text=gettext_lazy("In quarters of an hour, for example 30 min"),
        max_minutes=LONGEST_SLOT,
        suffix="",
        initial=30,
    )
    each_day = forms.IntegerField(
        label=gettext_lazy("How many slots, one after the other?"), min_value=1, max_value=12, initial=2, width=2
    )
    notice_hours = forms.SelectField(
        label=gettext_lazy("Until when can a slot be booked?"), choices=NOTICE, initial="24"
    )
    online_link = LinkField()
    place = forms.CharField(
        label=gettext_lazy("Place"),
        help_text=gettext_lazy("Meet in a public place the first time."),
        required=False,
        max_length=200,
    )

    skills = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Which skills is it about?"),
        help_text=gettext_lazy("Choose one or two: this is how people find it."),
        queryset=Skill.objects.none(),
        required=False,
        small=True,
    )

    def __init__(self, *args: Any, listing: Any = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["first_day"].earliest = timezone.localdate()
        if listing is not None:
            del self.fields["title"], self.fields["skills"]
        else:
            self.fields["skills"].queryset = Skill.objects.current().in_tree_order()

    def skill_branches(self) -> list[dict[str, Any]]:
        """The skills for the page, branch by branch."""
        return skill_branches(self.fields["skills"].queryset, self["skills"].value())

    def clean_notice_hours(self) -> int:
        return int(self.cleaned_data["notice_hours"])


class OfficeHoursFilter(forms.Form):
    mark_optional = False
    skill = forms.SelectField(label=gettext_lazy("Skill"), required=False)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["skill"].choices = [("", _("Any skill")), *skills_offered()]


class BookForm(forms.KeyedForm):
    pot = forms.ModelChoiceField(
        label=gettext_lazy("Whose credits?"),
        queryset=Pot.objects.none(),
        required=False,
        empty_label=gettext_lazy("Mine"),
    )
    message = forms.TextField(
        label=gettext_lazy("What would you like to talk about?"),
        help_text=gettext_lazy("Nothing that identifies a patient."),
        required=False,
        max_chars=4000,
        rows=3,
    )

    def __init__(self, *args: Any, pots: Any = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if pots:
            self.fields["pot"].queryset = pots
        else:
            del self.fields["pot"]


class SwapForm(forms.KeyedForm):
    slot = forms.ModelChoiceField(
        label=gettext_lazy("Choose another slot"),
        queryset=Slot.objects.none(),
        label_from=lambda slot: moment(slot.starts_at),
        widget=RadioSelect,
        empty_label=None,
        missing=gettext_lazy("Choose a slot"),
    )

    def __init__(self, *args: Any, slots: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["slot"].queryset = slots
        self.fields["slot"].error_messages["invalid_choice"] = _("This slot has just gone. Choose another one")


class SkipForm(forms.KeyedForm):
    day = forms.SelectField(label=gettext_lazy("Which day?"), missing=gettext_lazy("Choose a day"))
    reason = forms.CharField(
        label=gettext_lazy("Why?"),
        help_text=gettext_lazy("Whoever has booked that day reads it."),
        required=False,
        max_length=500,
    )

    def __init__(self, *args: Any, days: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["day"].choices = [(one.day.isoformat(), self.words(one)) for one in days if not one.skipped]

    @staticmethod
    def words(one: Any) -> str:
        booked = sum(1 for slot in one.slots if slot.exchange_id)
        if not booked:
            return day(one.day)
        said = ngettext_lazy("%(day)s: %(n)d booking", "%(day)s: %(n)d bookings", booked)
        return said % {"day": day(one.day), "n": booked}

    def clean_day(self) -> dt.date:
        return dt.date.fromisoformat(self.cleaned_data["day"])
