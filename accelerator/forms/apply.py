"""The form of one question, built from what the question says."""

import datetime as dt
import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from accelerator.models import CoApplicant, Question
from accelerator.rules import apply as rules
from ui import forms as ui

NO_PATIENTS = gettext_lazy("Write nothing that identifies a patient: no names, dates of birth or NHS numbers.")
NO_PATIENTS_FILE = gettext_lazy(
    "Show nothing that identifies a patient: no names, faces, dates of birth or NHS numbers."
)


def _text(question: Question, **common: Any) -> forms.Field:
    rows = 3 if question.kind == Question.Kind.SHORT_TEXT else 8
    return ui.TextField(max_words=question.word_limit, rows=rows, **common)


def _one(question: Question, **common: Any) -> forms.Field:
    return ui.ChoiceField(choices=question.choices, **common)


def _several(question: Question, **common: Any) -> forms.Field:
    values = [value for value, _label in question.choices]
    exclusive = next((value for value in ("none", "nobody") if value in values), None)
    return ui.MultipleChoiceField(choices=question.choices, **common, **({"exclusive": exclusive} if exclusive else {}))


def _number(question: Question, **common: Any) -> forms.Field:
    return ui.IntegerField(min_value=0, max_value=10**9, **common)


def _date(question: Question, **common: Any) -> forms.Field:
    return ui.DateField(earliest=dt.date(1900, 1, 1), latest=dt.date(2100, 12, 31), **common)


def _file(question: Question, **common: Any) -> forms.Field:
    return ui.FileField(max_bytes=20 * 1024 * 1024, **common)


FIELDS = {
    Question.Kind.SHORT_TEXT: _text,
    Question.Kind.LONG_TEXT: _text,
    Question.Kind.TEAM: _text,
    Question.Kind.CHOICE: _one,
    Question.Kind.SEVERAL: _several,
    Question.Kind.NUMBER: _number,
    Question.Kind.DATE: _date,
    Question.Kind.FILE: _file,
}


class AnswerForm(ui.Form):
    """One question. `version` is the version of the answer that the page shows, `page` the name of this open page: with
    them a stale page is told from one that has saved itself. `needed`: it must be answered before sending, so that its
    label does not say "optional"."""

    page_heading = "answer"

    version = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)
    page = forms.CharField(max_length=36, required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, question: Question, needed: bool = False, value: Any = None, version: int = 0, **kwargs: Any
    ):
        initial = {"answer": self.shown(question, value), "version": version, "page": str(uuid.uuid4())}
        super().__init__(*args, initial=initial, **kwargs)
        self.question = question
        self.mark_optional = not needed
        self.fields["answer"] = FIELDS[Question.Kind(question.kind)](
            question,
            label=question.text,
            help_text=question.guidance,
            required=False,  # a draft may leave anything empty for now; sending asks for the rest
        )
        self.order_fields(["answer", "version", "page"])

    @staticmethod
    def shown(question: Question, value: Any) -> Any:
        if question.kind == Question.Kind.DATE and isinstance(value, str) and value:
            return dt.date.fromisoformat(value)
        return value

    @property
    def value(self) -> Any:
        """The answer as it is stored, after `is_valid`."""
        value = self.cleaned_data.get("answer")
        return value.isoformat() if isinstance(value, dt.date) else value

    @property
    def typed(self) -> str | None:
        """What was typed where the form is not good enough to go on, so that it can be kept all the same; None where it
        is not text, or nothing that a person types."""
        if not self.question.is_free_text:
            return None
        text = str(self.data.get("answer", "")).replace("\r\n", "\n").strip()
        return text if len(text) <= rules.LONGEST and "\x00" not in text else None

    @property
    def seen(self) -> int:
        """The version that the page showed; 0 where it was not said."""
        given = str(self.data.get("version", ""))
        return int(given) if given.isdecimal() and len(given) < 9 else 0

    @property
    def page_name(self) -> str:
        return str(self.data.get("page", ""))[:36].replace("\x00", "")


class SentenceForm(ui.Form):
    """The idea in one sentence, before anything else."""

    page_heading = "sentence"

    sentence = ui.TextField(
        label=gettext_lazy("What is your idea, in one sentence?"),
        help_text=gettext_lazy("Say it as you would to a friend. You can change it later."),
        max_chars=300,
        rows=3,
        missing=gettext_lazy("Write your idea in one sentence."),
    )


class CommentForm(ui.KeyedForm):
    """Something to say about one answer, to the others who work on it."""

    text = ui.TextField(
        label=gettext_lazy("What do you want to say?"),
        help_text=gettext_lazy("Those who work on this application read it. Reviewers never do."),
        max_chars=2000,
        rows=4,
        missing=gettext_lazy("Write what you want to say."),
    )


class WithdrawForm(ui.Form):
    """Taking an application back is asked for once more."""

    sure = ui.BooleanField(
        label=gettext_lazy("Yes, take my application back"),
        missing=gettext_lazy("Tick the box if you want to take your application back."),
    )


class InviteForm(ui.Form):
    """Whom to ask to join an application, and what they may do."""

    email = ui.EmailField(label=gettext_lazy("Their e-mail address"))
    may = ui.ChoiceField(
        label=gettext_lazy("What may they do?"),
        choices=CoApplicant.May.choices,
        missing=gettext_lazy("Choose what they may do."),
    )
