"""A question of an application."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accelerator.forms.apply import NO_PATIENTS, NO_PATIENTS_FILE, AnswerForm
from accelerator.forms.lines import LinesField
from accelerator.models import Question, QuestionSet
from ui import forms as ui


class PreviewForm(AnswerForm):
    """A question as an applicant has it before them, among others on one page."""

    page_heading = ""

    @property
    def warning(self) -> Any:
        """What the page says about patients; "" where nobody could be named."""
        if self.question.is_free_text:
            return NO_PATIENTS
        return NO_PATIENTS_FILE if self.question.kind == Question.Kind.FILE else ""


class QuestionForm(ui.Form):
    """One question of a draft."""

    short = ui.CharField(
        label=gettext_lazy("Its name on the list"),
        help_text=gettext_lazy("Two or three words, as applicants see it on their task list."),
        max_length=60,
        missing=gettext_lazy("Give it a short name"),
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
    word_limit = ui.IntegerField(
        label=gettext_lazy("Most words"),
        help_text=gettext_lazy("For answers in words. Empty: no limit."),
        min_value=1,
        max_value=2000,
        width=4,
        required=False,
    )
    required = ui.BooleanField(label=gettext_lazy("Everybody must answer it"), required=False)
    required_if = ui.SelectField(
        label=gettext_lazy("It must be answered only by those who chose"),
        help_text=gettext_lazy(
            "An answer to a question before this one. Others see the question and may leave it out."
        ),
        required=False,
    )
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
        groups = list(dict.fromkeys(question_set.questions.order_by("position").values_list("section", flat=True)))
        said = _("It stands last in its group. Groups so far: %(groups)s.") % {"groups": ", ".join(groups)}
        self.fields["section"].help_text = said if groups else ""
        self.fields["required_if"].choices = [("", _("Nobody in particular"))] + [
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
