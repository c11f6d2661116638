"""The forms of the time bank. Whatever moves or holds credits carries a key, so that a second click moves nothing."""

import datetime as dt
import re
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import CharField as PlainField
from django.forms import HiddenInput
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people.models import Skill
from timebank.models import HoursRecord, Listing, Pot, Purpose
from timebank.queries.listings import purpose_signed_for, skills_on_the_board
from timebank.rules import MOST_MINUTES
from ui import forms


class ExactHoursField(forms.HoursField):
    """How long something took, to the minute: "1 h 48", "1.5", "45 min". A fraction of a minute is refused, not rounded."""

    def __init__(self, **kwargs: Any):
        super().__init__(**{"step": 1, "min_minutes": 1, "max_minutes": MOST_MINUTES, "width": 10, **kwargs})

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


class BoardFilter(forms.Form):
    mark_optional = False
    q = forms.CharField(label=gettext_lazy("Search"), required=False, max_length=100)
    kind = forms.SelectField(
        label=gettext_lazy("Offers and requests"),
        required=False,
        choices=[("", gettext_lazy("All")), ("offer", gettext_lazy("Offers")), ("request", gettext_lazy("Requests"))],
    )
    skill = forms.SelectField(label=gettext_lazy("Skill"), required=False)
    remote = forms.BooleanField(label=gettext_lazy("Only what can be done online"), required=False)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["skill"].choices = [("", _("Any skill")), *skills_on_the_board()]


class ListingForm(forms.KeyedForm):
    title = forms.CharField(
        label=gettext_lazy("In one line, what is it?"),
        max_length=100,
        missing=gettext_lazy("Give it a title, so that people can find it"),
    )
    description = forms.TextField(
        label=gettext_lazy("Say a little more"),
        help_text=gettext_lazy("Nothing that identifies a patient."),
        required=False,
        max_chars=4000,
    )
    minutes = QuarterHoursField(
        label=gettext_lazy("How many hours?"),
        help_text=gettext_lazy("For example 1 or 1.5. Leave it empty if it is ongoing or you do not know yet."),
        required=False,
        max_minutes=60000,
    )
    mode = forms.ChoiceField(
        label=gettext_lazy("How would you meet?"),
        choices=Listing.Mode.choices,
        initial=Listing.Mode.REMOTE,
        reveals={"on_site": "place"},
    )
    place = forms.CharField(label=gettext_lazy("Where?"), required=False, max_length=100)
    availability = forms.CharField(
        label=gettext_lazy("When are you free?"),
        help_text=gettext_lazy("For example: Tuesday evenings"),
        required=False,
        max_length=200,
    )
    pot = forms.ModelChoiceField(
        label=gettext_lazy("Who pays with their credits?"),
        queryset=Pot.objects.none(),
        required=False,
        empty_label=gettext_lazy("I do"),
    )
    skills = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Which skills is it about?"),
        help_text=gettext_lazy("Choose one or two: this is how people are matched."),
        queryset=Skill.objects.none(),
        required=False,
        small=True,
    )
    purpose = PlainField(required=False, widget=HiddenInput)  # signed by `request_begun`

    def __init__(self, *args: Any, kind: str, user: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["skills"].queryset = Skill.objects.current().filter(parent__isnull=False).order_by("name", "id")
        mine = Pot.objects.open().run_by(user).order_by("name", "id")
        if kind == Listing.Kind.REQUEST and mine.exists():
            self.fields["pot"].queryset = mine
        else:
            del self.fields["pot"]
        if kind == Listing.Kind.REQUEST:
            self.fields["availability"].label = _("When would suit you?")

    def clean_purpose(self) -> Purpose | None:
        signed = self.cleaned_data["purpose"]
        purpose = purpose_signed_for(self.user, signed) if signed else None
        if signed and purpose is None:
            raise ValidationError(_("This page is out of date. Go back to where you came from and try again."))
        return purpose


class MeetingMixin(forms.Form):
    """When and where two people meet; all optional."""

    date = forms.DateField(
        label=gettext_lazy("When?"),
        help_text=gettext_lazy("Leave it empty to arrange it later. For example 27 3 2027"),
        required=False,
    )
    time = forms.CharField(
        label=gettext_lazy("At what time?"),
        help_text=gettext_lazy("For example 14:30"),
        required=False,
        width=5,
        max_length=5,
    )
    online_link = forms.CharField(
        label=gettext_lazy("Link for meeting online"), required=False, max_length=300, spellcheck=False
    )
    place = forms.CharField(
        label=gettext_lazy("Place"),
        help_text=gettext_lazy("Meet in a public place the first time."),
        required=False,
        max_length=200,
    )

    def clean_time(self) -> dt.time | None:
        typed = self.cleaned_data["time"].strip()
        if not typed:
            return None
        found = re.fullmatch(r"([01]?\d|2[0-3])[:.]?([0-5]\d)", typed)
        if found is None:
            raise ValidationError(_("Enter a time like 14:30"))
        return dt.time(int(found[1]), int(found[2]))

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


class ProposalForm(MeetingMixin, forms.KeyedForm):
    field_order = ["minutes", "pot", "message", "date", "time", "online_link", "place"]
    minutes = QuarterHoursField(
        label=gettext_lazy("How many hours?"), help_text=gettext_lazy("In quarters: 0.5, 1, 1.25")
    )
    pot = forms.ModelChoiceField(
        label=gettext_lazy("Whose credits?"),
        queryset=Pot.objects.none(),
        required=False,
        empty_label=gettext_lazy("Mine"),
    )
    message = forms.TextField(label=gettext_lazy("A message"), required=False, max_chars=4000, rows=4)

    def __init__(self, *args: Any, pots: Any = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if pots:
            self.fields["pot"].queryset = pots
        else:
            del self.fields["pot"]


class ArrangeForm(MeetingMixin, forms.KeyedForm):
    pass


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
        help_text=gettext_lazy("Both of you read it."),
        max_length=500,
        missing=gettext_lazy("Say in a few words what happened"),
    )


class HoursForm(forms.KeyedForm):
    minutes = ExactHoursField(
        label=gettext_lazy("How long did it take?"),
        help_text=gettext_lazy("With preparation you agreed on. For example 1 h 48 or 1.5"),
        suffix="",
    )
    time_kind = forms.ChoiceField(
        label=gettext_lazy("For you, what time was it?"),
        choices=HoursRecord.TimeKind.choices,
        hints={"work": gettext_lazy("Your employer agreed to it.")},
        missing=gettext_lazy("Choose your own time or agreed work time"),
    )


class MessageForm(forms.KeyedForm):
    text = forms.TextField(
        label=gettext_lazy("Write a message"),
        max_chars=4000,
        rows=3,
        missing=gettext_lazy("Write a message first"),
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **{"auto_id": "message_%s", **kwargs})


class StatementForm(forms.KeyedForm):
    statement = forms.TextField(
        label=gettext_lazy("What happened?"),
        help_text=gettext_lazy("Only the broker and the two of you read it."),
        max_chars=4000,
        missing=gettext_lazy("Say in a few words what happened"),
    )


class DecisionForm(forms.KeyedForm):
    decision = forms.ChoiceField(
        label=gettext_lazy("Your decision"),
        choices=[
            ("settle", gettext_lazy("Settle all that was claimed")),
            ("split", gettext_lazy("Settle part of it")),
            ("cancel", gettext_lazy("Settle nothing more")),
        ],
        reveals={"split": "minutes"},
        missing=gettext_lazy("Choose a decision"),
    )
    minutes = ExactHoursField(
        label=gettext_lazy("How much in all?"), help_text=gettext_lazy("With what is paid already"), required=False
    )
    note = forms.TextField(
        label=gettext_lazy("Why?"),
        help_text=gettext_lazy("Both sides read it."),
        max_chars=4000,
        missing=gettext_lazy("Say why: both sides read it"),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("decision") == "split" and not cleaned.get("minutes") and "minutes" not in self.errors:
            self.add_error("minutes", _("Enter how much is settled in all, like 1 h 45"))
        return cleaned


class PotNameForm(forms.Form):
    """First question of three."""

    name = forms.CharField(
        label=gettext_lazy("What is your project called?"), max_length=120, missing=gettext_lazy("Enter a name")
    )
    aim = forms.TextField(
        label=gettext_lazy("What should change, and for whom?"),
        max_words=200,
        missing=gettext_lazy("Say what should change"),
    )


class PotSkillsForm(forms.Form):
    """Second question of three."""

    skills = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Which skills do you need?"), queryset=Skill.objects.none(), required=False, small=True
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["skills"].queryset = Skill.objects.current().filter(parent__isnull=False).order_by("name", "id")


class PotHoursForm(forms.KeyedForm):
    """Third question of three."""

    wanted_minutes = QuarterHoursField(
        label=gettext_lazy("About how many hours might it take?"),
        help_text=gettext_lazy("A guess is fine. Leave it empty if you cannot tell yet."),
        required=False,
        max_minutes=60000,
    )


class GiveForm(forms.KeyedForm):
    minutes = ExactHoursField(
        label=gettext_lazy("How many hours do you give?"),
        help_text=gettext_lazy("For example 1 or 0.5"),
        max_minutes=60000,
        suffix="",
    )
    memo = forms.CharField(label=gettext_lazy("A word with it"), required=False, max_length=200)
