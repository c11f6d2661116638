"""Planning a wave, changing and copying it; the questions that it asks."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accelerator.forms.clock import ClockField, day_and_clock, moment_of
from accelerator.models import Programme, Question, QuestionSet, Wave
from accelerator.rules.waves import DATES
from ui import forms as ui

MOST_PLACES = 500
MOST_HOURS = 1000


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


class LinesField(ui.TextField):
    """A short list, one thing a line."""

    def __init__(self, *, longest: int, **kwargs: Any):
        super().__init__(**{"max_chars": 2000, "rows": 4, "required": False, **kwargs})
        self.longest = longest

    def clean(self, value: Any) -> Any:
        found = _lines(super().clean(value))
        if any(len(line) > self.longest for line in found):
            raise ValidationError(_("Keep each line to %(longest)d characters.") % {"longest": self.longest})
        return found

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value


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
    call_opens = ui.DateField(label=gettext_lazy("The call opens on"))
    opens_at = ClockField(label=gettext_lazy("At what time does it open?"))
    call_closes = ui.DateField(label=gettext_lazy("The call closes on"))
    closes_at = ClockField(label=gettext_lazy("At what time does it close?"))
    support_starts = ui.DateField(label=gettext_lazy("Support starts on"))
    community_starts = ui.DateField(label=gettext_lazy("The ideas are opened to the community on"))
    evaluation_starts = ui.DateField(label=gettext_lazy("Looking back starts on"))
    ends = ui.DateField(label=gettext_lazy("It ends on"))

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
        help_text=gettext_lazy(
            "All other dates follow as many days later as they do in this wave. You can change them."
        ),
    )


class QuestionForm(ui.Form):
    """One question of a draft."""

    short = ui.CharField(
        label=gettext_lazy("Its name on the list"), max_length=60, missing=gettext_lazy("Give it a short name")
    )
    section = ui.CharField(
        label=gettext_lazy("The group it stands in"), max_length=80, missing=gettext_lazy("Name the group it stands in")
    )
    text = ui.CharField(
        label=gettext_lazy("The question, as asked"), max_length=200, missing=gettext_lazy("Write the question")
    )
    kind = ui.ChoiceField(label=gettext_lazy("What kind of answer?"), choices=Question.Kind.choices)
    choices = LinesField(
        label=gettext_lazy("Answers to choose from"),
        help_text=gettext_lazy("One a line, for questions that are answered by choosing."),
        longest=150,
        rows=6,
    )
    guidance = ui.TextField(label=gettext_lazy("Guidance"), max_chars=2000, rows=4, required=False)
    example = ui.TextField(label=gettext_lazy("An example answer"), max_chars=2000, rows=4, required=False)
    word_limit = ui.IntegerField(label=gettext_lazy("Most words"), min_value=1, max_value=2000, width=4, required=False)
    required = ui.BooleanField(label=gettext_lazy("It must be answered"), required=False)
    required_if = ui.SelectField(label=gettext_lazy("Or only if another answer is"), required=False)
    reviewers_see = ui.BooleanField(label=gettext_lazy("Reviewers read the answer"), required=False)

    def __init__(self, *args: Any, question_set: QuestionSet, question: Question | None = None, **kwargs: Any):
        self.question = question
        initial = {"reviewers_see": True}
        if question is not None:
            names = (
                "short",
                "section",
                "text",
                "kind",
                "guidance",
                "example",
                "word_limit",
                "required",
                "reviewers_see",
            )
            initial = {name: getattr(question, name) for name in names} | {
                "choices": [label for _value, label in question.choices],
                "required_if": f"{question.required_if_key}={question.required_if_value}"
                if question.required_if_key
                else "",
            }
        super().__init__(*args, initial=initial, **kwargs)
        earlier = question_set.questions.exclude(choices=[])
        if question is not None:
            earlier = earlier.filter(position__lt=question.position)
        self.fields["required_if"].choices = [("", _("No"))] + [
            (f"{one.key}={value}", f"{one.short}: {label}") for one in earlier for value, label in one.choices
        ]

    def for_action(self) -> dict[str, Any]:
        """What `save_question` and `add_question` take. An answer that keeps its words keeps its value."""
        given = dict(self.cleaned_data)
        known = {label: value for value, label in (self.question.choices if self.question else [])}
        taken = set(known.values())
        choices = []
        for number, label in enumerate(given["choices"], start=1):
            value = known.get(label) or next(f"c{n}" for n in range(number, 1000) if f"c{n}" not in taken)
            taken.add(value)
            choices.append([value, label])
        key, _sign, value = given.pop("required_if").partition("=")
        return given | {"choices": choices, "required_if_key": key, "required_if_value": value}
