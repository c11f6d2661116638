"""A question of an application."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accelerator.forms.lines import LinesField
from accelerator.models import Question, QuestionSet
from ui import forms as ui


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
