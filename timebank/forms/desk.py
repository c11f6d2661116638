"""The forms of the broker's desk."""

from typing import Any

from django.core.exceptions import ValidationError
from django.forms import CharField as PlainField
from django.forms import HiddenInput
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from timebank.forms.fields import ExactHoursField, QuarterHoursField
from timebank.models import Import, Policy
from timebank.queries import policy
from timebank.queries.desk import WHY_STUCK
from timebank.queries.desk_people import KINDS, SORTS
from timebank.queries.exports import TABLES
from ui import forms
from ui.asked import as_number

LARGEST_FILE = 20 * 1024 * 1024  # bytes of an import


class StuckFilter(forms.Form):
    mark_optional = False
    why = forms.SelectField(label=_("Why"), required=False, choices=[("", _("Any reason")), *WHY_STUCK.items()])


class PeopleFilter(forms.Form):
    mark_optional = False
    q = forms.CharField(label=_("Name or e-mail address"), required=False, max_length=100)
    kind = forms.SelectField(label=_("Who"), required=False, choices=[("", _("Everybody")), *KINDS.items()])
    sort = forms.SelectField(label=_("Order"), required=False, choices=[("", _("What fits best")), *SORTS.items()])


REASON = _("Whoever it is about reads it, and it stays in the books.")
WHY_MISSING = _("Say why: whoever it is about reads it")


class GrantForm(forms.KeyedForm):
    minutes = ExactHoursField(
        label=_("How many hours?"), help_text=_("For example 1 or 0.5"), max_minutes=60000, suffix=""
    )
    reason = forms.CharField(label=_("Why?"), help_text=REASON, max_length=500, missing=WHY_MISSING)
    seen = PlainField(required=False, widget=HiddenInput)  # how the accounts stood when the check page was drawn


class AdjustForm(GrantForm):
    field_order = ["payer", "payee", "minutes", "reason"]
    payer = forms.CharField(
        label=_("From whom?"),
        help_text=_("A whole name, an e-mail address, the name of a pot, or “community pot”."),
        max_length=254,
        missing=_("Say whose hours are moved"),
    )
    payee = forms.CharField(label=_("To whom?"), max_length=254, missing=_("Say who gets them"))


class ReverseForm(forms.KeyedForm):
    reason = forms.CharField(label=_("Why?"), help_text=REASON, max_length=500, missing=WHY_MISSING)


class ImportForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("What does the file hold?"), choices=Import.Kind.choices, missing=_("Choose what the file holds")
    )
    source = forms.CharField(
        label=_("Where does it come from?"),
        help_text=_(
            "The name of the other time bank. Always the same one for its files, for example “Leeds Time Bank”."
        ),
        max_length=60,
        missing=_("Name where the file comes from"),
    )
    file = forms.FileField(
        label=_("The file"),
        help_text=_("A CSV file of at most 50,000 rows."),
        types=("csv", "txt"),
        max_bytes=LARGEST_FILE,
    )


class PeriodForm(forms.Form):
    mark_optional = False
    since = forms.DateField(label=_("From"), help_text=_("The first day, like 1 4 2027"), required=False)
    until = forms.DateField(label=_("To"), help_text=_("The last day"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            self.add_error("until", gettext("The last day is before the first one"))
        return cleaned


class ExportForm(PeriodForm):
    field_order = ["what", "since", "until"]
    what = forms.ChoiceField(
        label=_("What do you need?"),
        choices=[(name, words) for name, (words, rows) in TABLES.items()],
        missing=_("Choose what you need"),
    )


class SignedHoursField(ExactHoursField):
    """Minutes that may be below zero: "-10", "−1 h 30"."""

    def __init__(self, **kwargs: Any):
        super().__init__(**{"min_minutes": 0, "max_minutes": 60000, **kwargs})

    def to_python(self, value: Any) -> int | None:
        typed = str(value or "").strip()
        minutes = super().to_python(typed.lstrip("-−"))
        return -minutes if minutes and typed[0] in "-−" else minutes

    def validate(self, value: int | None) -> None:
        super().validate(abs(value) if value else value)


class DaysField(forms.CharField):
    """A list of days: "3, 7, 12"."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        parts = [part.strip() for part in str(super().to_python(value)).split(",") if part.strip()]
        days = {number for part in parts if (number := as_number(part, largest=365))}
        if len(days) < len(set(parts)):
            raise ValidationError(gettext("Give days with commas between them, like 3, 7, 12"))
        return sorted(days)


class PolicyForm(forms.KeyedForm):
    """Every number of the policy, as it is in force; what differs becomes the draft."""

    reason = forms.TextField(
        label=_("Why does the policy change?"), help_text=_("Everybody can read it."), max_chars=500, rows=3,
        missing=_("Say why the policy changes"),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name in policy.names():
            self.fields[name] = _field_for(name)
        self.order_fields([*policy.names(), "reason"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        floor, warning = cleaned.get("member_floor"), cleaned.get("soft_warning")
        if floor is not None and floor > 0:
            self.add_error("member_floor", gettext("The floor is 0 or below zero, like −10"))
        first = cleaned.get("first_floor")
        if floor is not None and first is not None and not floor <= first <= 0:
            self.add_error("first_floor", gettext("The floor of newcomers lies between the floor and 0"))
        if floor is not None and warning is not None and not floor <= warning <= 0:
            self.add_error("soft_warning", gettext("The warning lies between the floor and 0"))
        least, most = cleaned.get("exchange_least"), cleaned.get("exchange_most")
        if least and most and most < least:
            self.add_error("exchange_most", gettext("The longest exchange is shorter than the shortest one"))
        return cleaned


def _field_for(name: str) -> Any:
    """The form field of one number of the policy."""
    kind = Policy._meta.get_field(name).get_internal_type()
    words = {"label": policy.label(name), "required": kind != "BooleanField"}
    if name in {"member_floor", "first_floor", "soft_warning"}:
        return SignedHoursField(help_text=_("In hours; below zero with a minus, like −10"), suffix="", **words)
    if name in policy.IN_MINUTES:
        least = 1 if name in {"exchange_step", "exchange_least", "exchange_most"} else 0
        most = 1440 if name.startswith("exchange") else 60000
        return ExactHoursField(
            min_minutes=least, max_minutes=most, help_text=_("Like 15 min or 1.5"), suffix="", **words
        )
    if kind == "BooleanField":
        return forms.BooleanField(**words)
    if kind == "ArrayField":
        return DaysField(max_length=60, **words)
    return forms.IntegerField(min_value=0, max_value=3650, **words)


class VouchForm(forms.Form):
    """A broker's word for a newcomer."""

    reason = forms.CharField(
        label=_("How do you know them?"), help_text=_("Kept with your name. Like “We met at the ward’s open day”."),
        max_length=300, missing=_("Say how you know them, in a few words"),
    )  # fmt: skip


class AskForm(forms.Form):
    """Whom to ask about a request that nobody has answered; the choices come with the page."""

    people = forms.MultipleChoiceField(label=_("Whom do you ask?"), missing=_("Choose whom to ask"))

    def __init__(self, *args: Any, choices: list[tuple[str, str]], hints: dict[str, str], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["people"].choices = choices
        self.fields["people"].look["hints"] = hints


class OnBehalfForm(forms.KeyedForm):
    """Saying yes for a member."""

    asked = forms.BooleanField(
        label=_("They asked me to do this for them"), missing=_("Tick this to say that they asked you")
    )


class HoursForForm(OnBehalfForm):
    field_order = ["minutes", "time_kind", "asked"]
    minutes = ExactHoursField(label=_("How long did it take?"), help_text=_("For example 1 h 48 or 1.5"), suffix="")
    time_kind = forms.ChoiceField(
        label=_("For them, what time was it?"),
        choices=[("own", _("Their own time")), ("work", _("Agreed work time"))],
        missing=_("Choose their own time or agreed work time"),
    )


class ProposeForForm(OnBehalfForm):
    field_order = ["other", "gives", "minutes", "message", "asked"]
    other = forms.CharField(
        label=_("With whom?"),
        help_text=_("A whole name or an e-mail address."),
        max_length=254,
        missing=_("Say with whom"),
    )
    gives = forms.ChoiceField(
        label=_("Who gives the time?"),
        choices=[("member", _("They give it")), ("other", _("They receive it"))],
        missing=_("Choose who gives the time"),
    )
    minutes = QuarterHoursField(label=_("How many hours?"), help_text=_("In quarters: 0.5, 1, 1.25"))
    message = forms.TextField(label=_("A message"), required=False, max_chars=4000, rows=3)


class OfflineForm(forms.KeyedForm):
    """An exchange that has taken place between people who are not online."""

    provider = forms.CharField(
        label=_("Who gave the time?"),
        help_text=_("A whole name or an e-mail address."),
        max_length=254,
        missing=_("Say who gave the time"),
    )
    receiver = forms.CharField(label=_("Who received it?"), max_length=254, missing=_("Say who received it"))
    pot = forms.CharField(
        label=_("Which pot pays?"),
        help_text=_("Leave it empty where the receiver pays themselves."),
        required=False,
        max_length=120,
    )
    minutes = ExactHoursField(label=_("How long did it take?"), help_text=_("For example 1 h 48 or 1.5"), suffix="")
    happened_on = forms.DateField(label=_("On which day?"), missing=_("Enter the day on which it took place"))
    reason = forms.CharField(
        label=_("How do you know?"),
        help_text=_("Both sides read it, for example “Both told me at the market”."),
        max_length=500,
        missing=_("Say how you know: both sides read it"),
    )
